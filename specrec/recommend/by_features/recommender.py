"""The recommender by named features: it serves any table, and libraries too."""

import os
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float64, Int64

from specrec.catalog.feature_table import read_feature_table
from specrec.catalog.joins import CLIP
from specrec.descriptors.features import feature_name
from specrec.descriptors.known import known_features
from specrec.errors import QueryError
from specrec.explain.explanation import Explanation
from specrec.explain.feature_stats import FeatureStats
from specrec.model.probe import Probe
from specrec.recommend.by_features.explain import explain_by_features
from specrec.recommend.by_features.settings import FeatureSettings
from specrec.recommend.by_features.sources import (
    LEAST_KNOWN,
    Source,
    choose,
    features_of_file,
    tracks_of_table,
)
from specrec.recommend.by_features.space import FeatureSpace
from specrec.recommend.filters import matches
from specrec.recommend.hubness import HubSample
from specrec.recommend.query import Query, find_row, is_text
from specrec.recommend.ranking import Ranking
from specrec.recommend.results import Neighbors, Track, track_of_row
from specrec.recommend.search import find_neighbors
from specrec.recommend.space import Space, highest
from specrec.vectors import unit

_BY_DEFAULT = FeatureSettings()


class FeatureRecommender(Space):
    """Finds the tracks nearest in named features; a space in which `search` finds neighbors.

    A track of which less than half of the features are known is left out; in a feature that it
    lacks, another counts as usual, and a cosine gains nothing from it.

    Attributes:
        tracks: Those that can be found, with the columns of a library's.
        rows: Where they stand in the library or table they are from.
        settings: How they are compared.
        space: In which they are compared.
        sources: Where each feature's values are from.
        left_out: How many tracks are left out.
        filled: How many tracks lack a feature.
        audio_root: The folder to which the tracks' paths are relative; None if the table names no
            files.
        vectors: Of the tracks that can be found, in the space of features.
    """

    def __init__(
        self,
        tracks: pd.DataFrame,
        sources: dict[Source, pd.DataFrame],
        settings: FeatureSettings,
        audio_root: Path | None,
        probe: Probe | None = None,
    ) -> None:
        """Puts tracks into a space of features.

        Args:
            tracks: One row each, with the columns of a library's.
            sources: Frames of features of all of them; the first that has a feature counts.
            settings: How they are compared.
            audio_root: As the attribute.
            probe: What predicts the features of a file from outside; None if nothing does.

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
        self._all = tracks
        self._probe = probe
        self._sources = sources
        self._values = values
        self._place = np.full(len(tracks), -1)
        self._place[compared.rows] = np.arange(len(compared.rows))
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

    def __len__(self) -> int:
        return len(self.tracks)

    def resolve(self, query: "str | os.PathLike[str] | Query") -> Query:
        """The track of the table that a query means.

        Args:
            query: A track_id, a number of a row of the table (`10`, or as in a clip's name,
                `clip_10`), or words of title and artist.

        Raises:
            QueryError: If nothing fits, several tracks do, or its features are not known.
        """
        if isinstance(query, Query):
            return query
        text = os.fspath(query)
        row = self._row(text)
        if self._place[row] < 0:
            raise QueryError(f"{text}: too few of its features are known to compare it")
        track = track_of_row(self._all.iloc[row])
        path = None if self.audio_root is None else self.audio_root / track.path
        return Query(track, row, path, self.stats.known(int(self._place[row])))

    def _row(self, query: str) -> int:
        same = self._all["track_id"] == (query if is_text(query) else "")
        if same.any():
            return int(np.flatnonzero(same)[0])
        clip = CLIP.fullmatch(Path(query).stem)
        number = clip[1] if clip else query
        if "rows" in self._all and number.isdecimal() and int(number) in self._row_of_number:
            return self._row_of_number[int(number)]
        return find_row(self._all, query)

    @cached_property
    def _row_of_number(self) -> dict[int, int]:
        pairs = enumerate(self._all["rows"])
        return {number: row for row, numbers in pairs for number in numbers}

    def neighbors(
        self,
        query: "str | os.PathLike[str] | Query",
        k: int = 10,
        *,
        where: str | None = None,
        explain: bool = True,
        **ranking: Any,
    ) -> Neighbors:
        """The tracks of the table nearest to a query, which is left out itself.

        Other releases of a song, of the same title and artist, are left out too.

        Args:
            query: As for `resolve`.
            k: How many; fewer come back where there are fewer.
            where: A condition on the table's columns and features.
            explain: Whether to explain each.
            ranking: As for `Library.neighbors`.

        Raises:
            QueryError: If k is below 1, the condition can't be read, or as `resolve`.
        """
        asked = [self.resolve(query)]
        matching = None if where is None else matches(where, self.columns)
        options = Ranking(**ranking)
        return find_neighbors(
            self, self._all, self._songs, asked, [], k, options, matching, explain
        )

    @cached_property
    def columns(self) -> dict[str, "pd.Series"]:
        """What conditions may name: the table's columns, and the features."""
        frames = (self._all, *reversed(self._sources.values()))
        return {str(name): frame[name] for frame in frames for name in frame}

    def explain(
        self,
        query: "str | os.PathLike[str] | Query",
        neighbor: "str | os.PathLike[str] | Query",
        k: int = 10,
    ) -> Explanation:
        """Why a track is near to a query, whether or not it is among the nearest.

        Args:
            query: As for `resolve`.
            neighbor: Likewise.
            k: Length of the list out of which the needed changes would take the neighbor.

        Raises:
            QueryError: If either fits no track or several, or both are the same.
        """
        asked, other = self.resolve(query), self.resolve(neighbor)
        if asked.row == other.row:
            raise QueryError(f"{query} and {neighbor} are the same track; give another")
        return self.explanations(asked, np.array([other.row]), k)[0]

    @cached_property
    def comparable(self) -> Bool[np.ndarray, " all"] | None:
        """Which tracks of the library or table can be compared; None if all can."""
        return self._place >= 0 if self.left_out else None

    @cached_property
    def hubs(self) -> HubSample:
        """Tracks that stand for all where hubs are corrected.

        Raises:
            QueryError: If it is not cosines that are compared.
        """
        if self.space.metric != "cosine":
            raise QueryError("hubs are corrected for cosines only; leave out --fewer-hubs")
        return HubSample(self.vectors, self.rows)

    def vector(self, query: Query) -> Float64[np.ndarray, " columns"]:
        """Where a query lies; of unit length where cosines are compared."""
        vector = self.vector_of(query)
        return unit(vector) if self.space.metric == "cosine" else vector

    def vectors_of(self, rows: Int64[np.ndarray, " rows"]) -> Float64[np.ndarray, "rows columns"]:
        """Where tracks lie, likewise."""
        return self._points[self.places(rows)]

    def scores(
        self, vector: Float64[np.ndarray, " columns"], others: Float64[np.ndarray, "rows columns"]
    ) -> Float64[np.ndarray, " rows"]:
        """How near tracks are to a vector: cosines, or by their distance."""
        if self.space.metric == "cosine":
            return others @ vector
        return self.space.scores(vector, others)

    def nearest(
        self,
        vectors: Float64[np.ndarray, "queries columns"],
        size: int,
        allowed: Bool[np.ndarray, " all"] | None,
    ) -> Int64[np.ndarray, " found"]:
        """The tracks nearest to some vectors, exactly: all are looked at."""
        here = None if allowed is None else allowed[self.rows]
        found = [highest(self.scores(vector, self._points), size, here) for vector in vectors]
        return self.rows[np.unique(np.concatenate(found))]

    def explanations(
        self, query: Query, rows: Int64[np.ndarray, " rows"], k: int
    ) -> list[Explanation]:
        """Why tracks are near to a query in features."""
        place = None if query.row is None else int(self._place[query.row])
        predicted = {name for name, source in self.sources.items() if source == "predicted"}
        return explain_by_features(
            self.space,
            self.stats,
            self.vectors,
            self.vector_of(query),
            self.known_of(query),
            place,
            self.places(rows),
            k,
            predicted,
        )

    def places(self, rows: Int64[np.ndarray, " rows"]) -> Int64[np.ndarray, " rows"]:
        """Where tracks of the library or table stand in `tracks`.

        Raises:
            QueryError: If too few features of one are known.
        """
        places: np.ndarray = self._place[rows]
        if (places < 0).any():
            title = self._all["title"].iloc[rows[places < 0][0]]
            raise QueryError(f"{title}: too few of its features are known to compare it")
        return places

    def vector_of(self, query: Query) -> Float64[np.ndarray, " columns"]:
        """Where a query lies in the space of features, not scaled to unit length.

        Raises:
            QueryError: If too few of its features are known.
        """
        if query.row is not None and self._place[query.row] >= 0:
            return self.vectors[self._place[query.row]]
        known = self.known_of(query)
        values = pd.DataFrame({name: [known.get(name, np.nan)] for name in self.sources})
        if query.row is not None or values.notna().to_numpy().mean() < LEAST_KNOWN:
            raise QueryError(
                f"{query.track.title}: too few of its features are known to compare it"
            )
        return self.space.vectors(values)[0]

    def known_of(self, query: Query) -> dict[str, float]:
        """The features that are known of a query; a table says nothing of a file from outside."""
        if query.row is not None:
            return self.stats.known(int(self._place[query.row]))
        return features_of_file(query, self._probe, self.sources)

    def track(self, place: int) -> Track:
        """The track in a row of `tracks`."""
        return track_of_row(self.tracks.iloc[place])

    def scores_of(self, place: int) -> Float64[np.ndarray, " tracks"]:
        """The score of every track of `tracks` for that in a row, itself included."""
        return self.scores(self._points[place], self._points)

    @cached_property
    def _points(self) -> Float64[np.ndarray, "tracks columns"]:
        return unit(self.vectors) if self.space.metric == "cosine" else self.vectors

    @cached_property
    def _songs(self) -> Int64[np.ndarray, " all"]:
        """The first row of each track's title and artist; one without an artist is its own song."""
        names = self._all["artist"].str.casefold() + "\n" + self._all["title"].str.casefold()
        names = names.fillna(self._all["track_id"])
        return pd.factorize(names)[0]

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
