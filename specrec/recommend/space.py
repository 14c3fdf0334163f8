"""Where tracks are compared: the one protocol of sound, features, and both."""

from abc import ABC, abstractmethod

import numpy as np
from jaxtyping import Bool, Float64, Int64

from specrec.explain.explanation import Explanation
from specrec.recommend.hubness import HubSample
from specrec.recommend.query import Query


class Space(ABC):
    """Where tracks are compared: by their sound, by features, or by both.

    Rows are those of the library or table everywhere.
    """

    @property
    @abstractmethod
    def comparable(self) -> Bool[np.ndarray, " tracks"] | None:
        """Which tracks can be compared; None if all can."""

    @property
    @abstractmethod
    def hubs(self) -> HubSample:
        """Tracks that stand for all where hubs are corrected."""

    @abstractmethod
    def vector(self, query: Query) -> Float64[np.ndarray, " dim"]:
        """Where a query lies: of unit length where cosines are compared."""

    @abstractmethod
    def vectors_of(self, rows: Int64[np.ndarray, " rows"]) -> Float64[np.ndarray, "rows dim"]:
        """Where tracks lie, likewise."""

    @abstractmethod
    def scores(
        self, vector: Float64[np.ndarray, " dim"], others: Float64[np.ndarray, "rows dim"]
    ) -> Float64[np.ndarray, " rows"]:
        """How near tracks are to a vector, at most 1; higher is nearer."""

    @abstractmethod
    def nearest(
        self,
        vectors: Float64[np.ndarray, "queries dim"],
        size: int,
        allowed: Bool[np.ndarray, " tracks"] | None,
    ) -> Int64[np.ndarray, " found"]:
        """Rows of the `size` tracks nearest to each vector, or a few more, in any order."""

    @abstractmethod
    def explanations(
        self, query: Query, rows: Int64[np.ndarray, " rows"], k: int
    ) -> list[Explanation]:
        """Why tracks are near to a query, in a list of k."""


def highest(
    scores: Float64[np.ndarray, " tracks"], size: int, allowed: Bool[np.ndarray, " tracks"] | None
) -> Int64[np.ndarray, " found"]:
    """Rows of the `size` highest scores, and of those equal to the last; ascending."""
    open_to = np.arange(len(scores)) if allowed is None else np.flatnonzero(allowed)
    if size >= len(open_to):
        return open_to
    least = np.partition(scores[open_to], -size)[-size]
    return open_to[scores[open_to] >= least]
