"""Why tracks match in named features: the parts of the score, and what each is worth."""

from collections.abc import Mapping, Set
from dataclasses import replace

import numpy as np
from jaxtyping import Float64, Int64

from specrec.descriptors.features import FEATURES
from specrec.explain.explanation import Contribution, Explanation, Reason
from specrec.explain.feature_stats import FeatureStats, Reading
from specrec.explain.reasons import find_reasons
from specrec.explain.sentences import sentence
from specrec.recommend.by_features.space import FeatureSpace


def explain_by_features(
    space: FeatureSpace,
    stats: FeatureStats,
    vectors: Float64[np.ndarray, "tracks columns"],
    query: Float64[np.ndarray, " columns"],
    known: Mapping[str, float],
    query_row: int | None,
    neighbors: Int64[np.ndarray, " neighbors"],
    k: int,
    predicted: Set[str],
) -> list[Explanation]:
    """Explains scores by features: each adds its part, and no residual is left.

    What a feature is worth is not compared with chance: it is the score itself that is made of
    features, so the drop is exactly how much the score falls where the feature is not compared,
    and any fall is a cause.

    Args:
        space: Where the tracks are compared.
        stats: What is known of the tracks, in the order of the vectors.
        vectors: Of all tracks.
        query: Where the query lies.
        known: Features of the query that are known, by name.
        query_row: The query's row among the tracks; None if it is from outside.
        neighbors: Rows of the neighbors.
        k: Length of the list out of which the needed changes would take them.
        predicted: Features whose values are a probe's predictions.
    """
    others = np.arange(len(vectors)) != (-1 if query_row is None else query_row)
    parts = space.parts(query, vectors)
    scores, without = parts.sum(axis=1), space.without(query, vectors)
    ranked = np.sort(scores[others])[::-1]
    explanations = []
    for row in neighbors:
        contributions = [
            Contribution(
                name,
                (name,),
                float(parts[row, number]),
                float(scores[row] - without[row, number]),
                0.0,
                1 + int((scores[others] > scores[row]).sum()),
                1 + int((without[others, number] > without[row, number]).sum()),
                space.needed_change(query, vectors[row], number, float(ranked[k]))
                if len(ranked) > k
                else None,
            )
            for number, name in enumerate(space.names)
        ]
        contributions.sort(key=lambda item: -item.value)
        named = [item for item in contributions if item.feature in FEATURES]
        readings = stats.readings(query, known), stats.readings_of(int(row))
        found = [
            _as_predicted(reason) if reason.feature in predicted else reason
            for reason in find_reasons(named, *readings, stats)
        ]
        alike = [item.feature for item in contributions if item.value > 0]
        said = sentence(float(scores[row]), 0.0, found, alike)
        explanations.append(
            Explanation(float(scores[row]), tuple(contributions), 0.0, tuple(found), said)
        )
    return explanations


def _as_predicted(reason: Reason) -> Reason:
    def guess(reading: Reading) -> Reading:
        return replace(reading, measured=False)

    return replace(reason, query=guess(reason.query), neighbor=guess(reason.neighbor))
