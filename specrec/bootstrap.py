"""The bootstrap (Efron 1979): figures with 95 % percentile intervals."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from specrec.shapes import Float, Float32, Float64, Int, Shaped

_RESAMPLES = 2000
_BLOCK = 200  # resamples summed at once


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % bootstrap interval.

    Attributes:
        value: The figure.
        low: Lower end of the interval.
        high: Upper end.
    """

    value: float
    low: float
    high: float


def interval(value: float, resampled: Float[np.ndarray, " resamples"]) -> Estimate:
    """Makes an estimate from a figure and its values on resamples, leaving out NaN.

    >>> interval(2.0, np.array([1.0, 2.0, 3.0, np.nan]))
    Estimate(value=2.0, low=1.05, high=2.95)
    """
    low, high = np.nanpercentile(resampled, [2.5, 97.5])
    return Estimate(float(value), float(low), float(high))


def resampled_sums(
    items: Float[np.ndarray, "items figures"], seed: int = 0
) -> Float64[np.ndarray, "resamples figures"]:
    """Computes sums over resamples, each of which draws all items with replacement.

    Every function of sums, such as a mean, a ratio of means or a correlation, can be resampled in
    this way. The same number of items and the same seed give the same draws, so that several
    systems can be compared on the same items.

    Args:
        items: What each item, or cluster of items, adds to each sum.
        seed: Seed of the random draws.
    """
    drawn = _draws(len(items), seed)
    blocks = [drawn[start : start + _BLOCK] @ items for start in range(0, _RESAMPLES, _BLOCK)]
    return np.concatenate(blocks).astype(np.float64)


@lru_cache(maxsize=2)  # the figures of one evaluation share their items
def _draws(count: int, seed: int) -> Float32[np.ndarray, "resamples items"]:
    """Draws how often each resample holds each item."""
    shares = np.full(count, 1 / count)
    rng = np.random.default_rng(seed)
    return rng.multinomial(count, shares, size=_RESAMPLES).astype(np.float32)


def correlation_items(
    first: Float[np.ndarray, " items"], second: Float[np.ndarray, " items"]
) -> Float64[np.ndarray, "items 6"]:
    """Computes what each item adds to the sums from which `correlations` are computed."""
    x, y = first - first.mean(), second - second.mean()  # small numbers are rounded less
    return np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=1)


def correlations(sums: Float64[np.ndarray, "samples 6"]) -> Float64[np.ndarray, " samples"]:
    """Computes Pearson's correlations from sums of 1, x, y, xx, yy, xy; 0 without variance."""
    n, x, y, xx, yy, xy = sums.T
    spread = np.sqrt(np.maximum(n * xx - x * x, 0.0) * np.maximum(n * yy - y * y, 0.0))
    found: np.ndarray = np.divide(n * xy - x * y, spread, out=np.zeros_like(n), where=spread > 0)
    return found


def estimate_mean(
    values: Shaped[np.ndarray, " values"], clusters: Int[np.ndarray, " values"] | None = None
) -> Estimate | None:
    """Estimates the mean of some values with its interval.

    >>> estimate_mean(np.array([1.0, 1.0, 1.0]))
    Estimate(value=1.0, low=1.0, high=1.0)

    Args:
        values: Numbers, or truth values for a share; NaN is left out.
        clusters: The number of each value's cluster, such as its query. Clusters are resampled
            whole, since their values are correlated (Field and Welsh 2007, "Bootstrapping
            clustered data"). None resamples the values.

    Returns:
        The estimate, or None if there are no values.
    """
    numbers = np.asarray(values, dtype=np.float64)
    clusters = np.arange(len(numbers)) if clusters is None else clusters
    kept = np.isfinite(numbers)
    if not kept.any():
        return None
    _, codes = np.unique(clusters[kept], return_inverse=True)
    sums, sizes = np.bincount(codes, numbers[kept]), np.bincount(codes)
    drawn = resampled_sums(np.stack([sums, sizes], axis=1))
    return interval(sums.sum() / sizes.sum(), drawn[:, 0] / drawn[:, 1])
