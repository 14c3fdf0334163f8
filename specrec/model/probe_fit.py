"""Fits a probe in closed form, and measures it on tracks of unseen groups."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from specrec.bootstrap import Estimate, correlation_items, correlations, interval, resampled_sums
from specrec.descriptors.features import FEATURES, Feature
from specrec.errors import CatalogError
from specrec.model.probe import Probe, ProbedFeature
from specrec.shapes import Bool, Float, Float64, Int

FOLDS = 5
FEWEST = 40
"""Least number of tracks with a known value for which a feature is fitted."""
COVERAGE = 0.9
"""Share of the true values that an interval should hold."""

_STRENGTHS = 10.0 ** np.arange(-4, 3.5, 0.5)

Matrix = Float[np.ndarray, "tracks columns"]


def fit_probe(
    embeddings: Float[np.ndarray, "tracks dim"],
    table: pd.DataFrame,
    groups: Int[np.ndarray, " tracks"],
    fingerprint: str,
    held_out: Bool[np.ndarray, " tracks"] | None = None,
    source: dict[str, Any] | None = None,
) -> Probe:
    """Fits a ridge regression for each feature in a table, and measures its accuracy.

    The strength of the penalty is chosen by cross-validation whose folds keep groups whole. The
    accuracy is measured on held-out tracks, or else by an outer cross-validation of the same kind;
    the width of the interval always by the outer one over the tracks that are not held out, as
    their residual at rank (1 - error)(n + 1) (conformal prediction: Vovk et al. 2005; with
    folds: Barber et al. 2021, "Predictive inference with the jackknife+").

    Args:
        embeddings: Centered embeddings of the tracks.
        table: Features of the tracks, one row each; NaN where unknown. Columns without a
            feature's name are ignored.
        groups: Number of each track's group (artist, album, source), which stays in one fold.
        fingerprint: Fingerprint of the model that made the embeddings.
        held_out: Which tracks are used for measuring only; None for none.
        source: Source of the tracks and their values, as plain values.

    Raises:
        CatalogError: If no feature is known for `FEWEST` tracks of several groups.
    """
    held_out = np.zeros(len(groups), dtype=bool) if held_out is None else held_out
    features, weights, biases, spreads = [], [], [], []
    for name in (name for name in FEATURES if name in table):
        feature = FEATURES[name]
        values = pd.to_numeric(table[name], errors="coerce").to_numpy(np.float64, na_value=np.nan)
        fit, test = np.isfinite(values) & ~held_out, np.isfinite(values) & held_out
        if fit.sum() < FEWEST or len(np.unique(groups[fit])) < 2 or np.ptp(values[fit]) == 0:
            continue
        truth = feature.to_scale(values)
        weight, bias, strength = ridge(embeddings[fit], truth[fit], groups[fit])
        unseen = cross_predict(embeddings[fit], truth[fit], groups[fit])
        interval = conformal_width(errors_on_scale(feature, unseen, truth[fit]))
        if test.any():
            figures = measure(feature, embeddings[test] @ weight.T + bias, truth[test])
        else:
            figures = measure(feature, unseen, truth[fit])
        count = int(test.sum() or fit.sum())
        features.append(ProbedFeature(feature, *figures, interval, count, int(fit.sum()), strength))
        weights.append(weight)
        biases.append(bias)
        spreads.append(truth[fit].std(axis=0))
    if not features:
        raise CatalogError(
            f"no feature is known for {FEWEST} tracks of several groups;"
            f" a table may bring columns such as {', '.join(list(FEATURES)[:4])}"
        )
    return Probe(
        fingerprint,
        tuple(features),
        np.concatenate(weights).astype(np.float32),
        np.concatenate(biases).astype(np.float32),
        np.concatenate(spreads).astype(np.float32),
        source or {},
    )


def ridge(
    vectors: Float[np.ndarray, "tracks dim"], truth: Matrix, groups: Int[np.ndarray, " tracks"]
) -> tuple[Float[np.ndarray, "columns dim"], Float[np.ndarray, " columns"], float]:
    """Fits a ridge with a free intercept; the strength is chosen by cross-validation over groups.

    Hoerl and Kennard 1970, "Ridge regression". The penalty is strength times the mean variance
    of the vectors' dimensions times the number of tracks.

    Returns:
        Weights, biases and the strength of the penalty.
    """
    errors = np.zeros(len(_STRENGTHS))
    for train, test in group_folds(groups):
        for place, (weight, bias) in enumerate(_solve(vectors[train], truth[train], _STRENGTHS)):
            errors[place] += np.square(vectors[test] @ weight.T + bias - truth[test]).sum()
    strength = _STRENGTHS[errors.argmin()]
    ((weight, bias),) = _solve(vectors, truth, np.array([strength]))
    return weight, bias, float(strength)


def cross_predict(
    vectors: Float[np.ndarray, "tracks dim"], truth: Matrix, groups: Int[np.ndarray, " tracks"]
) -> Matrix:
    """Predicts each track by a ridge that was fitted without its group."""
    predicted = np.full_like(truth, np.nan)
    for train, test in group_folds(groups):
        weight, bias, _ = ridge(vectors[train], truth[train], groups[train])
        predicted[test] = vectors[test] @ weight.T + bias
    return predicted


def group_folds(
    groups: Int[np.ndarray, " tracks"],
) -> Iterator[tuple[Bool[np.ndarray, " tracks"], Bool[np.ndarray, " tracks"]]]:
    """Yields up to `FOLDS` splits into train and test; a group is in the test set of exactly one.

    Groups are assigned by size, the largest first, each to the smallest fold.
    """
    names, codes, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    folds = min(FOLDS, len(names))
    if folds < 2:  # one group alone: nothing better than to leave tracks out
        codes, sizes = np.arange(len(groups)), np.ones(len(groups), dtype=int)
        folds = min(FOLDS, len(groups))
    filled, fold_of = np.zeros(folds, dtype=int), np.zeros(len(sizes), dtype=int)
    for group in np.argsort(-sizes, kind="stable"):
        fold_of[group] = filled.argmin()
        filled[fold_of[group]] += sizes[group]
    for fold in range(folds):
        test = fold_of[codes] == fold
        yield ~test, test


def errors_on_scale(
    feature: Feature, predicted: Matrix, truth: Matrix
) -> Float[np.ndarray, " tracks"]:
    """Computes errors of predictions, on the scale or in steps on the circle of fifths."""
    if feature.scale == "circular":
        angle = np.arctan2(predicted[:, 1], predicted[:, 0]) - np.arctan2(truth[:, 1], truth[:, 0])
        steps: np.ndarray = np.abs(np.angle(np.exp(1j * angle))) / (2 * np.pi) * 12
        return steps
    off: np.ndarray = np.abs(predicted - truth)[:, 0]
    return off


def conformal_width(errors: Float[np.ndarray, " tracks"]) -> float:
    """Finds the error that a new track exceeds with a probability of at most 1 - `COVERAGE`."""
    rank = int(np.ceil(COVERAGE * (len(errors) + 1)))
    return float(np.sort(errors)[min(rank, len(errors)) - 1])


def measure(
    feature: Feature, predicted: Matrix, truth: Matrix
) -> tuple[Estimate, Estimate, Estimate]:
    """Computes R2 on the scale, rank correlation, and mean absolute error in the unit.

    R2 is 1 - (squared error of the prediction) / (squared error of the tracks' own mean), summed
    over the columns of the scale. Intervals are from a bootstrap over tracks.
    """
    squared = np.square(predicted - truth).sum(axis=1)
    if feature.scale == "circular":
        off = errors_on_scale(feature, predicted, truth)
        angle_cosines = np.cos(off / 12 * 2 * np.pi)
    else:
        off = np.abs(feature.from_scale(predicted) - feature.from_scale(truth))
        angle_cosines = np.zeros(0)
    ranks = (rankdata(predicted[:, 0]), rankdata(truth[:, 0]))
    order_items = angle_cosines[:, None] if len(angle_cosines) else correlation_items(*ranks)
    own_errors = np.column_stack([squared, off, np.square(truth).sum(axis=1), truth])
    items = np.column_stack([own_errors, order_items])

    def figures(sums: Float64[np.ndarray, "samples sums"]) -> Float64[np.ndarray, "samples 3"]:
        errors, order = np.split(sums, [own_errors.shape[1]], axis=1)
        error, total_off, power, *totals = errors.T
        spread = power - np.square(totals).sum(axis=0) / len(truth)
        constant = spread <= 1e-12 * power
        r2 = np.where(constant, np.nan, 1 - error / np.where(constant, 1.0, spread))
        order = order[:, 0] / len(truth) if len(angle_cosines) else correlations(order)
        return np.stack([r2, order, total_off / len(truth)], axis=1)

    values, drawn = figures(items.sum(axis=0)[None])[0], figures(resampled_sums(items))
    r2, spearman, mae = (interval(value, own) for value, own in zip(values, drawn.T, strict=True))
    return r2, spearman, mae


def _solve(
    vectors: Float[np.ndarray, "tracks dim"],
    truth: Matrix,
    strengths: Float[np.ndarray, " strengths"],
) -> Iterator[tuple[Float[np.ndarray, "columns dim"], Float[np.ndarray, " columns"]]]:
    """Yields weights and biases for each strength, from one decomposition of the covariance."""
    mean, level = vectors.mean(axis=0, dtype=np.float64), truth.mean(axis=0)
    centered = vectors.astype(np.float64) - mean
    variances, axes = np.linalg.eigh(centered.T @ centered / len(vectors))
    along = axes.T @ centered.T @ (truth - level) / len(vectors)
    for strength in strengths:
        penalty = strength * max(variances.mean(), np.finfo(np.float64).tiny)
        weight = (axes @ (along / (np.maximum(variances, 0) + penalty)[:, None])).T
        yield weight, level - weight @ mean
