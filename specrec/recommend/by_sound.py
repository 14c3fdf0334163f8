"""Compares tracks by sound: the cosine of their embeddings."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from specrec.errors import LibraryError
from specrec.explain.explainer import Explainer
from specrec.explain.explanation import Explanation
from specrec.explain.timeline import Timeline, locate_reasons
from specrec.recommend.hubness import HubSample
from specrec.recommend.query import Query
from specrec.recommend.space import Space
from specrec.shapes import Bool, Float, Float64, Int64
from specrec.vectors import unit

if TYPE_CHECKING:
    from specrec.index.layered_search import Searchable  # loads what a library in layers needs


class SoundSpace(Space):
    """The space of embeddings, searched by a library's index."""

    def __init__(
        self,
        embeddings: Float[np.ndarray, "tracks dim"],
        index: "Searchable",
        explainer: Explainer,
        timeline: Callable[[Query | int], Timeline | None],
    ) -> None:
        """Takes what a library has.

        Args:
            embeddings: Centered embeddings of the tracks.
            index: Searches them.
            explainer: Explains their similarities.
            timeline: Gives the concepts over time of a query, or of the track in a row.
        """
        self._embeddings = embeddings
        self._index = index
        self._explainer = explainer
        self._timeline = timeline

    @property
    def comparable(self) -> None:
        """None: all tracks can be compared."""
        return None

    @cached_property
    def hubs(self) -> HubSample:
        """The sample of tracks by which hubs are corrected."""
        return HubSample(self._embeddings)

    def vector(self, query: Query) -> Float64[np.ndarray, " dim"]:
        """The embedding of a query, scaled to length 1."""
        return unit(query.sound)

    def vectors_of(self, rows: Int64[np.ndarray, " rows"]) -> Float64[np.ndarray, "rows dim"]:
        """The embeddings of tracks, scaled to length 1."""
        return unit(np.asarray(self._embeddings[rows]))

    def scores(
        self, vector: Float64[np.ndarray, " dim"], others: Float64[np.ndarray, "rows dim"]
    ) -> Float64[np.ndarray, " rows"]:
        """The cosines of tracks with a vector, from -1 to 1."""
        return others @ vector

    def nearest(
        self,
        vectors: Float64[np.ndarray, "queries dim"],
        size: int,
        allowed: Bool[np.ndarray, " tracks"] | None,
    ) -> Int64[np.ndarray, " found"]:
        """Finds the tracks nearest to some vectors with the index."""
        _, rows = self._index.search(vectors.astype(np.float32), size, allowed)
        found = np.sort(rows[rows >= 0])
        return found[np.diff(found, prepend=-1) > 0]  # as np.unique, for which np.ma is loaded

    def explanations(
        self, query: Query, rows: Int64[np.ndarray, " rows"], k: int, in_full: bool = True
    ) -> list[Explanation]:
        """Explains why tracks sound like a query, and where in them the reasons are heard."""
        turned_from = None if query.aim is None else query.embedding
        explained = self._explainer.explain(
            query.sound, query.features, rows, k, query.row, query.asked, turned_from, in_full
        )
        there = [self._timeline_of(row) for row in rows.tolist()]
        return locate_reasons(explained, self._timeline(query), there)

    def _timeline_of(self, row: int) -> Timeline | None:
        try:
            return self._timeline(row)
        except LibraryError:  # windows that are damaged cost no search, which needs none
            return None
