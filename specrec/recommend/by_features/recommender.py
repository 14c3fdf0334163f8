"""The recommender by named features, for tables without audio and for libraries."""

import os
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

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
    features_of_file,
    select_features,
    tracks_of_table,
)
from specrec.recommend.by_features.space import FeatureSpace
from specrec.recommend.filters import matches
from specrec.recommend.hubness import HubSample
from specrec.recommend.query import NAMES, Query, find_row, is_text
from specrec.recommend.ranking import Ranking
from specrec.recommend.results import Neighbors, Track, TrackTable, track_of_row
from specrec.recommend.search import find_neighbors
from specrec.recommend.space import Space, highest
from specrec.shapes import Bool, Float64, Int64
from specrec.vectors import unit

_BY_DEFAULT = FeatureSettings()


class FeatureRecommender(Space):
    """Finds the tracks that are nearest in named features.

    A track with less than half of the features is left out; a missing value is imputed by the
    center of the feature (mean or median), to which a cosine attributes nothing.

    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "title": ["Calm", "Calmer", "Loud"], "energy": [0.2, 0.1, 0.9], "tempo": [90, 80, 170]
    ... })
    >>> recommender = FeatureRecommender.from_table(table)
    >>> [neighbor.track.title for neighbor in recommender.neighbors("calm", k=2)]
    ['Calmer', 'Loud']

    Attributes:
        tracks: The tracks that can be compared, with the columns of a library's tracks.
        rows: Their rows in the library or table.
        settings: How features are compared.
        space: The space of features.
        sources: Source of each feature's values, by name: `table`, `measured` or `predicted`.
        left_out: Number of tracks that are left out.
        filled: Number of compared tracks with imputed values.
        audio_root: The folder to which the tracks' paths are relative; None if the table names no
            files.
        vectors: Vectors of the tracks that can be compared, in the space of features.
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
            tracks: One row per track, with the columns of a library's tracks.
            sources: Tables of features of all tracks; the first that has a feature counts.
            settings: How features are compared.
            audio_root: The folder to which the tracks' paths are relative; None if there are none.
            probe: Predicts the features of a file from outside; None if there is no probe.

        Raises:
            QueryError: If a feature named in the settings is missing, or no feature is known.
        """
        compared = select_features(tracks, sources, settings.columns)
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
        self._table = TrackTable(tracks, lambda: self._songs)
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
        """Makes a recommender for a table of features; see `specrec.catalog.feature_table`.

        Args:
            table: A CSV or Parquet file, or a pandas DataFrame.
            settings: How features are compared.

        Raises:
            CatalogError: If the table can't be read.
            QueryError: If a feature named in the settings is missing, or the table has none.
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
        """Finds the track of the table that a query means.

        Args:
            query: A track_id, the number of a row of the table (`10`, or `clip_10` as in the name
                of a clip), or words of title and artist.

        Raises:
            QueryError: If no track fits, several do, or too few features of it are known.
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
        names = self._all[NAMES]
        return find_row(pa.Table.from_pandas(names, preserve_index=False), query)

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
        """Finds the tracks of the table nearest to a query, which is left out itself.

        Other releases of a song, with the same title and artist, are left out too.

        Args:
            query: The query, as `resolve` takes it.
            k: Number of neighbors; fewer are found if fewer are allowed.
            where: A condition on the table's columns and features, such as `year > 1990`.
            explain: Whether to explain each neighbor.
            ranking: Options as of `Library.neighbors`, from `other_artists` to `duplicates`.

        Raises:
            QueryError: If k is below 1, the condition can't be read, or the query not resolved.
        """
        asked = [self.resolve(query)]
        matching = None if where is None else matches(where, self.columns)
        options = Ranking(**ranking)
        return find_neighbors(self, self._table, asked, [], k, options, matching, explain)

    @cached_property
    def columns(self) -> dict[str, "pd.Series"]:
        """The columns that conditions may name: those of the table, and the features."""
        frames = (self._all, *reversed(self._sources.values()))
        return {str(name): frame[name] for frame in frames for name in frame}

    def explain(
        self,
        query: "str | os.PathLike[str] | Query",
        neighbor: "str | os.PathLike[str] | Query",
        k: int = 10,
    ) -> Explanation:
        """Explains why a track is near a query, whether or not it is among the nearest.

        Args:
            query: The query, as `resolve` takes it.
            neighbor: The other track, as `resolve` takes it.
            k: Length of the list of neighbors out of which, or into which, the needed changes would
                take it.

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
        """The sample of tracks by which hubs are corrected.

        Raises:
            QueryError: If the metric is not the cosine.
        """
        if self.space.metric != "cosine":
            raise QueryError("hubs are corrected for cosines only; leave out --fewer-hubs")
        return HubSample(self.vectors, self.rows)

    def vector(self, query: Query) -> Float64[np.ndarray, " columns"]:
        """The vector of a query, of length 1 if cosines are compared."""
        vector = self.vector_of(query)
        return unit(vector) if self.space.metric == "cosine" else vector

    def vectors_of(self, rows: Int64[np.ndarray, " rows"]) -> Float64[np.ndarray, "rows columns"]:
        """The vectors of tracks, of length 1 if cosines are compared."""
        return self._points[self.places(rows)]

    def scores(
        self, vector: Float64[np.ndarray, " columns"], others: Float64[np.ndarray, "rows columns"]
    ) -> Float64[np.ndarray, " rows"]:
        """The scores of tracks for a vector, at most 1: cosines, or by the Euclidean distance."""
        if self.space.metric == "cosine":
            return others @ vector
        return self.space.scores(vector, others)

    def nearest(
        self,
        vectors: Float64[np.ndarray, "queries columns"],
        size: int,
        allowed: Bool[np.ndarray, " all"] | None,
    ) -> Int64[np.ndarray, " found"]:
        """Finds the tracks nearest to some vectors exactly, by comparing with all."""
        here = None if allowed is None else allowed[self.rows]
        found = [highest(self.scores(vector, self._points), size, here) for vector in vectors]
        return self.rows[np.unique(np.concatenate(found))]

    def explanations(
        self, query: Query, rows: Int64[np.ndarray, " rows"], k: int, in_full: bool = True
    ) -> list[Explanation]:
        """Explains why tracks are near a query in features, always in full."""
        place = None if query.row is None else int(self._place[query.row])
        return explain_by_features(
            self.space,
            self.stats,
            self.vectors,
            self.vector_of(query),
            self.known_of(query),
            place,
            self.places(rows),
            k,
        )

    def places(self, rows: Int64[np.ndarray, " rows"]) -> Int64[np.ndarray, " rows"]:
        """Finds the places of tracks of the library or table in `tracks`.

        Raises:
            QueryError: If too few features of one are known.
        """
        places: np.ndarray = self._place[rows]
        if (places < 0).any():
            title = self._all["title"].iloc[rows[places < 0][0]]
            raise QueryError(f"{title}: too few of its features are known to compare it")
        return places

    def vector_of(self, query: Query) -> Float64[np.ndarray, " columns"]:
        """The vector of a query in the space of features, not scaled to length 1.

        Raises:
            QueryError: If too few of its features are known, or words have a part in it.
        """
        if query.asked or query.aim is not None:
            raise QueryError("words are compared by sound alone, not by features or both")
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
        """The known features of a query, by name; a table has none for a file from outside."""
        if query.row is not None:
            return self.stats.known(int(self._place[query.row]))
        return features_of_file(query, self._probe, self.sources)

    def track(self, place: int) -> Track:
        """The track in a row of `tracks`."""
        return track_of_row(self.tracks.iloc[place])

    def scores_of(self, place: int) -> Float64[np.ndarray, " tracks"]:
        """The score of every track of `tracks` for the one in a row, itself included."""
        return self.scores(self._points[place], self._points)

    @cached_property
    def _points(self) -> Float64[np.ndarray, "tracks columns"]:
        return unit(self.vectors) if self.space.metric == "cosine" else self.vectors

    @cached_property
    def _songs(self) -> Int64[np.ndarray, " all"]:
        """A number for each song (title and artist); a track without an artist is its own song."""
        names = self._all["artist"].str.casefold() + "\n" + self._all["title"].str.casefold()
        names = names.fillna(self._all["track_id"])
        return pd.factorize(names)[0]

    @cached_property
    def known(self) -> pd.DataFrame:
        """All features that are from a table or were measured, and all that are compared."""
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
        """The distribution of the tracks' features, and where each track stands."""
        predicted = {name for name, source in self.sources.items() if source == "predicted"}
        return FeatureStats(self.known, None, self.vectors.astype(np.float32), predicted)
