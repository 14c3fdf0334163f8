"""Leave-one-out retrieval: are tracks that share a label found first?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Shaped

from specrec.metrics import average_precision, cosine_similarities, precision_at, ranked_relevance

_RESAMPLES = 2000


@dataclass(frozen=True)
class Figure:
    """A mean over queries with its 95 % bootstrap interval (percentiles; Efron 1979).

    Attributes:
        value: The mean, from 0 to 1.
        low: Lower end of the interval.
        high: Upper end.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class RetrievalFigures:
    """How well one embedding finds tracks of the query's label.

    Attributes:
        queries: Number of tracks whose label another track shares.
        precision_at_1: Share of queries whose nearest track has their label.
        precision_at_10: Share of the ten nearest that have it.
        mean_average_precision: mAP over the whole ranking.
    """

    queries: int
    precision_at_1: Figure
    precision_at_10: Figure
    mean_average_precision: Figure


def evaluate_retrieval(
    embeddings: Float[np.ndarray, "tracks dim"], labels: Shaped[np.ndarray, " tracks"]
) -> RetrievalFigures:
    """Ranks all other tracks for each track by cosine similarity.

    Raises:
        ValueError: If no label is shared by two tracks.
    """
    relevance = ranked_relevance(cosine_similarities(embeddings), labels)
    if len(relevance) == 0:
        raise ValueError("no two tracks share a label")
    return RetrievalFigures(
        len(relevance),
        _figure(precision_at(relevance, 1)),
        _figure(precision_at(relevance, 10)),
        _figure(average_precision(relevance)),
    )


def _figure(per_query: Float[np.ndarray, " queries"]) -> Figure:
    draws = np.random.default_rng(0).integers(len(per_query), size=(_RESAMPLES, len(per_query)))
    low, high = np.percentile(per_query[draws].mean(axis=1), [2.5, 97.5])
    return Figure(float(per_query.mean()), float(low), float(high))
