"""The results of a search: tracks and neighbors, as plain values."""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import pyarrow as pa

from specrec.catalog.columns import TAG_COLUMNS
from specrec.explain.explanation import Explanation
from specrec.index.table_file import take_rows
from specrec.shapes import Bool, Int64

if TYPE_CHECKING:
    import pandas as pd

_INTERNAL = {"track_id", "path", "content_id", *TAG_COLUMNS}


@dataclass(frozen=True)
class Track:
    """A track of a library, or a query from outside it: a file, or words.

    >>> track = library.neighbors("track 0", k=1)[0].track
    >>> track.title, track.path, track.artist
    ('track 1', 'track 1.wav', None)

    Attributes:
        track_id: Stable name, made from the content unless a table gave another. None for a query
            from outside.
        path: Path of its file, relative to the library's audio root; as given for a query from
            outside, and empty for words.
        title: Its title from a table or tags, else the file's name.
        artist: Its artist; None if unknown, as all that follow.
        album: Title of its album.
        genre: Its genres, separated by semicolons.
        year: Year of its release.
        duration_seconds: Duration of the decoded audio.
        columns: Values in further columns of a table, by name.
    """

    track_id: str | None
    path: str
    title: str
    artist: str | None = None
    album: str | None = None
    genre: str | None = None
    year: int | None = None
    duration_seconds: float | None = None
    columns: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Returns plain values for JSON."""
        return dict(vars(self))


@dataclass(frozen=True)
class Neighbor:
    """A track that is similar to the query.

    >>> neighbor = library.neighbors("track 0", k=1)[0]
    >>> neighbor.rank, neighbor.track.title, 0 < neighbor.similarity <= 1
    (1, 'track 1', True)

    Attributes:
        rank: Place among the neighbors, from 1.
        similarity: From -1 to 1; higher is nearer. By sound it is the cosine of the centered
            embeddings. With several queries, it is the similarity to the nearest of them.
        track: The track.
        explanation: Why it is similar to the query, or to the nearest of several; None if
            `explain` was False.
        score: The number by which it was ranked, before diversity, if there were several queries
            or hubs were corrected; None if that is the similarity.
        seed: Place of the nearest query among several, from 0.
    """

    rank: int
    similarity: float
    track: Track
    explanation: Explanation | None = None
    score: float | None = None
    seed: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Returns plain values for JSON."""
        return {
            "rank": self.rank,
            "similarity": self.similarity,
            "track": self.track.to_dict(),
            "explanation": None if self.explanation is None else self.explanation.to_dict(),
            "score": self.score,
            "seed": self.seed,
        }


@dataclass(frozen=True)
class Neighbors(Sequence[Neighbor]):
    """The neighbors that were found, the best first: a sequence of `Neighbor`.

    Those of `Library.interpolate` are in the order of the path, each a neighbor of the one before.

    >>> found = library.neighbors("track 0", k=2, where="duration_seconds < 60")
    >>> len(found), [neighbor.rank for neighbor in found]
    (2, [1, 2])
    >>> found.notes
    ('the filter left 6 of 6 tracks',)
    >>> found.to_frame()[["rank", "title"]].shape
    (2, 2)

    Attributes:
        queries: The queries.
        neighbors: The neighbors.
        notes: Why tracks were left out, one line each, such as `the filter left 3 of 793 tracks`.
        against: The negative queries, which the neighbors should not resemble.
        steer: By words, how much more of something the neighbors should have than the queries;
            less if negative.
    """

    queries: tuple[Track, ...]
    neighbors: tuple[Neighbor, ...]
    notes: tuple[str, ...] = ()
    against: tuple[Track, ...] = ()
    steer: Mapping[str, float] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.neighbors)

    def __iter__(self) -> Iterator[Neighbor]:
        return iter(self.neighbors)

    @overload
    def __getitem__(self, place: int) -> Neighbor: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Neighbor, ...]: ...

    def __getitem__(self, place: int | slice) -> Neighbor | tuple[Neighbor, ...]:
        return self.neighbors[place]

    def to_dict(self) -> dict[str, Any]:
        """Returns plain values for JSON; `query` is the first of `queries`."""
        return {
            "query": self.queries[0].to_dict(),
            "queries": [track.to_dict() for track in self.queries],
            "against": [track.to_dict() for track in self.against],
            "steer": dict(self.steer),
            "neighbors": [neighbor.to_dict() for neighbor in self.neighbors],
            "notes": list(self.notes),
        }

    def to_frame(self) -> "pd.DataFrame":
        """Returns one row per neighbor: rank, similarity, score, seed, the track, the sentence."""
        import pandas as pd

        rows = [
            {
                "rank": item.rank,
                "similarity": item.similarity,
                "score": item.similarity if item.score is None else item.score,
                "seed": item.seed,
                **{name: getattr(item.track, name) for name in ("track_id", "path", *TAG_COLUMNS)},
                "sentence": None if item.explanation is None else item.explanation.sentence,
            }
            for item in self.neighbors
        ]
        columns = ["rank", "similarity", "score", "seed", "track_id", "path", *TAG_COLUMNS]
        return pd.DataFrame(rows, columns=[*columns, "sentence"])


def track_of_row(row: "pd.Series[Any]") -> Track:
    """Makes the track of a row of a library's table."""
    return _track({str(name): _plain(value) for name, value in row.items()})


def _track(values: Mapping[str, Any]) -> Track:
    return Track(
        track_id=values["track_id"],
        path=values["path"],
        **{name: values[name] for name in TAG_COLUMNS},
        columns={name: value for name, value in values.items() if name not in _INTERNAL},
    )


def _plain(value: Any) -> Any:
    """Turns a cell into a value that JSON has: a date into text, a missing value into None."""
    if value is None or isinstance(value, str | int):  # most are, and the rest takes long
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if np.ndim(value) == 0:
        import pandas as pd

        if pd.isna(value):
            return None
    if hasattr(value, "tolist"):
        value = json.loads(json.dumps(value.tolist(), default=str))
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | list | dict) else plain_text(value)


def plain_text(value: Any) -> str:
    """A value as text; a date is but a date, also where a table has the time of midnight with it.

    >>> plain_text(datetime(2024, 5, 1)), plain_text(datetime(2024, 5, 1, 9, 30))
    ('2024-05-01', '2024-05-01 09:30:00')
    """
    return str(value).removesuffix(" 00:00:00") if isinstance(value, datetime) else str(value)


def names_in(column: str, text: str) -> set[str]:
    """The names in a track's artist, of which there may be several, or its album; in lower case.

    >>> sorted(names_in("artist", "Ana; Eva")), names_in("album", "Yes; No")
    (['ana', 'eva'], {'yes; no'})
    """
    names = text.split(";") if column == "artist" else [text]
    return {name.strip().casefold() for name in names} - {""}


class TrackTable:
    """The tracks of a library or table, laid out so that those in a few rows are found fast.

    It is one kind of `specrec.recommend.tracks.Tracks`.
    """

    def __init__(
        self,
        tracks: "pa.Table | pd.DataFrame",
        numbers: Callable[[], Int64[np.ndarray, " tracks"]],
    ) -> None:
        """Takes the tracks.

        Args:
            tracks: One row per track: track_id, path, tags, duration_seconds, further columns.
            numbers: Gives a number for each track, equal for files of one recording; called when
                it is first needed.
        """
        self._tracks = tracks
        self._numbers = numbers
        self._codes: dict[str, tuple[Int64[np.ndarray, " tracks"], dict[str, int]]] = {}
        self._named: dict[str, dict[str, list[int]]] = {}

    def __len__(self) -> int:
        return len(self._tracks)

    def at(self, rows: Int64[np.ndarray, " rows"]) -> list[Track]:
        """Makes the tracks in some rows, in their order."""
        if isinstance(self._tracks, pa.Table):
            found = take_rows(self._tracks, rows).to_pydict()
        else:
            found = self._tracks.iloc[rows].to_dict("list")
        columns = {str(name): [*map(_plain, column)] for name, column in found.items()}
        values = zip(*columns.values(), strict=True)
        return [_track(dict(zip(columns, of_track, strict=True))) for of_track in values]

    def recordings(self, rows: Int64[np.ndarray, " rows"]) -> Int64[np.ndarray, " rows"]:
        """A number for the track in each row, equal for files of one recording."""
        return self._recordings[rows]

    @cached_property
    def _recordings(self) -> Int64[np.ndarray, " tracks"]:
        return self._numbers()

    def with_duplicates(self, rows: Int64[np.ndarray, " rows"]) -> Int64[np.ndarray, " more"]:
        """Adds to some rows those of other files of the same recordings."""
        numbers = self._recordings
        if not self._copied[numbers[rows]].any():  # so it is with most
            return rows
        return np.flatnonzero(np.isin(numbers, numbers[rows]))

    @cached_property
    def _copied(self) -> Bool[np.ndarray, " numbers"]:
        """Whether several tracks have a number."""
        copied: np.ndarray = np.bincount(self._recordings) > 1
        return copied

    def all_but(self, rows: Int64[np.ndarray, " rows"]) -> Bool[np.ndarray, " tracks"]:
        """Selects all tracks but those in some rows."""
        selected = np.ones(len(self), dtype=bool)
        selected[rows] = False
        return selected

    def artists(self, rows: Int64[np.ndarray, " rows"]) -> list[set[str]]:
        """The artists of the track in each row (`names_in`); none if they are unknown."""
        return [names_in("artist", track.artist or "") for track in self.at(rows)]

    def same_as(self, column: str, names: Set[str]) -> Bool[np.ndarray, " tracks"]:
        """Finds the tracks of which an artist, or the album, has one of some names (`names_in`)."""
        numbers, number_of = self._numbered(column)
        if column not in self._named:
            named: dict[str, list[int]] = {}
            for text, number in number_of.items():
                for name in names_in(column, text):
                    named.setdefault(name, []).append(number)
            self._named[column] = named
        wanted = [number for name in names for number in self._named[column].get(name, ())]
        return np.isin(numbers, wanted)

    def _numbered(self, column: str) -> tuple[Int64[np.ndarray, " tracks"], dict[str, int]]:
        """A number for each artist or album, of which case does not matter; -1 if unknown."""
        if column not in self._codes:
            of_name: dict[str, int] = {}
            numbers = [
                -1 if name is None else of_name.setdefault(name.strip().casefold(), len(of_name))
                for name in self._texts(column)
            ]
            self._codes[column] = np.array(numbers, np.int64), of_name
        return self._codes[column]

    def _texts(self, column: str) -> list[str | None]:
        texts = self._tracks[column]
        if not isinstance(texts, pa.ChunkedArray):
            texts = pa.array(texts, from_pandas=True)
        return texts.to_pylist()
