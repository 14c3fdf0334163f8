"""Retrieval metrics: pure functions of similarities and labels, shared by training and evaluation.

Definitions follow Manning, Raghavan and Schuetze, "Introduction to Information Retrieval" (2008),
chapter 8. Each query is a member of the collection and is left out of its own ranking.
"""

import numpy as np
from jaxtyping import Bool, Float, Shaped


def cosine_similarities(
    embeddings: Float[np.ndarray, "tracks dim"],
) -> Float[np.ndarray, "tracks tracks"]:
    """All pairwise cosine similarities, from -1 to 1."""
    length = np.linalg.norm(embeddings, axis=1, keepdims=True)
    unit = embeddings / np.maximum(length, np.finfo(embeddings.dtype).tiny)
    similarities: np.ndarray = unit @ unit.T
    return similarities


def ranked_relevance(
    similarities: Float[np.ndarray, "tracks tracks"], labels: Shaped[np.ndarray, " tracks"]
) -> Bool[np.ndarray, "queries others"]:
    """Which of the others, most similar first, share the query's label.

    Queries whose label nobody shares have nothing to find and are left out.

    Raises:
        ValueError: If a similarity is not finite.
    """
    if not np.isfinite(similarities).all():
        raise ValueError("a similarity is not finite")
    others = similarities.astype(np.float64)
    np.fill_diagonal(others, -np.inf)
    order = np.argsort(-others, axis=1, kind="stable")[:, :-1]
    relevance = labels[order] == labels[:, None]
    answerable: np.ndarray = relevance[relevance.any(axis=1)]
    return answerable


def precision_at(
    relevance: Bool[np.ndarray, "queries others"], k: int
) -> Float[np.ndarray, " queries"]:
    """Share of relevant tracks among the first k."""
    precision: np.ndarray = relevance[:, :k].mean(axis=1)
    return precision


def average_precision(
    relevance: Bool[np.ndarray, "queries others"],
) -> Float[np.ndarray, " queries"]:
    """Mean of the precisions at the ranks of the relevant tracks; its mean over queries is mAP."""
    hits = relevance.cumsum(axis=1)
    precisions = hits / np.arange(1, relevance.shape[1] + 1)
    total: np.ndarray = (precisions * relevance).sum(axis=1) / relevance.sum(axis=1)
    return total
