"""Leave-one-out retrieval: are tracks that share a label found first?"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from specrec.bootstrap import Estimate, interval, resampled_sums
from specrec.evaluation.task import Task
from specrec.metrics import (
    average_precision,
    k_occurrences,
    ndcg_at,
    precision_at,
    r_precision,
    rank_candidates,
    reciprocal_rank,
    skewness,
)
from specrec.recommend.hubness import HubSample, SimilarityStats
from specrec.shapes import Bool, Float, Int
from specrec.vectors import cosine_similarities

Similarities = Callable[[Int[np.ndarray, " block"]], Float[np.ndarray, "block tracks"]]
Embeddings = Mapping[str, Float[np.ndarray, "tracks _"]]
Metric = Callable[[Bool[np.ndarray, "queries ranks"]], Float[np.ndarray, " queries"]]

METRICS: dict[str, Metric] = {
    "precision_at_1": partial(precision_at, k=1),
    "precision_at_10": partial(precision_at, k=10),
    "r_precision": r_precision,
    "mean_average_precision": average_precision,
    "ndcg_at_10": partial(ndcg_at, k=10),
    "mean_reciprocal_rank": reciprocal_rank,
}

_BLOCK = 512  # queries ranked at once: memory grows with the tracks, not with their square


@dataclass(frozen=True)
class Retrieval:
    """How well embeddings find tracks of the query's label.

    Attributes:
        label: The column.
        artist_filter: Whether the query's artist (or album) is left out of its ranking.
        tracks: Number of tracks with a label.
        queries: Number of them that have something to find; with 0, there are no figures.
        known: Number of queries whose artist or album is known; the filter leaves the others'
            candidates as they are.
        figures: The figures by embedding, then by metric (the keys of `METRICS`).
        differences: The first embedding's figures minus those of each other one, on the same
            resampled queries.
    """

    label: str
    artist_filter: bool
    tracks: int
    queries: int
    known: int
    figures: dict[str, dict[str, Estimate]]
    differences: dict[str, dict[str, Estimate]]


@dataclass(frozen=True)
class Hubness:
    """How unevenly an embedding's recommendations fall on the tracks (Radovanovic et al. 2010).

    It carries no interval: resampled queries leave more tracks without a recommendation than
    the true ones do, so that the bootstrap is biased here.

    Attributes:
        k: Length of a recommendation.
        skewness: Skewness of the k-occurrences; near 0 without hubs.
        largest: k-occurrence of the largest hub; the mean is k.
        never_share: Share of the tracks that are recommended for no query, from 0 to 1.
        tracks_by_occurrence: Number of tracks recommended 0, 1, 2 ... times.
    """

    k: int
    skewness: float
    largest: int
    never_share: float
    tracks_by_occurrence: list[int]


def evaluate_retrieval(
    embeddings: Embeddings, task: Task, fewer_hubs: Collection[str] = ()
) -> Retrieval:
    """Ranks the candidates of each query by cosine similarity, in every embedding.

    Args:
        embeddings: Embeddings of the tracks among which `task.rows` are, by name; the first is
            compared with each other one.
        task: Labels and candidates.
        fewer_hubs: Names of those that are ranked by mutual proximity instead.
    """
    everyone = np.arange(len(task.labels))
    queries = np.concatenate(
        [block[task.relevant(block).any(axis=1)] for block in _blocks(everyone)]
    )
    known = int(((task.artists[queries] >= 0) | (task.albums[queries] >= 0)).sum())
    counts = (task.label, task.artist_filter, len(everyone), len(queries), known)
    if len(queries) == 0:
        return Retrieval(*counts, {}, {})
    values = {
        name: _per_query(similarities_of(vectors[task.rows], name in fewer_hubs), task, queries)
        for name, vectors in embeddings.items()
    }
    first, *others = values
    contrasts = {name: values[first] - values[name] for name in others}
    return Retrieval(
        *counts,
        {name: _figures(of_embedding) for name, of_embedding in values.items()},
        {name: _figures(of_pair) for name, of_pair in contrasts.items()},
    )


def similarities_of(
    vectors: Float[np.ndarray, "tracks dim"], fewer_hubs: bool = False
) -> Similarities:
    """Gives the similarities of some tracks to all: cosines, or mutual proximity."""
    if not fewer_hubs:
        return lambda block: cosine_similarities(vectors[block], vectors)
    sample = HubSample(vectors)
    stats = sample.stats(vectors, np.arange(len(vectors)))

    def proximity(block: Int[np.ndarray, " block"]) -> Float[np.ndarray, "block tracks"]:
        cosines = cosine_similarities(vectors[block], vectors).astype(np.float64)
        return sample.correct(
            cosines, SimilarityStats(stats.mean[block], stats.spread[block]), stats
        )

    return proximity


def measure_hubness(
    vectors: Float[np.ndarray, "tracks dim"], k: int = 10, fewer_hubs: bool = False
) -> Hubness:
    """Counts how often each track is recommended when every track is a query.

    Args:
        vectors: Two or more.
        k: Length of a recommendation; all others where there are fewer.
        fewer_hubs: Whether to rank by mutual proximity.
    """
    tracks, similarities = len(vectors), similarities_of(vectors, fewer_hubs)
    k = min(k, tracks - 1)
    occurrences = np.zeros(tracks, dtype=np.int64)
    for block in _blocks(np.arange(tracks)):
        others = block[:, None] != np.arange(tracks)
        ranking = rank_candidates(similarities(block), others)
        occurrences += k_occurrences(ranking, k, tracks)
    return Hubness(
        k,
        skewness(occurrences),
        int(occurrences.max()),
        float((occurrences == 0).mean()),
        np.bincount(occurrences).tolist(),
    )


def _per_query(
    similarities: Similarities, task: Task, queries: Int[np.ndarray, " queries"]
) -> Float[np.ndarray, "metrics queries"]:
    parts = []
    for block in _blocks(queries):
        order = rank_candidates(similarities(block), task.candidates(block))
        # The last place is never a candidate's: it is the query's own, or a filtered track's.
        relevance = np.take_along_axis(task.relevant(block), order, axis=1)[:, :-1]
        parts.append(np.stack([metric(relevance) for metric in METRICS.values()]))
    return np.concatenate(parts, axis=1)


def _figures(values: Float[np.ndarray, "metrics queries"]) -> dict[str, Estimate]:
    """Means and intervals; the same seed draws the same queries for every embedding."""
    means = resampled_sums(values.T).T / values.shape[1]
    return {
        metric: interval(own.mean(), drawn)
        for metric, own, drawn in zip(METRICS, values, means, strict=True)
    }


def _blocks(rows: Int[np.ndarray, " rows"]) -> Iterator[Int[np.ndarray, " block"]]:
    for start in range(0, len(rows), _BLOCK):
        yield rows[start : start + _BLOCK]
