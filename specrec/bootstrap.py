"""Figures with their uncertainty: the bootstrap (Efron 1979), percentile intervals of 95 %."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float32, Float64, Int, Shaped

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
    """An estimate, from a figure and the same figure of resamples; those that are NaN are left out.

    >>> interval(2.0, np.array([1.0, 2.0, 3.0, np.nan]))
    Estimate(value=2.0, low=1.05, high=2.95)
    """
    low, high = np.nanpercentile(resampled, [2.5, 97.5])
    return Estimate(float(value), float(low), float(high))


def resampled_sums(
    items: Float[np.ndarray, "items figures"], seed: int = 0
) -> Float64[np.ndarray, "resamples figures"]:
    """Sums over resamples, each of which draws as many items as there are, with replacement.

    Whatever is a function of sums, such as a mean, a ratio of means or a correlation, is
    resampled in this way. The same number of items and the same seed give the same draws, so that
    figures of several systems over the same items can be compared.

    Args:
        items: What each item, or cluster of items, adds to each sum.
        seed: Of the draws.
    """
    drawn = _draws(len(items), seed)
    blocks = [drawn[start : start + _BLOCK] @ items for start in range(0, _RESAMPLES, _BLOCK)]
    return np.concatenate(blocks).astype(np.float64)


@lru_cache(maxsize=2)  # the figures of one evaluation share their items
def _draws(count: int, seed: int) -> Float32[np.ndarray, "resamples items"]:
    """How often each resample holds each item."""
    shares = np.full(count, 1 / count)
    rng = np.random.default_rng(seed)
    return rng.multinomial(count, shares, size=_RESAMPLES).astype(np.float32)


def correlation_items(
    first: Float[np.ndarray, " items"], second: Float[np.ndarray, " items"]
) -> Float64[np.ndarray, "items 6"]:
    """What each item adds to the sums of which `correlations` makes Pearson's."""
    x, y = first - first.mean(), second - second.mean()  # small numbers are rounded less
    return np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=1)


def correlations(sums: Float64[np.ndarray, "samples 6"]) -> Float64[np.ndarray, " samples"]:
    """Pearson's correlations from sums of 1, x, y, xx, yy and xy; 0 where one does not vary."""
    n, x, y, xx, yy, xy = sums.T
    spread = np.sqrt(np.maximum(n * xx - x * x, 0.0) * np.maximum(n * yy - y * y, 0.0))
    found: np.ndarray = np.divide(n * xy - x * y, spread, out=np.zeros_like(n), where=spread > 0)
    return found


def estimate_mean(
    values: Shaped[np.ndarray, " values"], clusters: Int[np.ndarray, " values"] | None = None
) -> Estimate | None:
    """The mean of some values and its interval.

    Args:
        values: Numbers, or truth values for a share; those that are NaN are left out.
        clusters: What each value belongs to, such as its query. Clusters are resampled whole,
            since values of one are alike (Field and Welsh 2007, "Bootstrapping clustered data").
            None resamples the values.

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
