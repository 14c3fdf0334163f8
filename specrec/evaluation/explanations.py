"""Are a library's explanations true? The checks that need embeddings and measured features only."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64, Int

from specrec.bootstrap import Estimate, estimate_mean
from specrec.errors import ModelError
from specrec.evaluation.claims import (
    Claims,
    Specificity,
    check_claims,
    hide_measured,
    measure_coverage,
    measure_specificity,
)
from specrec.evaluation.faithfulness import (
    AblationFigures,
    Rationale,
    SumError,
    draw_isotropic,
    draw_like_tracks,
    feature_totals,
    measure_ablation,
    measure_rationales,
    sum_error,
)
from specrec.evaluation.pairs import ExplainedPair, explain_pairs
from specrec.evaluation.randomization import RandomWeights, ShuffledProbe, shuffle_labels
from specrec.explain.ablation import Controls, draw_controls
from specrec.explain.contributions import by_window
from specrec.progress import Progress
from specrec.recommend.collection import Collection

if TYPE_CHECKING:
    from specrec.evaluation.deletion import Deletion
    from specrec.evaluation.ground_truth import GroundTruth
    from specrec.evaluation.reason_stability import ReasonStability


QUERIES = 500
"""Queries whose neighbors are explained; of more, as many are drawn."""


@dataclass(frozen=True)
class Explanations:
    """How true the explanations of a library are.

    Attributes:
        queries: Number of queries; each has its nearest ten explained.
        explained_share: Mean share of the similarity that named features add up to.
        sum_errors: How far each split is from adding up to the similarity, by its name.
        erasing: What ablating a cited group does.
        rationale: What ablating all cited groups at once does.
        claims: Whether reasons by the probe alone are true of held-out tracks as measured.
        coverage: Share of the queries within the probe's 90 % interval, by feature.
        specificity: Whether different matches get different reasons.
        shuffled_probe: A probe fitted on shuffled labels; None if too little is known to fit one.
        stability: How far reasons stay the same when a file is altered, by alteration. This and
            all that follows needs audio; without it, it is empty or None.
        deletion: What masking the cells that a map highlights does.
        random_weights: Contributions under an encoder that has learned nothing.
        planted: Whether the factor that synthesized pairs share is named.
    """

    queries: int
    explained_share: Estimate | None
    sum_errors: dict[str, SumError]
    erasing: AblationFigures
    rationale: Rationale
    claims: Claims
    coverage: dict[str, Estimate]
    specificity: Specificity
    shuffled_probe: ShuffledProbe | None
    stability: dict[str, "ReasonStability"] = field(default_factory=dict)
    deletion: "Deletion | None" = None
    random_weights: RandomWeights | None = None
    planted: "GroundTruth | None" = None


def evaluate_explanations(
    collection: Collection, rows: Int[np.ndarray, " chosen"], on_progress: Progress | None = None
) -> Explanations:
    """Explains the neighbors of some tracks, and checks the explanations; needs no audio.

    Args:
        collection: Neighbors come from all of it.
        rows: The queries; for claims, also the neighbors, so that neither was seen in training if
            the queries were not.
        on_progress: Called after each query.

    Raises:
        ModelError: If the library has no probe, or none that predicts anything well enough.
    """
    probe = collection.probe
    if probe is None or not probe.usable():
        raise ModelError(
            f"{collection.folder}: no probe, so there are no explanations to measure; fit one with"
            f" specrec probe {collection.folder}"
        )
    embeddings, directions = collection.embeddings, collection.explainer.directions
    explainer = collection.explainer
    queries = sample_rows(rows, QUERIES)
    pairs = explain_pairs(explainer, queries, on_progress=on_progress)
    unmeasured = explain_pairs(hide_measured(explainer), queries, rows)
    return Explanations(
        len(queries),
        _explained_share(pairs),
        _sum_errors(collection, pairs),
        measure_ablation(pairs, embeddings, directions, _controls(collection)),
        measure_rationales(pairs, embeddings, directions),
        check_claims(unmeasured, explainer.stats),
        measure_coverage(probe, embeddings, collection.features, queries),
        measure_specificity(pairs),
        shuffle_labels(embeddings, collection.features),
    )


def sample_rows(
    rows: Int[np.ndarray, " rows"], most: int, seed: int = 0
) -> Int[np.ndarray, " some"]:
    """Some of the rows, or all where there are few, in their order."""
    drawn = np.random.default_rng(seed).permutation(len(rows))[:most]
    return rows[np.sort(drawn)]


def _controls(collection: Collection) -> dict[str, Controls]:
    """Random subspaces, from those by whose kind a cause is told to the strictest and weakest."""
    embeddings, directions = collection.embeddings, collection.explainer.directions
    return {
        "as variable as the group": draw_controls(embeddings, directions, seed=1),
        "combinations of tracks": draw_like_tracks(embeddings, directions),
        "isotropic": draw_isotropic(directions),
    }


def _sum_errors(collection: Collection, pairs: list[ExplainedPair]) -> dict[str, SumError]:
    similarities = _searched(collection, pairs)
    by_feature = feature_totals(pairs, collection.embeddings, collection.explainer.directions)
    return {
        "features": sum_error(by_feature, similarities),
        "windows": sum_error(_window_totals(collection, pairs), similarities),
    }


def _searched(collection: Collection, pairs: list[ExplainedPair]) -> Float64[np.ndarray, " pairs"]:
    """The similarities by which a search ranks the neighbors."""
    space, found = collection.space(), []
    for pair in pairs:
        query, neighbor = (space.vectors_of(np.array([row])) for row in (pair.query, pair.neighbor))
        found.append(space.scores(query[0], neighbor)[0])
    return np.array(found)


def _window_totals(
    collection: Collection, pairs: list[ExplainedPair]
) -> Float64[np.ndarray, " pairs"]:
    """The mean over all pairs of windows."""
    totals = []
    for pair in pairs:
        query, neighbor = (
            collection.generation.windows(row) for row in (pair.query, pair.neighbor)
        )
        embeddings = collection.embeddings[pair.query], collection.embeddings[pair.neighbor]
        totals.append(by_window(query, neighbor, *embeddings).mean())
    return np.array(totals)


def _explained_share(pairs: list[ExplainedPair]) -> Estimate | None:
    shares = [
        1 - pair.explanation.residual / pair.explanation.similarity
        for pair in pairs
        if pair.explanation.similarity > 0
    ]
    queries = [pair.query for pair in pairs if pair.explanation.similarity > 0]
    return estimate_mean(np.array(shares), np.array(queries, dtype=np.int64))
