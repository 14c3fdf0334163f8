"""The pairs whose explanations are judged: queries and their nearest tracks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from specrec.explain.causal import Controls
from specrec.explain.directions import Directions
from specrec.explain.explanation import Explanation, explain_neighbors
from specrec.explain.readings import Readings, Subject
from specrec.explain.reasons import Reason
from specrec.progress import Progress
from specrec.vectors import unit

NEIGHBORS = 10
"""Neighbors of a query that are explained."""


@dataclass(frozen=True)
class Pair:
    """A query and a neighbor, by their rows, and why they match."""

    query: int
    neighbor: int
    explanation: Explanation


@dataclass(frozen=True, eq=False)
class Explainer:
    """All that an explanation is made of.

    Attributes:
        embeddings: Of a library, centered.
        readings: What is usual in it, and where each track stands.
        directions: Of its probe.
        controls: Random directions.
    """

    embeddings: Float[np.ndarray, "tracks dim"]
    readings: Readings
    directions: Directions
    controls: Controls

    def explain(
        self, subject: Subject, query: int | None, neighbors: Int[np.ndarray, " neighbors"]
    ) -> list[Explanation]:
        """Why each of some tracks resembles a query, the track in row `query` if it has one."""
        return explain_neighbors(
            self.readings,
            self.directions,
            self.controls,
            self.embeddings,
            subject,
            query,
            neighbors,
            NEIGHBORS,
        )

    def pairs(
        self,
        queries: Int[np.ndarray, " queries"],
        candidates: Int[np.ndarray, " candidates"] | None = None,
        on_progress: Progress | None = None,
    ) -> list[Pair]:
        """Explains the nearest `NEIGHBORS` of each query.

        Args:
            queries: Their rows.
            candidates: Rows among which neighbors are sought; None for all.
            on_progress: Called after each query.
        """
        found = []
        for place, row in enumerate(queries.tolist()):
            others = nearest(self.embeddings, row, candidates)
            explanations = self.explain(self.readings.subject(row), row, others)
            found += [
                Pair(row, int(other), explanation)
                for other, explanation in zip(others, explanations, strict=True)
            ]
            if on_progress:
                on_progress(place + 1, len(queries))
        return found


def nearest(
    embeddings: Float[np.ndarray, "tracks dim"],
    query: int,
    candidates: Int[np.ndarray, " candidates"] | None = None,
) -> Int[np.ndarray, " neighbors"]:
    """Rows of the `NEIGHBORS` most similar tracks, the nearest first, without the query."""
    rows = np.arange(len(embeddings)) if candidates is None else candidates
    rows = rows[rows != query]
    scores = unit(np.asarray(embeddings[rows])) @ unit(np.asarray(embeddings[query]))
    return rows[np.argsort(-scores, kind="stable")[:NEIGHBORS]]


Said = tuple[str, str]
"""A feature and its side: what is said of two tracks, without the numbers."""


def said(reasons: Iterable[Reason]) -> list[Said]:
    """What reasons say, in their order."""
    return [(reason.feature, reason.side) for reason in reasons]


def query_of(pairs: Sequence[Pair]) -> Int[np.ndarray, " pairs"]:
    """The query of each pair, by which figures are resampled."""
    return np.array([pair.query for pair in pairs], dtype=np.int64)
