"""What of a library goes to Milvus: one row a track, whose key is a hash of what it holds."""

import base64
import json
import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from specrec.errors import LibraryError
from specrec.recommend.collection import Collection
from specrec.recommend.columns import TableColumn
from specrec.recommend.query import folded
from specrec.recommend.results import Track
from specrec.scale.milvus.conditions import Field
from specrec.shapes import Int64, UInt64

KEPT = (
    "key",
    "embedding",
    "since",
    "content_id",
    "track_id",
    "path",
    "recording",
    "artist_key",
    "album_key",
    "words",
    "track",
    "known",
    "told",
    "more",
    "windows",
)
"""The fields that every collection has, beside one or two for each column of the tracks."""

MOST_BYTES = 65_535
"""Most bytes of a text in Milvus."""

_MOST_FIELDS = 64  # that a collection of Milvus may have
_MOST_PARTS = 4096  # of an array
_PIECE = 60_000  # characters of a text that is cut in pieces
_MOST_RUNS = 60  # names in a text of which all runs are kept


def number_of(text: str | None) -> int:
    """A number for the name of an artist or album, whatever its case; -1 if it is unknown.

    >>> number_of("Miles Davis ") == number_of("miles davis")
    True
    """
    return -1 if not text else int(_numbers([text.strip().casefold()])[0])


def words_of(*texts: str | None) -> list[str]:
    """The words of some texts, without accents and in lower case.

    >>> words_of("Café del Mar", None)
    ['cafe', 'del', 'mar']
    """
    return sorted({word for text in texts if text for word in folded(text).split()})


class Contents:
    """The tracks of a library as rows of Milvus.

    Attributes:
        fields: The columns that conditions may name, and where they are stored.
        keys: A key for each track, at least 0: a hash of all that its row holds.
    """

    def __init__(self, collection: Collection, windows: bool) -> None:
        """Takes the library.

        Args:
            collection: What it holds.
            windows: Whether rows hold the embeddings of windows.

        Raises:
            LibraryError: If the keys of two tracks are equal.
        """
        self._collection = collection
        self._windows = windows
        first = collection.generation.duplicate_groups
        self._recordings = _numbers(collection.tracks["content_id"])[first]
        order = {name: place for place, name in enumerate(collection.columns)}
        self.fields = tuple(sorted(self._planned(), key=lambda field: order[field.column]))
        self.keys = self._hashed()
        if len(np.unique(self.keys)) < len(self.keys):
            raise LibraryError(f"{collection.folder}: two tracks have the same key")

    def __len__(self) -> int:
        return len(self.keys)

    def rows(self, places: Int64[np.ndarray, " rows"], since: int) -> list[dict[str, Any]]:
        """Makes the rows of some tracks.

        Args:
            places: Rows of the tracks in the library.
            since: Number of the push that writes them.

        Raises:
            LibraryError: If what is known of a track is too much for Milvus, or the library is
                damaged.
        """
        collection = self._collection
        stats, vectors = collection.stats, np.asarray(collection.embeddings[places])
        predicted = stats.predict(vectors)
        contents = collection.tracks["content_id"].array
        made = []
        for place, (row, track) in enumerate(
            zip(places.tolist(), collection.tracks_at(places), strict=True)
        ):
            known = stats.known(row)
            told = {name: float(values[place]) for name, values in predicted.items()} | known
            told = {name: told[name] for name in self._told if name in told}
            made.append({
                "key": int(self.keys[row]),
                "embedding": vectors[place].tolist(),
                "since": since,
                "content_id": str(contents[row]),
                "track_id": track.track_id,
                "path": track.path,
                "recording": int(self._recordings[row]),
                "artist_key": number_of(track.artist),
                "album_key": number_of(track.album),
                "words": words_of(track.title, track.artist, track.album)[:_MOST_PARTS],
                "track": self._plain(track),
                "known": known,
                "told": {name: value for name, value in told.items() if np.isfinite(value)},
                "windows": self._pieces(row),
                **self._cells(row),
            })  # fmt: skip
        return made

    @cached_property
    def _told(self) -> list[str]:
        return [field.feature for field in self.fields if field.kind == "share"]

    def _planned(self) -> Iterable[Field]:
        """Says where each column is stored; those for which Milvus has no field, as JSON."""
        left = _MOST_FIELDS - len(KEPT)
        taken = set(KEPT)
        for place, (name, column) in enumerate(self._table.items()):
            if not column.known.any():
                yield Field(name, "nothing")
                continue
            text = column.numbers is None
            kind = "text" if text else "truth" if column.holds_truth else "number"
            needed = 1 + text
            if needed > left:
                ref, parts = (f'more["c{place}{more}"]' for more in ("", "_parts"))
            else:
                left -= needed
                ref = _named(name, taken)
                parts = f"{ref}_parts"
                taken |= {ref, parts}
            yield Field(name, kind, ref, parts if text else "")
        features = self._collection.features
        for name in (str(name) for name in features if name not in self._table):
            kind = "number" if features[name].notna().any() else "nothing"
            yield Field(name, kind, f'known["{name}"]')
        for name, feature in self._collection.concepts.features.items():
            if name not in self._table and name not in features:
                yield Field(name, "share", f'told["{feature}"]', "", feature)

    @cached_property
    def _table(self) -> dict[str, TableColumn]:
        """The columns of the tracks; where one is a feature, measured where the table has none."""
        tracks = self._collection.tracks.drop(columns="content_id")
        features = self._collection.features
        return {
            str(name): TableColumn(str(name), (features if name in features else tracks)[name])
            for name in tracks
        }

    def _hashed(self) -> Int64[np.ndarray, " tracks"]:
        collection = self._collection
        crc = collection.generation.placement["windows_crc"].astype("Int64").fillna(-1)
        parts: list[pd.Series] = [pd.Series(self._recordings), crc.reset_index(drop=True)]
        parts += [
            table[name] for table in (collection.tracks, collection.features) for name in table
        ]
        total = np.zeros(len(collection), np.uint64)
        for part in parts:
            total = total * np.uint64(1_000_003) ^ _hash(part)
        return (total >> np.uint64(1)).astype(np.int64)

    def _cells(self, row: int) -> dict[str, Any]:
        """The values of a track in the fields of columns."""
        cells: dict[str, Any] = {}
        more: dict[str, Any] = {}
        for field in self.fields:
            if field.column not in self._table or field.kind == "nothing":
                continue
            column, known = self._table[field.column], True
            known = bool(column.known[row])
            place = more if field.in_json else cells
            if column.numbers is not None:
                value: Any = float(column.numbers[row]) if known else None
            else:
                value = _cut(column.texts.iat[row]) if known else None
                place[_key(field.parts)] = [] if value is None else _runs(value)
            if value is not None or not field.in_json:
                place[_key(field.ref)] = value
        return cells | {"more": more}

    def _plain(self, track: Track) -> dict[str, Any]:
        plain = track.to_dict()
        if len(json.dumps(plain).encode()) > MOST_BYTES:
            raise LibraryError(
                f"{track.path}: its columns hold more than the 64 KB that Milvus takes; leave some"
                " out of the library's table"
            )
        return plain

    def _pieces(self, row: int) -> list[str]:
        """The embeddings of a track's windows, as text in pieces."""
        if not self._windows:
            return []
        windows = self._collection.generation.windows(row)
        return in_pieces(np.ascontiguousarray(windows, np.float16).tobytes())


def in_pieces(content: bytes) -> list[str]:
    """Bytes as texts that Milvus takes."""
    text = base64.b64encode(content).decode()
    return [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]


def from_pieces(pieces: Iterable[str]) -> bytes:
    """The bytes that `in_pieces` turned into texts."""
    return base64.b64decode("".join(pieces))


def _key(ref: str) -> str:
    """The field, or the key in JSON, that an expression names."""
    return ref.partition('["')[2].removesuffix('"]') or ref


def _named(column: str, taken: set[str]) -> str:
    plain = re.sub(r"[^A-Za-z0-9]+", "_", column).strip("_") or "column"
    name = plain if plain[0].isalpha() else f"column_{plain}"
    while {name, f"{name}_parts"} & taken:
        name += "_"
    return name


def _runs(text: str) -> list[str]:
    """The texts that a text of several names equals: each of them, and those that follow on."""
    parts = text.replace("; ", ";").split(";")
    longest = len(parts) if len(parts) <= _MOST_RUNS else 1
    runs = {
        ";".join(parts[start : start + length])
        for length in range(1, longest + 1)
        for start in range(len(parts) - length + 1)
    }
    return sorted(runs)[:_MOST_PARTS]


def _cut(text: str) -> str:
    return text.encode()[:MOST_BYTES].decode(errors="ignore")


def _hash(values: pd.Series) -> UInt64[np.ndarray, " tracks"]:
    try:
        return pd.util.hash_pandas_object(values, index=False).to_numpy(np.uint64)
    except TypeError:  # lists
        return pd.util.hash_pandas_object(values.map(repr), index=False).to_numpy(np.uint64)


def _numbers(texts: Sequence[str] | pd.Series) -> Int64[np.ndarray, " texts"]:
    hashes = pd.util.hash_array(np.asarray(texts, dtype=object))
    return (hashes >> np.uint64(1)).astype(np.int64)
