"""Sound and features compared over a whole library."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from specrec.bootstrap import Estimate, interval, resampled_sums
from specrec.progress import Progress
from specrec.recommend.by_features.recommender import FeatureRecommender
from specrec.recommend.collection import Collection
from specrec.recommend.results import Track
from specrec.shapes import Float64, Int64
from specrec.study.comparison import SoundAndFeatures, correlation

MOST_QUERIES = 1000
"""Tracks that are queried; of a larger library a random sample."""

JUDGED = 20_000
"""Candidates over which scores are correlated; of a larger library a random sample."""

_LISTED = 5
_PERCENTILES = (5, 25, 50, 75, 95)


@dataclass(frozen=True)
class SharedFeature:
    """How similar neighbors are in a feature.

    Attributes:
        feature: Name of the feature.
        by_sound: Mean difference between a query and its neighbors by sound, over that between
            random tracks; below 1 they share it.
        by_features: The same ratio for neighbors by features.
    """

    feature: str
    by_sound: Estimate
    by_features: Estimate


@dataclass(frozen=True)
class AgreedQuery:
    """How far the two systems agree on a track's neighbors.

    Attributes:
        track: The track.
        overlap: Share of the first k that both have.
        correlation: Spearman's rank correlation of the two scores over the candidates, or `JUDGED`
            of them.
    """

    track: Track
    overlap: float
    correlation: float


@dataclass(frozen=True)
class LibraryComparison:
    """The two systems over a library; intervals are 95 % bootstrap intervals over queries.

    Attributes:
        tracks: Tracks whose features are known.
        left_out: Number of tracks of which too few features are known.
        queries: Number of tracks that were queried.
        k: Length of an answer.
        sources: Where each feature's values are from.
        overlap: Mean share of the first k that both have.
        chance: What two unrelated rankings would share: k / (tracks - 1).
        correlation: Mean over queries of Spearman's rank correlation of the two scores, over the
            candidates or `JUDGED` of them.
        correlation_percentiles: The 5th, 25th, 50th, 75th and 95th percentile over queries.
        most: Queries on which they agree most: by overlap, then by correlation.
        least: Queries on which they agree least.
        features: How similar neighbors are in each feature, the most similar by sound first.
    """

    tracks: int
    left_out: int
    queries: int
    k: int
    sources: dict[str, str]
    overlap: Estimate
    chance: float
    correlation: Estimate
    correlation_percentiles: dict[int, float]
    most: tuple[AgreedQuery, ...]
    least: tuple[AgreedQuery, ...]
    features: tuple[SharedFeature, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def compare_library(
    collection: Collection,
    features: FeatureRecommender,
    k: int = 10,
    on_progress: Progress | None = None,
) -> LibraryComparison:
    """Asks both recommenders for the neighbors of every track, or of `MOST_QUERIES` of them.

    Every track can be a neighbor. Of a library of more than `JUDGED` tracks so many, drawn once,
    stand for all where scores are correlated and random tracks are compared.

    Args:
        collection: The recommender by sound.
        features: The recommender by features, of the same library.
        k: Length of an answer.
        on_progress: Called with the number of queries done and their total.

    Raises:
        QueryError: If k leaves no track out.
    """
    pair = SoundAndFeatures(collection, features)
    pair.check_length(k)
    shuffled = np.random.default_rng(0).permutation(len(pair))
    queries, drawn = np.sort(shuffled[:MOST_QUERIES]), np.sort(shuffled[: JUDGED + 1])
    overlaps, correlations = np.zeros(len(queries)), np.zeros(len(queries))
    apart = np.zeros((len(queries), 3, len(features.space.features)))
    for place, row in enumerate(queries):
        sound, named = pair.scores(int(row))
        sound[row] = named[row] = -np.inf  # the query is no candidate
        first = [_first(scores, k) for scores in (sound, named)]
        others = drawn[drawn != row]
        overlaps[place] = np.isin(first[0], first[1]).mean()
        correlations[place] = correlation(sound[others], named[others])
        vectors = features.vectors
        apart[place] = [
            features.space.distances(vectors[row], vectors[rows]).mean(axis=0)
            for rows in (*first, others)
        ]
        if on_progress:
            on_progress(place + 1, len(queries))
    order = np.lexsort((-correlations, -overlaps)).tolist()
    agreed = [
        AgreedQuery(
            features.track(int(queries[place])), float(overlaps[place]), float(correlations[place])
        )
        for place in [*order[:_LISTED], *order[: -_LISTED - 1 : -1]]
    ]
    listed = len(agreed) // 2
    both = np.stack([overlaps, correlations], axis=1)
    overlap, correlated = _ratios(both, np.ones_like(both))
    varied = apart[:, 2].any(axis=0)
    by_sound, by_features = (
        _ratios(apart[:, system, varied], apart[:, 2, varied]) for system in (0, 1)
    )
    names = np.array(features.space.names)[varied].tolist()
    shared = [SharedFeature(*item) for item in zip(names, by_sound, by_features, strict=True)]
    quantiles = np.percentile(correlations, _PERCENTILES).tolist()
    return LibraryComparison(
        len(pair),
        features.left_out,
        len(queries),
        k,
        dict(features.sources),
        overlap,
        k / (len(pair) - 1),
        correlated,
        dict(zip(_PERCENTILES, quantiles, strict=True)),
        tuple(agreed[:listed]),
        tuple(agreed[listed:]),
        tuple(sorted(shared, key=lambda item: item.by_sound.value)),
    )


def _first(scores: Float64[np.ndarray, " tracks"], k: int) -> Int64[np.ndarray, " k"]:
    """Rows of the k highest scores, the best first; equal ones by row."""
    least = np.partition(scores, -k)[-k]
    rows = np.flatnonzero(scores >= least)
    return rows[np.argsort(-scores[rows], kind="stable")][:k]


def _ratios(
    above: Float64[np.ndarray, "queries figures"], below: Float64[np.ndarray, "queries figures"]
) -> list[Estimate]:
    """Ratios of means, with intervals over queries."""
    drawn = resampled_sums(above) / resampled_sums(below)
    values = above.mean(axis=0) / below.mean(axis=0)
    return [interval(value, own) for value, own in zip(values, drawn.T, strict=True)]
