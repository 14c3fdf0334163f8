"""Are the names of concepts true? Compares them with what people say of the tracks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from specrec.bootstrap import Estimate, interval
from specrec.concepts.labels import Truth, concepts_of_labels
from specrec.concepts.vocabulary import load_vocabulary
from specrec.errors import CatalogError, ModelError
from specrec.metrics import roc_auc
from specrec.recommend.collection import Collection
from specrec.shapes import Bool, Float, Int

FEWEST = 5
"""Least number of tracks with a concept, and of tracks without it, by which it is judged."""

_RESAMPLES = 1000


@dataclass(frozen=True)
class ConceptTruth:
    """How true a concept is of tracks that people have labeled.

    Attributes:
        concept: Name of the concept.
        column: Column of the labels.
        tracks: Number of tracks with a label.
        positive: Number of those that have the concept, by their labels.
        auc: Probability that a track with the concept scores higher than one without; the
            interval is from a bootstrap over artists.
        claimed: Number of tracks that are said to have it.
        right: Number of those that have it.
    """

    concept: str
    column: str
    tracks: int
    positive: int
    auc: Estimate
    claimed: int
    right: int


def judge_by_labels(
    collection: Collection, rows: Int[np.ndarray, " chosen"], columns: Sequence[str]
) -> list[ConceptTruth]:
    """Judges all concepts of which the labels in some columns say something.

    Args:
        collection: A library whose model has named coordinates.
        rows: The tracks by which to judge.
        columns: The columns of the labels.

    Raises:
        CatalogError: If a column is missing.
        ModelError: If the library's model names no concepts.
    """
    probe, tracks = collection.probe, collection.tracks.iloc[rows]
    if probe is None or not probe.coordinates:
        raise ModelError(
            "the library's model names no concepts; specrec index with model=specrec-base embeds it"
            " anew with one that does"
        )
    readings = probe.predict(np.asarray(collection.embeddings[rows]))
    usable = {item.feature.name: item for item in probe.usable()}
    artists = tracks["artist"].fillna(tracks["track_id"]).factorize()[0]
    judged = []
    for column in columns:
        truths = label_truths(collection, column)
        for name, (known, truth) in ((name, _at(rows, truths[name])) for name in truths):
            if name not in usable or min(truth.sum(), (known & ~truth).sum()) < FEWEST:
                continue
            scores, present = readings[name][known], usable[name].present
            said = np.zeros(len(scores), dtype=bool) if present is None else scores >= present
            judged.append(
                ConceptTruth(
                    name,
                    column,
                    int(known.sum()),
                    int(truth.sum()),
                    area(scores, truth[known], artists[known]),
                    int(said.sum()),
                    int((said & truth[known]).sum()),
                )
            )
    return judged


def label_truths(collection: Collection, column: str) -> dict[str, Truth]:
    """What the labels in a column say of concepts, by their columns, of all tracks.

    Raises:
        CatalogError: If the column is missing.
    """
    if column not in collection.tracks:
        raise CatalogError(f"{collection.folder}: no column {column}")
    said = concepts_of_labels(collection.tracks[column], column, load_vocabulary())
    return {name: (known, has) for name, known, has in said}


def _at(rows: Int[np.ndarray, " chosen"], truth: Truth) -> Truth:
    known, has = truth
    return known[rows], has[rows]


def area(
    scores: Float[np.ndarray, " tracks"],
    truth: Bool[np.ndarray, " tracks"],
    groups: Int[np.ndarray, " tracks"],
) -> Estimate:
    """Computes the area under the ROC curve, with an interval from a bootstrap over groups."""
    rng = np.random.default_rng(0)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    drawn = []
    for _ in range(_RESAMPLES):
        chosen = np.concatenate([members[at] for at in rng.integers(0, len(members), len(members))])
        drawn.append(roc_auc(scores[chosen], truth[chosen]))
    return interval(roc_auc(scores, truth), np.array(drawn))
