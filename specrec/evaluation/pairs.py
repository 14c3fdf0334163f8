"""The pairs whose explanations are judged: queries and their nearest tracks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from specrec.explain.explainer import Explainer
from specrec.explain.explanation import Explanation, Reason
from specrec.progress import Progress
from specrec.shapes import Float, Int
from specrec.vectors import unit

NEIGHBORS = 10
"""Neighbors of a query that are explained."""


@dataclass(frozen=True)
class ExplainedPair:
    """A query and a neighbor, by their rows, and why they match."""

    query: int
    neighbor: int
    explanation: Explanation


def explain_pairs(
    explainer: Explainer,
    queries: Int[np.ndarray, " queries"],
    candidates: Int[np.ndarray, " candidates"] | None = None,
    on_progress: Progress | None = None,
) -> list[ExplainedPair]:
    """Explains the nearest `NEIGHBORS` of each query.

    Args:
        explainer: The library's explainer.
        queries: Rows of the queries.
        candidates: Rows among which neighbors are sought; None for all.
        on_progress: Called after each query.
    """
    found = []
    for place, row in enumerate(queries.tolist()):
        others = nearest(explainer.embeddings, row, candidates)
        explanations = explainer.explain_row(row, others, NEIGHBORS)
        found += [
            ExplainedPair(row, int(other), explanation)
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


Statement = tuple[str, str]
"""A feature and its side (`high`, `low` or `same`): a reason without its numbers."""


def statements(reasons: Iterable[Reason]) -> list[Statement]:
    """The features and sides of reasons, in their order."""
    return [(reason.feature, reason.side) for reason in reasons]


def query_of(pairs: Sequence[ExplainedPair]) -> Int[np.ndarray, " pairs"]:
    """The query of each pair, by which figures are resampled."""
    return np.array([pair.query for pair in pairs], dtype=np.int64)
