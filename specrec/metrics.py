"""Retrieval metrics: pure functions of similarities and labels, shared by training and evaluation.

A query is a track of the collection and never a candidate of its own. Figures come one a query;
their mean over queries is what is reported. Definitions of rank-based figures follow Manning,
Raghavan and Schuetze, "Introduction to Information Retrieval" (2008), chapter 8, where no other
source is named.
"""

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped


def standardize(vectors: Float[np.ndarray, "tracks dim"]) -> Float[np.ndarray, "tracks dim"]:
    """Zero mean and unit variance in each dimension; a constant one stays at zero."""
    spread = np.maximum(vectors.std(axis=0), 1e-9)
    standardized: np.ndarray = (vectors - vectors.mean(axis=0)) / spread
    return standardized


def rank_candidates(
    similarities: Float[np.ndarray, "queries tracks"],
    candidates: Bool[np.ndarray, "queries tracks"],
) -> Int[np.ndarray, "queries tracks"]:
    """Columns in the order of a query's ranking: most similar first, equals by column.

    What is no candidate of a query stands after all that are.

    Raises:
        ValueError: If a similarity is not finite.
    """
    if not np.isfinite(similarities).all():
        raise ValueError("a similarity is not finite")
    scores = np.where(candidates, similarities.astype(np.float64), -np.inf)
    return np.argsort(-scores, axis=1, kind="stable")


def ranked_relevance(
    similarities: Float[np.ndarray, "tracks tracks"], labels: Shaped[np.ndarray, " tracks"]
) -> Bool[np.ndarray, "queries others"]:
    """Which of the others, most similar first, share the query's label.

    Queries whose label nobody shares have nothing to find and are left out.

    Raises:
        ValueError: If a similarity is not finite.
    """
    others = ~np.eye(len(labels), dtype=bool)
    order = rank_candidates(similarities, others)[:, :-1]
    relevance = labels[order] == labels[:, None]
    findable: np.ndarray = relevance[relevance.any(axis=1)]
    return findable


def precision_at(
    relevance: Bool[np.ndarray, "queries ranks"], k: int
) -> Float[np.ndarray, " queries"]:
    """Share of relevant tracks among the first k, or among all where there are fewer.

    Raises:
        ValueError: If k is below 1.
    """
    if k < 1:
        raise ValueError(f"k must be 1 or more, not {k}")
    precision: np.ndarray = relevance[:, :k].mean(axis=1)
    return precision


def r_precision(relevance: Bool[np.ndarray, "queries ranks"]) -> Float[np.ndarray, " queries"]:
    """Precision among the first R, R being the number of relevant tracks of the query.

    Raises:
        ValueError: If a query has no relevant track.
    """
    total = _relevant(relevance)
    hits = relevance.cumsum(axis=1)[np.arange(len(relevance)), total - 1]
    precision: np.ndarray = hits / total
    return precision


def average_precision(
    relevance: Bool[np.ndarray, "queries ranks"],
) -> Float[np.ndarray, " queries"]:
    """Mean of the precisions at the ranks of the relevant tracks; its mean over queries is mAP.

    Raises:
        ValueError: If a query has no relevant track.
    """
    hits = relevance.cumsum(axis=1)
    precisions = hits / np.arange(1, relevance.shape[1] + 1)
    mean: np.ndarray = (precisions * relevance).sum(axis=1) / _relevant(relevance)
    return mean


def ndcg_at(relevance: Bool[np.ndarray, "queries ranks"], k: int) -> Float[np.ndarray, " queries"]:
    """Normalized discounted cumulative gain of the first k, a relevant track gaining 1.

    A gain at rank i is divided by log2(i + 1), and the sum by that of the best possible ranking
    (Jaervelin and Kekaelaeinen 2002, "Cumulated gain-based evaluation of IR techniques").

    Raises:
        ValueError: If k is below 1 or a query has no relevant track.
    """
    if k < 1:
        raise ValueError(f"k must be 1 or more, not {k}")
    first = relevance[:, :k]
    discount = 1 / np.log2(np.arange(2, first.shape[1] + 2))
    best = discount.cumsum()[np.minimum(_relevant(relevance), first.shape[1]) - 1]
    gain: np.ndarray = (first * discount).sum(axis=1) / best
    return gain


def reciprocal_rank(relevance: Bool[np.ndarray, "queries ranks"]) -> Float[np.ndarray, " queries"]:
    """One over the rank of the first relevant track; its mean over queries is MRR.

    Voorhees 1999, "The TREC-8 question answering track report".

    Raises:
        ValueError: If a query has no relevant track.
    """
    _relevant(relevance)
    reciprocal: np.ndarray = 1 / (relevance.argmax(axis=1) + 1)
    return reciprocal


def _relevant(relevance: Bool[np.ndarray, "queries ranks"]) -> Int[np.ndarray, " queries"]:
    """Number of relevant tracks of each query, each having some."""
    total: np.ndarray = relevance.sum(axis=1)
    if not total.all():
        raise ValueError("a query has no relevant track; leave it out")
    return total


def k_occurrences(
    ranking: Int[np.ndarray, "queries tracks"], k: int, tracks: int
) -> Int[np.ndarray, " tracks"]:
    """How often each track is among the first k of a query: N_k of Radovanovic et al. 2010.

    "Hubs in space: popular nearest neighbors in high-dimensional data", JMLR 11. Counts of
    several blocks of queries add up to those of all.

    Args:
        ranking: As `rank_candidates` gives it, each row's first k being candidates.
        k: Length of a recommendation.
        tracks: Size of the collection.

    Raises:
        ValueError: If k is below 1 or above the number of a query's others.
    """
    if not 1 <= k < tracks:
        raise ValueError(f"k must be from 1 to {tracks - 1}, not {k}")
    return np.bincount(ranking[:, :k].ravel(), minlength=tracks)


def skewness(values: Shaped[np.ndarray, " values"]) -> float:
    """Third standardized moment: of k-occurrences, how much a few hubs draw to themselves.

    0 where all values are equal. Radovanovic et al. 2010, equation 1 (population moments).

    Raises:
        ValueError: If there are no values.
    """
    if len(values) == 0:
        raise ValueError("the skewness of no values is not defined")
    deviations = values - values.mean()
    spread = np.sqrt((deviations**2).mean())
    return float((deviations**3).mean() / spread**3) if spread > 0 else 0.0
