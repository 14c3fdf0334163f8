"""Whether two columns go together: rank correlation, effect size, several tests at once."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata

from specrec.bootstrap import Estimate, correlation_items, correlations, interval, resampled_sums
from specrec.shapes import Float, Float64, Int


def rank_correlation(
    first: Float[np.ndarray, " tracks"],
    second: Float[np.ndarray, " tracks"],
    groups: Int[np.ndarray, " tracks"],
    seed: int = 0,
) -> tuple[Estimate, Float64[np.ndarray, " resamples"]]:
    """Spearman's correlation with a 95 % interval, and what resamples of groups give.

    Groups are resampled whole, since tracks of one group are similar (Field and Welsh 2007). A
    track keeps the rank that it has among all: what is resampled is a Pearson correlation of ranks,
    and a resample takes a sum over groups.

    Args:
        first: Finite values, one a track.
        second: Finite values, one a track.
        groups: Number of the group that each track belongs to.
        seed: Seed of the resamples.
    """
    x, y = (rankdata(column) for column in (first, second))
    _, codes = np.unique(groups, return_inverse=True)
    items = np.stack([np.bincount(codes, column) for column in correlation_items(x, y).T], axis=1)
    resampled = correlations(resampled_sums(items, seed))
    return interval(correlations(items.sum(axis=0)[None])[0], resampled), resampled


def cliffs_delta(high: Float[np.ndarray, " some"], low: Float[np.ndarray, " others"]) -> float:
    """Share of pairs of which the first is greater, less that of which it is smaller.

    Cliff 1993, "Dominance statistics"; from -1 to 1, by the ranks of Mann and Whitney's U.
    """
    ranks = rankdata(np.concatenate([high, low]))
    above = ranks[: len(high)].sum() - len(high) * (len(high) + 1) / 2
    return float(2 * above / (len(high) * len(low)) - 1)


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values of several tests, corrected for their number by Holm's method (1979)."""
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for place, number in enumerate(np.argsort(p_values, kind="stable")):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[number]))
        adjusted[number] = highest
    return adjusted
