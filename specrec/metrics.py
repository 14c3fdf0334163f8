"""Retrieval metrics: pure functions of similarities and labels, shared by training and evaluation.

A query is a track of the collection and never a candidate for itself. Metrics return one figure per
query, whose mean is reported. Definitions of rank-based metrics follow Manning,
Raghavan and Schuetze, "Introduction to Information Retrieval" (2008), chapter 8, where no other
source is named.
"""

import numpy as np

from specrec.shapes import Bool, Float, Int, Shaped


def standardize(vectors: Float[np.ndarray, "tracks dim"]) -> Float[np.ndarray, "tracks dim"]:
    """Scales each dimension to zero mean and unit variance; a constant one becomes zero."""
    spread = np.maximum(vectors.std(axis=0), 1e-9)
    standardized: np.ndarray = (vectors - vectors.mean(axis=0)) / spread
    return standardized


def rank_candidates(
    similarities: Float[np.ndarray, "queries tracks"],
    candidates: Bool[np.ndarray, "queries tracks"],
) -> Int[np.ndarray, "queries tracks"]:
    """Sorts columns by similarity for each query, most similar first; ties go by column.

    Columns that are not candidates of a query come last.

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
    """Says which of the others, most similar first, share the query's label.

    Queries whose label no other track shares are left out.

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
    """Computes the share of relevant tracks among the first k, or among all if there are fewer.

    >>> precision_at(np.array([[True, False, True, False]]), k=2)
    array([0.5])

    Raises:
        ValueError: If k is below 1.
    """
    if k < 1:
        raise ValueError(f"k must be 1 or more, not {k}")
    precision: np.ndarray = relevance[:, :k].mean(axis=1)
    return precision


def r_precision(relevance: Bool[np.ndarray, "queries ranks"]) -> Float[np.ndarray, " queries"]:
    """Computes the precision among the first R, the number of the query's relevant tracks.

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
    """Averages the precision at the ranks of relevant tracks; the mean over queries is mAP.

    Raises:
        ValueError: If a query has no relevant track.
    """
    hits = relevance.cumsum(axis=1)
    precisions = hits / np.arange(1, relevance.shape[1] + 1)
    mean: np.ndarray = (precisions * relevance).sum(axis=1) / _relevant(relevance)
    return mean


def ndcg_at(relevance: Bool[np.ndarray, "queries ranks"], k: int) -> Float[np.ndarray, " queries"]:
    """Computes the normalized discounted cumulative gain of the first k; a relevant track gains 1.

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
    """Computes 1 over the rank of the first relevant track; the mean over queries is MRR.

    Voorhees 1999, "The TREC-8 question answering track report".

    Raises:
        ValueError: If a query has no relevant track.
    """
    _relevant(relevance)
    reciprocal: np.ndarray = 1 / (relevance.argmax(axis=1) + 1)
    return reciprocal


def _relevant(relevance: Bool[np.ndarray, "queries ranks"]) -> Int[np.ndarray, " queries"]:
    """Counts the relevant tracks of each query; each must have some."""
    total: np.ndarray = relevance.sum(axis=1)
    if not total.all():
        raise ValueError("a query has no relevant track; leave it out")
    return total


def k_occurrences(
    ranking: Int[np.ndarray, "queries tracks"], k: int, tracks: int
) -> Int[np.ndarray, " tracks"]:
    """Counts how often each track is among the first k of a query (N_k, Radovanovic et al. 2010).

    "Hubs in space: popular nearest neighbors in high-dimensional data", JMLR 11. Counts of
    several blocks of queries add up to those of all.

    Args:
        ranking: Rankings of `rank_candidates`, of which the first k of each row are candidates.
        k: Number of neighbors.
        tracks: Number of tracks in the collection.

    Raises:
        ValueError: If k is below 1 or above the number of a query's others.
    """
    if not 1 <= k < tracks:
        raise ValueError(f"k must be from 1 to {tracks - 1}, not {k}")
    return np.bincount(ranking[:, :k].ravel(), minlength=tracks)


def skewness(values: Shaped[np.ndarray, " values"]) -> float:
    """Computes the third standardized moment; for k-occurrences, it measures hubness.

    It is 0 if all values are equal. Radovanovic et al. 2010, equation 1 (population moments).

    Raises:
        ValueError: If there are no values.
    """
    if len(values) == 0:
        raise ValueError("the skewness of no values is not defined")
    deviations = values - values.mean()
    spread = np.sqrt((deviations**2).mean())
    return float((deviations**3).mean() / spread**3) if spread > 0 else 0.0


def roc_auc(scores: Float[np.ndarray, " items"], truth: Bool[np.ndarray, " items"]) -> float:
    """Computes the area under the ROC curve.

    It is the probability that an item with a property has a higher score than one without, where
    equal scores count half (Mann and Whitney 1947).

    Returns:
        A number from 0 to 1, 0.5 by chance; NaN if all items have the property, or none has.

    >>> roc_auc(np.array([0.1, 0.4, 0.4, 0.9]), np.array([False, False, True, True]))
    0.875
    """
    having, lacking = scores[truth], np.sort(scores[~truth])
    if not len(having) or not len(lacking):
        return float("nan")
    beaten = np.searchsorted(lacking, having) + np.searchsorted(lacking, having, side="right")
    return float(beaten.sum() / (2 * len(having) * len(lacking)))
