"""Are a library's explanations true? All that `specrec evaluate --explanations` measures."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32, Float64, Int

from specrec.audio.loading import load
from specrec.audio.waveform import Waveform
from specrec.errors import ModelError
from specrec.evaluation.claims import (
    Claims,
    Specificity,
    check_claims,
    hide_measured,
    measure_coverage,
    measure_specificity,
)
from specrec.evaluation.deletion import Deletion, measure_deletion
from specrec.evaluation.extraction import extract
from specrec.evaluation.faithfulness import (
    Erasing,
    Rationale,
    SumError,
    draw_isotropic,
    draw_like_tracks,
    feature_totals,
    measure_erasing,
    measure_rationales,
    sum_error,
)
from specrec.evaluation.pairs import Explainer, Pair, nearest, query_of
from specrec.evaluation.planted import Planted, measure_planted
from specrec.evaluation.randomization import (
    RandomWeights,
    ShuffledProbe,
    compare_weights,
    shuffle_labels,
)
from specrec.evaluation.reason_stability import ReasonStability, measure_reason_stability
from specrec.evaluation.resampling import estimate_mean
from specrec.explain.causal import Controls, draw_controls
from specrec.explain.cells import map_cells
from specrec.explain.decompose import by_window
from specrec.metrics import Estimate
from specrec.recommend.library import Library

Progress = Callable[[int, int], None]

QUERIES = 500
"""Queries whose neighbors are explained; of more, as many are drawn."""
LISTENED = 30
"""Queries whose files are read again."""
MASKED = 20
"""Of these, how many have cells masked."""
EXCERPT_SECONDS = 20.0
"""From the middle of their tracks."""


@dataclass(frozen=True)
class Explanations:
    """How true the explanations of a library are.

    Attributes:
        queries: Number of queries; each has its nearest ten explained.
        explained_share: Mean share of the similarity that named features add up to.
        sum_errors: How far each split is from adding up to the similarity, by its name.
        erasing: What erasing a cited group does.
        rationale: What erasing all cited groups does.
        claims: What the probe says of held-out tracks, held against what was measured.
        coverage: Of the probe's intervals of 90 % on the queries, by feature.
        specificity: Whether different matches get different reasons.
        stability: What stays of the reasons when a file is altered, by alteration.
        deletion: What masking the cells does that a map names.
        shuffled_probe: A probe of shuffled labels; None if too little is known to fit one.
        random_weights: Contributions under an encoder that has learned nothing.
        planted: Whether the factor that synthesized pairs share is named.
    """

    queries: int
    explained_share: Estimate | None
    sum_errors: dict[str, SumError]
    erasing: Erasing
    rationale: Rationale
    claims: Claims
    coverage: dict[str, Estimate]
    specificity: Specificity
    stability: dict[str, ReasonStability]
    deletion: Deletion
    shuffled_probe: ShuffledProbe | None
    random_weights: RandomWeights
    planted: Planted


def evaluate_explanations(
    library: Library,
    rows: Int[np.ndarray, " chosen"],
    on_explain: Progress | None = None,
    on_listen: Progress | None = None,
    on_mask: Progress | None = None,
    on_plant: Progress | None = None,
) -> Explanations:
    """Explains the neighbors of some tracks, and checks what is said.

    Args:
        library: Neighbors come from all of it.
        rows: The queries; for claims, also the neighbors, so that neither was seen in training if
            the queries were not.
        on_explain: Called after each query that is explained.
        on_listen: Called after each whose file is altered and read again.
        on_mask: Called after each of which cells are masked.
        on_plant: Called while tracks are synthesized, embedded and measured.

    Raises:
        ModelError: If the library has no probe, or none that predicts anything well enough, or its
            model is gone.
        AudioError: If a file that was indexed can't be decoded any more.
    """
    probe = library.probe
    if probe is None or not probe.usable():
        raise ModelError(
            f"{library.folder}: no probe, so there are no explanations to measure; index it with a"
            " model that has one"
        )
    encoder = library.encoder
    embeddings, directions = library.embeddings, library.directions
    explainer = Explainer(embeddings, library.readings, directions, library.controls)
    queries = _sample(rows, QUERIES)
    pairs = explainer.pairs(queries, on_progress=on_explain)
    unmeasured = hide_measured(explainer).pairs(queries, rows)
    listened = _sample(queries, LISTENED)
    return Explanations(
        len(queries),
        _explained_share(pairs),
        _sum_errors(library, pairs) | {"cells": _cell_error(library, listened[:MASKED])},
        measure_erasing(pairs, embeddings, directions, _controls(library)),
        measure_rationales(pairs, embeddings, directions),
        check_claims(unmeasured, library.readings),
        measure_coverage(probe, embeddings, library.features, queries),
        measure_specificity(pairs),
        measure_reason_stability(
            explainer, encoder, listened, _files(library, listened), _measured(library), on_listen
        ),
        measure_deletion(encoder, _excerpts(library, listened[:MASKED]), on_mask),
        shuffle_labels(embeddings, library.features),
        compare_weights(
            np.asarray(embeddings[listened]), _untrained(library, listened), directions
        ),
        measure_planted(encoder, probe, on_progress=on_plant),
    )


def _controls(library: Library) -> dict[str, Controls]:
    """Random subspaces, from those by whose kind a cause is told to the strictest and weakest."""
    embeddings, directions = library.embeddings, library.directions
    return {
        "as variable as the group": draw_controls(embeddings, directions, seed=1),
        "combinations of tracks": draw_like_tracks(embeddings, directions),
        "isotropic": draw_isotropic(directions),
    }


def _files(library: Library, rows: Int[np.ndarray, " rows"]) -> list[Path]:
    return [library.audio_root / path for path in library.tracks["path"].iloc[rows]]


def _excerpts(
    library: Library, rows: Int[np.ndarray, " rows"]
) -> list[tuple[Waveform, Float32[np.ndarray, " dim"]]]:
    """Part of each track's audio, and the embedding of its nearest neighbor."""
    lengths = library.tracks["duration_seconds"].iloc[rows]
    excerpts = []
    for row, path, seconds in zip(rows.tolist(), _files(library, rows), lengths, strict=True):
        start = max(0.0, (seconds - EXCERPT_SECONDS) / 2)
        waveform = load(path, library.encoder.front_end.sample_rate, start, EXCERPT_SECONDS)
        (nearest_row, *_) = nearest(library.embeddings, row)
        excerpts.append((waveform, library.embeddings[nearest_row]))
    return excerpts


def _cell_error(library: Library, rows: Int[np.ndarray, " rows"]) -> SumError:
    """How well the cells of whole tracks add up to their similarity with the nearest neighbor."""
    totals, similarities = [], []
    for row, path in zip(rows.tolist(), _files(library, rows), strict=True):
        (neighbor,) = library.neighbors(str(library.tracks["track_id"].iloc[row]), 1)
        other = library.embeddings[library.row_of(str(neighbor.track.track_id))]
        waveform = load(path, library.encoder.front_end.sample_rate)
        totals.append(map_cells(library.encoder, waveform, other).similarity)
        similarities.append(neighbor.similarity)
    return sum_error(np.array(totals), np.array(similarities))


def _measured(library: Library) -> frozenset[str]:
    """The features that were measured, and that no table gave."""
    return frozenset(map(str, library.descriptors.columns)) - set(map(str, library.tracks.columns))


def _untrained(library: Library, rows: Int[np.ndarray, " rows"]) -> Float[np.ndarray, "rows dim"]:
    from specrec.evaluation.baselines import baseline_extractors

    extractor = baseline_extractors(library.encoder)["untrained"]
    return extract(_files(library, rows), {"untrained": extractor})["untrained"]


def _sum_errors(library: Library, pairs: list[Pair]) -> dict[str, SumError]:
    similarities = _searched(library, pairs)
    by_feature = feature_totals(pairs, library.embeddings, library.directions)
    return {
        "features": sum_error(by_feature, similarities),
        "windows": sum_error(_window_totals(library, pairs), similarities),
    }


def _sample(rows: Int[np.ndarray, " rows"], most: int, seed: int = 0) -> Int[np.ndarray, " some"]:
    """Some of the rows, or all where there are few, in their order."""
    drawn = np.random.default_rng(seed).permutation(len(rows))[:most]
    return rows[np.sort(drawn)]


def _searched(library: Library, pairs: list[Pair]) -> Float64[np.ndarray, " pairs"]:
    """The similarities that a search of the library gives."""
    found: dict[tuple[int, int], float] = {}
    for query in np.unique(query_of(pairs)):
        own = [pair for pair in pairs if pair.query == query]
        for neighbor in library.neighbors(str(library.tracks["track_id"].iloc[query]), len(own)):
            found[int(query), library.row_of(str(neighbor.track.track_id))] = neighbor.similarity
    exact = [found.get((pair.query, pair.neighbor), pair.explanation.similarity) for pair in pairs]
    return np.array(exact)


def _window_totals(library: Library, pairs: list[Pair]) -> Float64[np.ndarray, " pairs"]:
    """The mean over all pairs of windows."""
    starts = library.tracks["first_window"].to_numpy()
    ends = starts + library.tracks["window_count"].to_numpy()
    totals = []
    for pair in pairs:
        query, neighbor = (
            library.windows[starts[row] : ends[row]] for row in (pair.query, pair.neighbor)
        )
        embeddings = library.embeddings[pair.query], library.embeddings[pair.neighbor]
        totals.append(by_window(query, neighbor, *embeddings).mean())
    return np.array(totals)


def _explained_share(pairs: list[Pair]) -> Estimate | None:
    shares = [
        1 - pair.explanation.residual / pair.explanation.similarity
        for pair in pairs
        if pair.explanation.similarity > 0
    ]
    queries = [pair.query for pair in pairs if pair.explanation.similarity > 0]
    return estimate_mean(np.array(shares), np.array(queries, dtype=np.int64))
