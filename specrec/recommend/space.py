"""The space in which tracks are compared: one protocol for sound, features, and both."""

from abc import ABC, abstractmethod
from typing import Any, Literal

import numpy as np

from specrec.explain.explanation import Explanation
from specrec.recommend.hubness import HubSample
from specrec.recommend.query import Query
from specrec.shapes import Bool, Float64, Int64

By = Literal["sound", "features", "both"]
"""What tracks are compared by."""

Selection = Any
"""Some of the tracks, for which a condition holds: a mask over all of them, or, where they are in a
database, an expression that it evaluates. Either way `&` and `~` combine them, and `sum()` counts
the tracks."""


class Space(ABC):
    """A space in which tracks are compared: by sound, by features, or by both.

    All rows are rows of the library or table.
    """

    @property
    @abstractmethod
    def comparable(self) -> Bool[np.ndarray, " tracks"] | None:
        """Which tracks can be compared; None if all can."""

    @property
    @abstractmethod
    def hubs(self) -> HubSample:
        """The sample of tracks by which hubs are corrected."""

    @abstractmethod
    def vector(self, query: Query) -> Float64[np.ndarray, " dim"]:
        """The vector of a query, of length 1 if cosines are compared."""

    @abstractmethod
    def vectors_of(self, rows: Int64[np.ndarray, " rows"]) -> Float64[np.ndarray, "rows dim"]:
        """The vectors of tracks, of length 1 if cosines are compared."""

    @abstractmethod
    def scores(
        self, vector: Float64[np.ndarray, " dim"], others: Float64[np.ndarray, "rows dim"]
    ) -> Float64[np.ndarray, " rows"]:
        """The scores of tracks for a vector, at most 1; higher is nearer."""

    @abstractmethod
    def nearest(
        self,
        vectors: Float64[np.ndarray, "queries dim"],
        size: int,
        allowed: Selection | None,
    ) -> Int64[np.ndarray, " found"]:
        """Finds the `size` tracks nearest to each vector, or a few more.

        Returns:
            Their rows, each once, in the order in which ties are resolved.
        """

    @abstractmethod
    def explanations(
        self, query: Query, rows: Int64[np.ndarray, " rows"], k: int, in_full: bool = True
    ) -> list[Explanation]:
        """Explains why tracks are near a query, in a list of k neighbors.

        Args:
            query: The query.
            rows: The tracks.
            k: Length of the list.
            in_full: Whether explanations say what becomes of ranks, too, where that takes a search
                of all tracks.
        """


def highest(
    scores: Float64[np.ndarray, " tracks"], size: int, allowed: Bool[np.ndarray, " tracks"] | None
) -> Int64[np.ndarray, " found"]:
    """Finds the rows of the `size` highest scores, and of ties with the last; ascending."""
    open_to = np.arange(len(scores)) if allowed is None else np.flatnonzero(allowed)
    if size >= len(open_to):
        return open_to
    least = np.partition(scores[open_to], -size)[-size]
    return open_to[scores[open_to] >= least]
