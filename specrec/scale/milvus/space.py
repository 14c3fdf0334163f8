"""Compares the tracks of a library in Milvus by sound."""

from collections.abc import Callable
from functools import cached_property

import numpy as np

from specrec.explain.explainer import Explainer
from specrec.explain.explanation import Explanation
from specrec.explain.timeline import Timeline, locate_reasons
from specrec.recommend.hubness import HubSample
from specrec.recommend.query import Query
from specrec.recommend.space import Selection, Space
from specrec.scale.milvus.about import About
from specrec.scale.milvus.tracks import MilvusTracks
from specrec.shapes import Float64, Int64
from specrec.vectors import unit


class MilvusSpace(Space):
    """The space of embeddings, searched by Milvus.

    Milvus only finds: scores are computed here from the vectors that it stores, as everywhere.
    """

    def __init__(
        self,
        tracks: MilvusTracks,
        about: About,
        explainer: Explainer,
        timeline: Callable[[Query | int], Timeline | None],
    ) -> None:
        """Takes what a library in Milvus has.

        Args:
            tracks: The tracks.
            about: What is known of the library.
            explainer: Explains similarities.
            timeline: Gives the concepts over time of a query, or of the track in a row.
        """
        self._tracks = tracks
        self._about = about
        self._explainer = explainer
        self._timeline = timeline

    @property
    def comparable(self) -> None:
        """None: all tracks can be compared."""
        return None

    @cached_property
    def hubs(self) -> HubSample:
        """The sample of tracks by which hubs are corrected."""
        return HubSample(self._about.hubs, self._about.hub_keys)

    def vector(self, query: Query) -> Float64[np.ndarray, " dim"]:
        """The embedding of a query, scaled to length 1."""
        return unit(query.sound)

    def vectors_of(self, rows: Int64[np.ndarray, " rows"]) -> Float64[np.ndarray, "rows dim"]:
        """The embeddings of tracks, scaled to length 1."""
        dim = self._about.sample.shape[1]
        found = [record.embedding for record in self._tracks.records(rows.tolist())]
        return unit(np.array(found, np.float32).reshape(-1, dim))

    def scores(
        self, vector: Float64[np.ndarray, " dim"], others: Float64[np.ndarray, "rows dim"]
    ) -> Float64[np.ndarray, " rows"]:
        """The cosines of tracks with a vector, from -1 to 1."""
        return others @ vector

    def nearest(
        self, vectors: Float64[np.ndarray, "queries dim"], size: int, allowed: Selection | None
    ) -> Int64[np.ndarray, " found"]:
        """Finds the tracks nearest to some vectors.

        Raises:
            QueryError: If more are asked for than Milvus gives.
        """
        return self._tracks.nearest(vectors.astype(np.float32), size, allowed)

    def explanations(
        self, query: Query, rows: Int64[np.ndarray, " rows"], k: int, in_full: bool = True
    ) -> list[Explanation]:
        """Explains why tracks sound like a query, without ranks: for them all would be read."""
        records = self._tracks.records(rows.tolist())
        if not records:
            return []
        explained = self._explainer.explain_vectors(
            query.sound,
            query.features,
            np.stack([record.embedding for record in records]),
            [record.known for record in records],
            query.asked,
            None if query.aim is None else query.embedding,
            in_full,
        )
        self._tracks.windows(rows.tolist(), self._about.sample.shape[1])  # all at once
        there = [self._timeline(row) for row in rows.tolist()]
        return locate_reasons(explained, self._timeline(query), there)
