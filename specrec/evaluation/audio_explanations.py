"""Are a library's explanations true? The checks for which the tracks' audio is read again."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from specrec.audio.loading import load
from specrec.audio.waveform import Waveform
from specrec.evaluation.baselines import baseline_extractors
from specrec.evaluation.deletion import measure_deletion
from specrec.evaluation.explanations import Explanations, sample_rows
from specrec.evaluation.extraction import extract
from specrec.evaluation.faithfulness import SumError, sum_error
from specrec.evaluation.pairs import nearest
from specrec.evaluation.randomization import compare_weights
from specrec.evaluation.reason_stability import measure_reason_stability
from specrec.model.attribution import map_cells
from specrec.progress import Progress
from specrec.recommend.collection import Collection
from specrec.shapes import Float, Float32, Int
from specrec.vectors import unit

AUDIO_QUERIES = 30
"""Queries whose files are read again."""
MASKED_QUERIES = 20
"""How many of these queries have cells masked."""
EXCERPT_SECONDS = 20.0
"""Length of the part that is masked, from the middle of a track."""


def evaluate_with_audio(
    collection: Collection,
    rows: Int[np.ndarray, " chosen"],
    found: Explanations,
    on_alter: Progress | None = None,
    on_mask: Progress | None = None,
) -> Explanations:
    """Reads the files of some tracks again, and adds what they show to what was found without.

    Args:
        collection: A library with a probe.
        rows: The queries; of more than `AUDIO_QUERIES`, as many are drawn.
        found: What `evaluate_explanations` returned.
        on_alter: Called after each file that was altered.
        on_mask: Called after each file whose cells were masked.

    Raises:
        ModelError: If the library's model is gone.
        AudioError: If a file that was indexed can't be decoded any more.
    """
    encoder, embeddings = collection.model.encoder, collection.embeddings
    queries = sample_rows(rows, AUDIO_QUERIES)
    masked = queries[:MASKED_QUERIES]
    # What a table gave does not change with the sound.
    measured = frozenset(map(str, collection.generation.descriptors.columns)) - set(
        collection.tracks.columns
    )
    untrained = {"untrained": baseline_extractors(encoder)["untrained"]}
    return replace(
        found,
        sum_errors=found.sum_errors | {"cells": _cell_error(collection, masked)},
        stability=measure_reason_stability(
            collection.explainer, encoder, queries, _files(collection, queries), measured, on_alter
        ),
        deletion=measure_deletion(encoder, _excerpts(collection, masked), on_mask),
        random_weights=compare_weights(
            np.asarray(embeddings[queries]),
            extract(_files(collection, queries), untrained)["untrained"],
            collection.explainer.directions,
        ),
    )


def _files(collection: Collection, rows: Int[np.ndarray, " rows"]) -> list[Path]:
    return [collection.audio_root / path for path in collection.tracks["path"].iloc[rows]]


def _cell_error(collection: Collection, rows: Int[np.ndarray, " rows"]) -> SumError:
    """Maps each query against its nearest neighbor; their product as stored is the similarity."""
    totals, similarities = [], []
    for row, path in zip(rows.tolist(), _files(collection, rows), strict=True):
        neighbor = collection.embeddings[nearest(collection.embeddings, row)[0]]
        waveform = load(path, collection.model.encoder.front_end.sample_rate)
        totals.append(map_cells(collection.model.encoder, waveform, neighbor).similarity)
        similarities.append(unit(collection.embeddings[row]) @ unit(neighbor))
    return sum_error(np.array(totals), np.array(similarities))


def _excerpts(
    collection: Collection, rows: Int[np.ndarray, " rows"]
) -> list[tuple[Waveform, Float32[np.ndarray, " dim"]]]:
    """Part of each track's audio, and the embedding of its nearest neighbor."""
    excerpts, sample_rate = [], collection.model.encoder.front_end.sample_rate
    lengths = collection.tracks["duration_seconds"].iloc[rows]
    for row, path, seconds in zip(rows.tolist(), _files(collection, rows), lengths, strict=True):
        start = max(0.0, (seconds - EXCERPT_SECONDS) / 2)
        waveform = load(path, sample_rate, start, EXCERPT_SECONDS)
        neighbor: Float[np.ndarray, " dim"] = collection.embeddings[
            nearest(collection.embeddings, row)[0]
        ]
        excerpts.append((waveform, neighbor))
    return excerpts
