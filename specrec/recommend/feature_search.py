"""Search by features: FAISS finds candidates, double precision puts them in order."""

from functools import cached_property

import numpy as np
from jaxtyping import Float64, Int64

from specrec.index.distances import DistanceIndex
from specrec.index.search import EXACT, SearchIndex, build_index
from specrec.recommend.feature_space import FeatureSpace

_POOL = 64  # the fewest candidates that are put in order
_ROUNDING = 1e-6  # by which scores in single precision may be off


class FeatureIndex:
    """Finds the tracks nearest in features, exactly."""

    def __init__(self, space: FeatureSpace, vectors: Float64[np.ndarray, "tracks columns"]) -> None:
        self._space = space
        self._vectors = vectors

    def nearest(
        self,
        vector: Float64[np.ndarray, " columns"],
        row: int | None,
        k: int,
        songs: Int64[np.ndarray, " tracks"],
    ) -> tuple[list[tuple[float, int]], int]:
        """Scores and rows of the k songs nearest to a query, but its own.

        FAISS finds candidates in single precision; they are put in order in double precision,
        and there are enough of them that no other can belong before the last.

        Args:
            vector: Of the query.
            row: Where it is a track; None if it is from outside.
            k: How many songs; fewer come back where there are fewer.
            songs: Equal for releases of one song, of which the nearest stands for all.

        Returns:
            The songs, nearest first, and how many releases were passed over.
        """
        size = max(_POOL, 4 * k)
        while True:
            rough, pool = self._search(vector, min(size, len(self._vectors)))
            scores = self._space.scores(vector, self._vectors[pool])
            order = np.lexsort((pool, -scores))
            places, repeated = one_of_each(pool[order], songs, row, k)
            chosen = [(float(scores[place]), int(pool[place])) for place in order[places]]
            sure = len(chosen) == k and chosen[-1][0] > rough + _ROUNDING
            if sure or len(pool) == len(self._vectors):
                return chosen, repeated
            size *= 4

    def _search(
        self, vector: Float64[np.ndarray, " columns"], size: int
    ) -> tuple[float, Int64[np.ndarray, " size"]]:
        """The nearest rows by FAISS, and the lowest of their scores."""
        if self._space.metric == "cosine":
            similarities, rows = self._cosines.search(vector[None], size)
            return float(similarities[0, -1]), rows[0]
        distances, rows = self._distances.search((vector - self._middle)[None], size)
        whole = self._space.variance.sum()
        return float(1 - distances[0, -1] / (2 * whole)) if whole > 0 else 0.0, rows[0]

    @cached_property
    def _cosines(self) -> SearchIndex:
        return build_index(self._vectors.astype(np.float32), EXACT)

    @cached_property
    def _distances(self) -> DistanceIndex:
        return DistanceIndex(self._vectors - self._middle)

    @cached_property
    def _middle(self) -> Float64[np.ndarray, " columns"]:
        # Distances do not change with it, and small numbers are rounded less.
        middle: np.ndarray = self._vectors.mean(axis=0)
        return middle


def one_of_each(
    rows: Int64[np.ndarray, " rows"],
    songs: Int64[np.ndarray, " tracks"],
    query: int | None,
    k: int,
) -> tuple[list[int], int]:
    """Places of the first k rows of different songs, and how many releases were passed over.

    Args:
        rows: Tracks, the nearest first.
        songs: Equal for releases of one song.
        query: The row asked about, of whose song none is taken; None if it is from outside.
        k: How many; fewer come back where there are fewer.
    """
    seen = set() if query is None else {int(songs[query])}
    places, repeated = [], 0
    for place, row in enumerate(rows):
        if row == query:
            continue
        song = int(songs[row])
        if song in seen:
            repeated += 1
            continue
        seen.add(song)
        places.append(place)
        if len(places) == k:
            break
    return places, repeated
