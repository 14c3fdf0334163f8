"""Explains why tracks match in named features: what each feature adds to the score."""

from collections.abc import Mapping

import numpy as np

from specrec.descriptors.features import FEATURES
from specrec.explain.explanation import Contribution, Explanation
from specrec.explain.feature_stats import FeatureStats
from specrec.explain.reasons import find_reasons, sharable_names
from specrec.explain.sentences import sentence
from specrec.recommend.by_features.space import FeatureSpace
from specrec.shapes import Float64, Int64


def explain_by_features(
    space: FeatureSpace,
    stats: FeatureStats,
    vectors: Float64[np.ndarray, "tracks columns"],
    query: Float64[np.ndarray, " columns"],
    known: Mapping[str, float],
    query_row: int | None,
    neighbors: Int64[np.ndarray, " neighbors"],
    k: int,
) -> list[Explanation]:
    """Explains scores by features: each adds its part, and no residual is left.

    Drops are not compared with random controls: the score is made of features alone, so the drop
    is exactly how much the score falls when the feature is left out, and any drop is causal.

    Args:
        space: The space in which the tracks are compared.
        stats: Features of the tracks, in the order of the vectors.
        vectors: Vectors of all tracks.
        query: The query's vector.
        known: Known features of the query, by name and in their units.
        query_row: The query's row among the tracks; None if it is from outside.
        neighbors: Rows of the neighbors among the tracks.
        k: Length of the list of neighbors out of which, or into which, the needed changes would
            take them.

    Returns:
        One explanation per neighbor, in their order.
    """
    others = np.arange(len(vectors)) != (-1 if query_row is None else query_row)
    every = np.vstack([query, vectors[neighbors]])
    here, *readings = stats.readings(every, [known, *map(stats.known, neighbors.tolist())])
    parts = space.parts(query, vectors)
    scores, without = parts.sum(axis=1), space.without(query, vectors)
    ranked = np.sort(scores[others])[::-1]
    explanations = []
    for row, there in zip(neighbors.tolist(), readings, strict=True):
        rank = 1 + int((scores[others] > scores[row]).sum())
        limit = k if rank <= k else k - 1  # that of the first outside the list, or the last inside
        contributions = [
            Contribution(
                name,
                (name,),
                float(parts[row, number]),
                float(scores[row] - without[row, number]),
                0.0,
                rank,
                1 + int((without[others, number] > without[row, number]).sum()),
                space.needed_change(query, vectors[row], number, float(ranked[limit]))
                if len(ranked) > k
                else None,
            )
            for number, name in enumerate(space.names)
        ]
        contributions.sort(key=lambda item: -item.value)
        named = [item for item in contributions if item.feature in FEATURES]
        reasons = find_reasons(named, here, there, stats, sharable_names(here, there, stats))
        leading = [item.feature for item in contributions if item.value > 0]
        text = sentence(float(scores[row]), 0.0, reasons, leading)
        explanations.append(
            Explanation(
                float(scores[row]),
                tuple(contributions),
                0.0,
                tuple(reasons),
                text,
                here,
                there,
            )
        )
    return explanations
