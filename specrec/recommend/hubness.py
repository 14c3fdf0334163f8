"""Mutual proximity: the correction of hubs, tracks that are near to everything.

Schnitzer, Flexer, Schedl and Widmer 2012, "Local and global scaling reduce hubs in space", JMLR 13,
with normal distributions whose parameters are estimated from a sample of the tracks (its section
3.2).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.special import log_ndtr, ndtri_exp

from specrec.vectors import cosine_similarities

_SAMPLE = 500
_LEAST_SPREAD = 1e-6


@dataclass(frozen=True, eq=False)
class Usual:
    """The similarities that are usual for some tracks.

    Attributes:
        mean: Of each track's cosines with the sample.
        spread: Their standard deviation.
    """

    mean: Float[np.ndarray, " tracks"]
    spread: Float[np.ndarray, " tracks"]


class HubSample:
    """Tracks of a collection, spread over its rows, that stand for all of it."""

    def __init__(
        self,
        vectors: Float[np.ndarray, "tracks dim"],
        rows: Int[np.ndarray, " tracks"] | None = None,
    ) -> None:
        """Draws the sample.

        Args:
            vectors: Embeddings of the tracks, or what else is compared by the cosine.
            rows: Where the tracks stand in the collection; None for the same places.
        """
        count = min(len(vectors), _SAMPLE)
        places = np.linspace(0, len(vectors) - 1, count).astype(np.int64)
        self.rows: Int[np.ndarray, " sample"] = places if rows is None else rows[places]
        self._vectors = np.asarray(vectors[places], dtype=np.float64)
        own = self.usual(self._vectors, self.rows)
        self.center, self.scale = float(own.mean.mean()), float(own.spread.mean())

    def usual(
        self,
        vectors: Float[np.ndarray, "tracks dim"],
        rows: Int[np.ndarray, " tracks"] | None = None,
    ) -> Usual:
        """What is usual for some tracks.

        Args:
            vectors: Their embeddings.
            rows: Theirs in the collection, by which a track is kept from being compared with
                itself; None for tracks from outside.
        """
        cosines = cosine_similarities(vectors, self._vectors)
        counted = np.ones(cosines.shape, bool) if rows is None else rows[:, None] != self.rows
        total = np.maximum(counted.sum(axis=1), 1)
        mean = (cosines * counted).sum(axis=1) / total
        variance = (((cosines - mean[:, None]) * counted) ** 2).sum(axis=1) / total
        return Usual(mean, np.maximum(np.sqrt(variance), _LEAST_SPREAD))

    def correct(
        self, similarities: Float[np.ndarray, "queries tracks"], queries: Usual, tracks: Usual
    ) -> Float[np.ndarray, "queries tracks"]:
        """Mutual proximity on the scale of cosines.

        It is the chance that a random track is less near to the query than this one, times the
        chance that a random track is less near to this one than the query; a hub gets little of
        the second. It is given as the cosine at which two tracks, for both of which the
        collection's mean similarities are usual, would have the same chance.

        Args:
            similarities: Cosines.
            queries: What is usual for the queries.
            tracks: What is usual for the tracks.
        """
        seen = (similarities - queries.mean[:, None]) / queries.spread[:, None]
        from_there = (similarities - tracks.mean) / tracks.spread
        log_chance = (log_ndtr(seen) + log_ndtr(from_there)) / 2
        corrected: np.ndarray = self.center + self.scale * ndtri_exp(log_chance)
        return corrected
