"""The recommender that knows features and no sound: it serves any table."""

import os
from collections.abc import Callable
from functools import cache, cached_property, partial
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float64, Int64

from specrec.catalog.feature_table import read_feature_table
from specrec.catalog.joins import CLIP
from specrec.descriptors.features import feature_name
from specrec.descriptors.known import known_features
from specrec.errors import QueryError
from specrec.explain.explanation import Explanation
from specrec.explain.feature_stats import FeatureStats
from specrec.recommend.feature_reasons import FeatureQuery, explain_by_features
from specrec.recommend.feature_search import FeatureIndex
from specrec.recommend.feature_settings import FeatureSettings
from specrec.recommend.feature_sources import (
    LEAST_KNOWN,
    Source,
    choose,
    features_of_file,
    sources_of_library,
    tracks_of_table,
)
from specrec.recommend.feature_space import FeatureSpace
from specrec.recommend.library import Library
from specrec.recommend.lookup import find_row, is_text
from specrec.recommend.recommendation import Recommendation
from specrec.recommend.track import Neighbor, Track, track_of_file, track_of_row
from specrec.vectors import unit

_BY_DEFAULT = FeatureSettings()


class FeatureRecommender:
    """Finds the tracks nearest in named features.

    A track of which less than half of the features are known is left out; in a feature that it
    lacks, another counts as usual, and a cosine gains nothing from it.

    Attributes:
        tracks: Those that can be found, with the columns of a library's.
        rows: Where they stand in the library or table they are from.
        space: In which they are compared.
        sources: Where each feature's values are from.
        left_out: How many tracks are left out.
        filled: How many tracks lack a feature.
        audio_root: The folder to which the tracks' paths are relative; None if the table names no
            files.
        songs: Equal for releases of one song: the same recording, or title and artist.
    """

    def __init__(
        self,
        tracks: pd.DataFrame,
        sources: dict[Source, pd.DataFrame],
        settings: FeatureSettings,
        audio_root: Path | None,
        library: Library | None = None,
    ) -> None:
        """Puts tracks into a space of features.

        Args:
            tracks: One row each, with the columns of a library's.
            sources: Frames of features of all of them; the first that has a feature counts.
            settings: How they are compared.
            audio_root: As the attribute.
            library: That the tracks are of; None for those of a table.

        Raises:
            QueryError: If a feature that is asked for is lacking, or all are.
        """
        compared = choose(tracks, sources, settings.columns)
        weights = {feature_name(name): weight for name, weight in settings.weights.items()}
        settings = FeatureSettings(
            tuple(compared.values), settings.scaling, settings.metric, weights
        )
        values = compared.values.iloc[compared.rows].reset_index(drop=True)
        self.tracks = tracks.iloc[compared.rows].reset_index(drop=True)
        self.rows: Int64[np.ndarray, " tracks"] = compared.rows
        self.settings = settings
        self.space = FeatureSpace.fit(values, settings)
        self.sources = compared.sources
        self.left_out = len(tracks) - len(compared.rows)
        self.filled = compared.filled
        self.audio_root = audio_root
        recordings = None if library is None else library.duplicate_groups
        self.songs = _songs(tracks, recordings)[compared.rows]
        self._library = library
        self._all = tracks
        self._sources = sources
        self._values = values
        self.vectors: Float64[np.ndarray, "tracks columns"] = self.space.vectors(values)

    @classmethod
    def from_table(
        cls, table: str | os.PathLike[str] | pd.DataFrame, settings: FeatureSettings = _BY_DEFAULT
    ) -> "FeatureRecommender":
        """Reads a table of features (`catalog.feature_table`).

        Args:
            table: A CSV or Parquet file, or a frame.
            settings: How tracks are compared.

        Raises:
            CatalogError: If the table can't be read.
            QueryError: If it lacks a feature that is asked for, or has none.
        """
        given = table if isinstance(table, pd.DataFrame) else Path(table)
        tracks = tracks_of_table(read_feature_table(given))
        known = known_features(tracks, pd.DataFrame(index=tracks.index))
        folder = given.resolve().parent if isinstance(given, Path) else Path()
        root = folder if (tracks["path"] != "").any() else None
        return cls(tracks, {"table": known}, settings, root)

    @classmethod
    def of_library(
        cls, library: Library, settings: FeatureSettings = _BY_DEFAULT
    ) -> "FeatureRecommender":
        """Takes a library's features: its table's, else those measured, else those predicted.

        Raises:
            QueryError: If it lacks a feature that is asked for, or has none.
        """
        sources = sources_of_library(library)
        return cls(library.tracks, sources, settings, library.audio_root, library)

    def __len__(self) -> int:
        return len(self.tracks)

    def track(self, row: int) -> Track:
        """The track in a row of `tracks`."""
        return track_of_row(self.tracks.iloc[row])

    def find(self, query: str) -> Track:
        """The track that a query means.

        Args:
            query: A track_id, a number of a row of the table (`10`, or as in a clip's name,
                `clip_10`), words of title and artist, or a file, also one outside the library.

        Raises:
            QueryError: If nothing fits, several tracks do, or its features are not known.
            AudioError: If a file outside the library can't be used.
        """
        return self.ask(query).track

    def ask(self, query: str) -> FeatureQuery:
        """What a query means, by its features; a file outside the library is measured.

        Raises:
            QueryError: As `find`.
            AudioError: If a file outside the library can't be used.
            ModelError: If a file is to be embedded and the library's model is gone or another.
        """
        found = self._resolve(query)
        if isinstance(found, Path):
            return self._ask_outside(found)
        row = self._compared(query, found)
        return FeatureQuery(row, self.track(row), self.vectors[row], self.stats.known(row))

    def _ask_outside(self, path: Path) -> FeatureQuery:
        assert self._library is not None  # only a library tells files from words
        known = features_of_file(self._library, path, self.sources)
        values = pd.DataFrame({name: [known.get(name, np.nan)] for name in self.sources})
        if values.notna().to_numpy().mean() < LEAST_KNOWN:
            raise QueryError(f"{path}: too few of its features are known to compare it")
        vector = self.space.vectors(values)[0]
        return FeatureQuery(None, track_of_file(path), vector, known)

    def row_of(self, query: str) -> int:
        """Where the track that a query means stands in `tracks`.

        Raises:
            QueryError: As `find`, or if it is a file outside the library.
        """
        found = self._resolve(query)
        if isinstance(found, Path):
            raise QueryError(f"{found} is not in the library; give a track that is")
        return self._compared(query, found)

    def _compared(self, query: str, everywhere: int) -> int:
        row = int(np.searchsorted(self.rows, everywhere))
        if row == len(self.rows) or self.rows[row] != everywhere:
            raise QueryError(f"{query}: too few of its features are known to compare it")
        return row

    def _resolve(self, query: str) -> int | Path:
        """Where a track stands among all, or the file outside the library."""
        same = self._all["track_id"] == (query if is_text(query) else "")
        if same.any():
            return int(np.flatnonzero(same)[0])
        clip = CLIP.fullmatch(Path(query).stem)
        number = clip[1] if clip else query
        if "rows" in self._all and number.isdecimal() and int(number) in self._row_of_number:
            return self._row_of_number[int(number)]
        return find_row(self._all, query) if self._library is None else self._library.resolve(query)

    @cached_property
    def _row_of_number(self) -> dict[int, int]:
        pairs = enumerate(self._all["rows"])
        return {number: row for row, numbers in pairs for number in numbers}

    def neighbors(self, query: str, k: int = 10) -> Recommendation:
        """The tracks nearest to a query, which is left out itself.

        Other releases of one song are left out too: of the query all, of a neighbor those that
        come after it.

        Args:
            query: As for `find`.
            k: How many; fewer come back where there are fewer.

        Raises:
            QueryError: If k is below 1, or as `find`.
            AudioError: If a file outside the library can't be used.
        """
        if k < 1:
            raise QueryError(f"k must be 1 or more, not {k}")
        asked = self.ask(query)
        found, repeated = self._index.nearest(asked.vector, asked.row, k, self.songs)

        @cache
        def explanations() -> list[Explanation]:
            return self._explain(asked, np.array([other for _, other in found]), k)

        neighbors = tuple(
            Neighbor(rank, score, self.track(other), partial(_item, explanations, rank - 1))
            for rank, (score, other) in enumerate(found, 1)
        )
        return Recommendation((asked.track,), neighbors, releases_left_out(repeated))

    def explain(self, query: str, neighbor: str, k: int = 10) -> Explanation:
        """Why a track is near to a query, whether or not it is among the nearest.

        Args:
            query: As for `find`.
            neighbor: Likewise.
            k: Length of the list out of which the needed changes would take the neighbor.

        Raises:
            QueryError: If either fits no track or several, or both are the same.
        """
        asked, other = self.ask(query), self.row_of(neighbor)
        if asked.row == other:
            raise QueryError(f"{query} and {neighbor} are the same track; give another")
        return self._explain(asked, np.array([other]), k)[0]

    def scores(self, row: int) -> Float64[np.ndarray, " tracks"]:
        """The score of every track for that in a row, itself included, up to rounding."""
        if self.space.metric == "cosine":
            scores: np.ndarray = self._units @ self._units[row]
            return scores
        return self.space.scores(self.vectors[row], self.vectors)

    @cached_property
    def _units(self) -> Float64[np.ndarray, "tracks columns"]:
        return unit(self.vectors)

    @cached_property
    def _index(self) -> FeatureIndex:
        return FeatureIndex(self.space, self.vectors)

    def _explain(
        self, asked: FeatureQuery, others: Int64[np.ndarray, " k"], k: int
    ) -> list[Explanation]:
        predicted = {name for name, source in self.sources.items() if source == "predicted"}
        return explain_by_features(
            self.space, self.stats, self.vectors, asked, others, k, predicted
        )

    @cached_property
    def known(self) -> pd.DataFrame:
        """Every feature that a table or a measurement has, and all that are compared."""
        known = {
            str(name): frame[name].to_numpy(np.float64)[self.rows]
            for source, frame in reversed(self._sources.items())
            for name in frame
            if source != "predicted"
        }
        compared = {str(name): self._values[name].to_numpy() for name in self._values}
        return pd.DataFrame(known | compared, index=self.tracks.index)

    @cached_property
    def stats(self) -> FeatureStats:
        """What is usual among the tracks, and where each stands."""
        return FeatureStats(self.known, None, self.vectors.astype(np.float32))


def releases_left_out(count: int) -> tuple[str, ...]:
    """The note under an answer; none if no release was."""
    releases = "release" if count == 1 else "releases"
    return (f"{count} other {releases} of the same songs left out",) if count else ()


def _songs(
    tracks: pd.DataFrame, recordings: Int64[np.ndarray, " tracks"] | None
) -> Int64[np.ndarray, " tracks"]:
    """Equal for tracks of one title and artist; a track without an artist is its own song."""
    names = tracks["artist"].str.casefold() + "\n" + tracks["title"].str.casefold()
    names = names.fillna(tracks["track_id"])
    return pd.factorize(names if recordings is None else names.iloc[recordings])[0]


def _item(explanations: Callable[[], list[Explanation]], place: int) -> Explanation:
    return explanations()[place]
