"""Are a library's explanations true? The checks that need embeddings and measured features only."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from specrec.concepts.labels import is_yes_or_no
from specrec.errors import ModelError
from specrec.evaluation.claims import (
    Claims,
    Specificity,
    as_measured,
    by_truth,
    check_claims,
    hide_measured,
    measure_specificity,
)
from specrec.evaluation.concepts import label_truths
from specrec.evaluation.faithfulness import (
    AblationFigures,
    Rationale,
    SumError,
    draw_like_tracks,
    feature_totals,
    measure_ablation,
    measure_rationales,
    sum_error,
)
from specrec.evaluation.named_share import NamedShare, measure_named_share
from specrec.evaluation.pairs import ExplainedPair, explain_pairs
from specrec.evaluation.randomization import RandomWeights, shuffle_labels
from specrec.explain.ablation import Controls, draw_controls
from specrec.explain.contributions import by_window
from specrec.progress import Progress
from specrec.recommend.collection import Collection
from specrec.shapes import Float64, Int

if TYPE_CHECKING:
    from specrec.evaluation.deletion import Deletion
    from specrec.evaluation.ground_truth import GroundTruth
    from specrec.evaluation.reason_stability import ReasonStability


MEASURED = "as measured"
"""What claims of measured features are checked by."""

QUERIES = 500
"""Queries whose neighbors are explained; of more, as many are drawn."""


@dataclass(frozen=True)
class Explanations:
    """How true the explanations of a library are.

    Attributes:
        queries: Number of queries; each has its nearest ten explained.
        named_share: Share of the similarity that named features add up to, and chance would.
        sum_errors: How far each split is from adding up to the similarity, by its name.
        erasing: What ablating a cited group does.
        rationale: What ablating all cited groups at once does.
        claims: Whether what sentences say by the embedding alone is true of held-out tracks: as
            measured, and by the labels in columns, by what tells the truth.
        specificity: Whether different matches get different reasons.
        stability: How far reasons stay the same when a file is altered, by alteration. This and
            all that follows needs audio; without it, it is empty or None.
        deletion: What masking the cells that a map highlights does.
        random_weights: Contributions under an encoder that has learned nothing.
        planted: Whether concepts are told of music that was synthesized to have them; None also
            for a model whose coordinates have no names.
    """

    queries: int
    named_share: NamedShare
    sum_errors: dict[str, SumError]
    erasing: AblationFigures
    rationale: Rationale
    claims: dict[str, Claims]
    specificity: Specificity
    stability: dict[str, "ReasonStability"] = field(default_factory=dict)
    deletion: "Deletion | None" = None
    random_weights: RandomWeights | None = None
    planted: "GroundTruth | None" = None


def evaluate_explanations(
    collection: Collection,
    rows: Int[np.ndarray, " chosen"],
    columns: Sequence[str] = (),
    on_progress: Progress | None = None,
) -> Explanations:
    """Explains the neighbors of some tracks, and checks the explanations; needs no audio.

    Args:
        collection: Neighbors come from all of it.
        rows: The queries; for claims, also the neighbors, so that neither was seen in training if
            the queries were not.
        columns: Columns whose labels tell whether what is said of concepts is true; those that
            say yes or no, for others tell only part of what is there.
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
        measure_named_share(
            pairs, embeddings, directions, shuffle_labels(embeddings, collection.features)
        ),
        _sum_errors(collection, pairs),
        measure_ablation(pairs, embeddings, directions, _controls(collection)),
        measure_rationales(pairs, embeddings, directions),
        {MEASURED: check_claims(unmeasured, as_measured(explainer.stats))}
        | {
            column: check_claims(unmeasured, by_truth(label_truths(collection, column)))
            for column in columns
            if is_yes_or_no(collection.tracks[column])
        },
        measure_specificity(pairs),
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
