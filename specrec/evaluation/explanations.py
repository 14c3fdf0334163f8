"""Are a library's explanations true? All that `specrec evaluate --explanations` measures."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int

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
    Erasing,
    Rationale,
    SumError,
    draw_isotropic,
    feature_totals,
    measure_erasing,
    measure_rationales,
    sum_error,
)
from specrec.evaluation.pairs import Explainer, Pair, query_of
from specrec.evaluation.resampling import estimate_mean
from specrec.explain.causal import draw_controls
from specrec.explain.decompose import by_window
from specrec.metrics import Estimate
from specrec.recommend.library import Library

Progress = Callable[[int, int], None]

QUERIES = 500
"""Queries whose neighbors are explained; of more, as many are drawn."""


@dataclass(frozen=True)
class Explanations:
    """How true the explanations of a library are.

    Attributes:
        queries: Number of queries; each has its nearest ten explained.
        sum_errors: How far each split is from adding up to the similarity, by its name.
        erasing: What erasing a cited group does.
        rationale: What erasing all cited groups does.
        claims: What the probe says of held-out tracks, held against what was measured.
        coverage: Of the probe's intervals of 90 % on the queries, by feature.
        specificity: Whether different matches get different reasons.
        explained_share: Mean share of the similarity that named features add up to.
    """

    queries: int
    sum_errors: dict[str, SumError]
    erasing: Erasing
    rationale: Rationale
    claims: Claims
    coverage: dict[str, Estimate]
    specificity: Specificity
    explained_share: Estimate | None


def evaluate_explanations(
    library: Library, rows: Int[np.ndarray, " chosen"], on_explain: Progress | None = None
) -> Explanations:
    """Explains the neighbors of some tracks, and checks what is said.

    Args:
        library: Neighbors come from all of it.
        rows: The queries; for claims, also the neighbors, so that neither was seen in training if
            the queries were not.
        on_explain: Called after each query.

    Raises:
        ModelError: If the library has no probe, or none that predicts anything well enough.
    """
    probe = library.probe
    if probe is None or not probe.usable():
        raise ModelError(
            f"{library.folder}: no probe, so there are no explanations to measure; index it with a"
            " model that has one"
        )
    explainer = Explainer(
        library.embeddings, library.readings, library.directions, library.controls
    )
    queries = _sample(rows, QUERIES)
    steps = 2 * len(queries)

    def show(first: int) -> Progress:
        return lambda done, _: on_explain(first + done, steps) if on_explain else None

    pairs = explainer.pairs(queries, on_progress=show(0))
    unmeasured = hide_measured(explainer).pairs(queries, rows, show(len(queries)))
    similarities = _searched(library, pairs)
    sizes = np.bincount(library.directions.groups).tolist()
    return Explanations(
        len(queries),
        {
            "features": sum_error(
                feature_totals(pairs, library.embeddings, library.directions), similarities
            ),
            "windows": sum_error(_window_totals(library, pairs), similarities),
        },
        measure_erasing(
            pairs,
            library.embeddings,
            library.directions,
            draw_controls(library.embeddings, library.directions, seed=1),
            draw_isotropic(sizes, library.embeddings.shape[1]),
        ),
        measure_rationales(pairs, library.embeddings, library.directions),
        check_claims(unmeasured, library.readings),
        measure_coverage(probe, library.embeddings, library.features, rows),
        measure_specificity(pairs),
        _explained_share(pairs),
    )


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
