"""Mutual proximity: the correction of hubs, which are tracks that are near to everything.

Schnitzer, Flexer, Schedl and Widmer 2012, "Local and global scaling reduce hubs in space", JMLR 13,
with normal distributions whose parameters are estimated from a sample of the tracks (its section
3.2).
"""

from dataclasses import dataclass

import numpy as np

from specrec.shapes import Float, Int
from specrec.vectors import cosine_similarities

_SAMPLE = 500
_LEAST_SPREAD = 1e-6


@dataclass(frozen=True, eq=False)
class SimilarityStats:
    """The distribution of each track's cosines with a sample of the collection.

    Attributes:
        mean: Mean of each track's cosines.
        spread: Standard deviation of each track's cosines, above 0.
    """

    mean: Float[np.ndarray, " tracks"]
    spread: Float[np.ndarray, " tracks"]


class HubSample:
    """A sample of a collection's tracks, evenly spread over its rows.

    Attributes:
        rows: Rows of the sampled tracks in the collection.
        center: Mean of the sampled tracks' mean cosines with each other.
        scale: Mean of the standard deviations of these cosines.
    """

    def __init__(
        self,
        vectors: Float[np.ndarray, "tracks dim"],
        rows: Int[np.ndarray, " tracks"] | None = None,
    ) -> None:
        """Draws the sample.

        Args:
            vectors: Embeddings of the tracks, or other vectors that are compared by the cosine.
            rows: Rows of the tracks in the collection; None if these are all of it, in order.
        """
        count = min(len(vectors), _SAMPLE)
        places = np.linspace(0, len(vectors) - 1, count).astype(np.int64)
        self.rows: Int[np.ndarray, " sample"] = places if rows is None else rows[places]
        self._vectors = np.asarray(vectors[places], dtype=np.float64)
        own = self.stats(self._vectors, self.rows)
        self.center, self.scale = float(own.mean.mean()), float(own.spread.mean())

    def stats(
        self,
        vectors: Float[np.ndarray, "tracks dim"],
        rows: Int[np.ndarray, " tracks"] | None = None,
    ) -> SimilarityStats:
        """Computes the distribution of some tracks' cosines with the sample.

        Args:
            vectors: Embeddings of the tracks.
            rows: Rows of the tracks in the collection, so that none is compared with itself; None
                for tracks from outside.
        """
        cosines = cosine_similarities(vectors, self._vectors)
        counted = np.ones(cosines.shape, bool) if rows is None else rows[:, None] != self.rows
        total = np.maximum(counted.sum(axis=1), 1)
        mean = (cosines * counted).sum(axis=1) / total
        variance = (((cosines - mean[:, None]) * counted) ** 2).sum(axis=1) / total
        return SimilarityStats(mean, np.maximum(np.sqrt(variance), _LEAST_SPREAD))

    def correct(
        self,
        similarities: Float[np.ndarray, "queries tracks"],
        queries: SimilarityStats,
        tracks: SimilarityStats,
    ) -> Float[np.ndarray, "queries tracks"]:
        """Turns cosines into mutual proximities, on the scale of cosines.

        Mutual proximity is the probability that a random track is less similar to the query than
        this one, times the probability that a random track is less similar to this one than the
        query; the second is low for a hub. It is given as the cosine at which two tracks with the
        collection's average statistics would have the same mutual proximity.

        Args:
            similarities: Cosines of queries and tracks.
            queries: Statistics of the queries.
            tracks: Statistics of the tracks.
        """
        # Here, not above: it takes as long to load as NumPy, and most searches correct nothing.
        from scipy.special import log_ndtr, ndtri_exp

        seen = (similarities - queries.mean[:, None]) / queries.spread[:, None]
        from_there = (similarities - tracks.mean) / tracks.spread
        log_probability = (log_ndtr(seen) + log_ndtr(from_there)) / 2
        corrected: np.ndarray = self.center + self.scale * ndtri_exp(log_probability)
        return corrected
