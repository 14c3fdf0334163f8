"""Whether two columns go together: rank correlation, effect size, several tests at once."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float32, Float64, Int
from scipy.stats import rankdata

from specrec.metrics import Estimate

_RESAMPLES = 2000


def rank_correlation(
    first: Float[np.ndarray, " tracks"],
    second: Float[np.ndarray, " tracks"],
    groups: Int[np.ndarray, " tracks"],
    seed: int = 0,
) -> tuple[Estimate, Float64[np.ndarray, " resamples"]]:
    """Spearman's correlation with a 95 % interval, and what resamples of groups give.

    Groups are resampled whole, since tracks of one are alike (Field and Welsh 2007). A track
    keeps the rank that it has among all: what is resampled is a Pearson correlation of ranks,
    and a resample takes a sum over groups.

    Args:
        first: Finite values.
        second: Likewise.
        groups: What each track belongs to.
        seed: Of the resamples.
    """
    x, y = (rankdata(column) - (len(column) + 1) / 2 for column in (first, second))
    _, codes = np.unique(groups, return_inverse=True)
    moments = np.stack(
        [np.bincount(codes, column) for column in (np.ones_like(x), x, y, x * x, y * y, x * y)],
        axis=1,
    )
    resampled = _correlation(_draws(len(moments), seed) @ moments)
    low, high = np.percentile(resampled, [2.5, 97.5])
    value = float(_correlation(moments.sum(axis=0)[None])[0])
    return Estimate(value, float(low), float(high)), resampled


@lru_cache(maxsize=1)  # the claims of a catalog share its groups
def _draws(groups: int, seed: int) -> Float32[np.ndarray, "resamples groups"]:
    """How often each resample holds each group."""
    shares = np.full(groups, 1 / groups)
    drawn = np.random.default_rng(seed).multinomial(groups, shares, size=_RESAMPLES)
    return drawn.astype(np.float32)


def _correlation(moments: Float64[np.ndarray, "samples 6"]) -> Float64[np.ndarray, " samples"]:
    """Pearson's from sums of 1, x, y, xx, yy and xy; 0 where a column does not vary."""
    n, x, y, xx, yy, xy = moments.T
    spread = np.sqrt(np.maximum(n * xx - x * x, 0.0) * np.maximum(n * yy - y * y, 0.0))
    found: np.ndarray = np.divide(n * xy - x * y, spread, out=np.zeros_like(n), where=spread > 0)
    return found


def cliffs_delta(high: Float[np.ndarray, " some"], low: Float[np.ndarray, " others"]) -> float:
    """Share of pairs of which the first is greater, less that of which it is smaller.

    Cliff 1993, "Dominance statistics"; from -1 to 1, by the ranks of Mann and Whitney's U.
    """
    ranks = rankdata(np.concatenate([high, low]))
    above = ranks[: len(high)].sum() - len(high) * (len(high) + 1) / 2
    return float(2 * above / (len(high) * len(low)) - 1)


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values of several tests, raised such that any error at all is as rare as one's (1979)."""
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for place, number in enumerate(np.argsort(p_values, kind="stable")):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[number]))
        adjusted[number] = highest
    return adjusted
