"""Means with bootstrap intervals, where several values belong to one query."""

import numpy as np
from jaxtyping import Float, Int, Shaped

from specrec.metrics import Estimate

_RESAMPLES = 2000


def estimate_mean(
    values: Shaped[np.ndarray, " values"], clusters: Int[np.ndarray, " values"] | None = None
) -> Estimate | None:
    """The mean of some values and its 95 % interval by the bootstrap (percentiles; Efron 1979).

    Args:
        values: Numbers, or truth values for a share; those that are NaN are left out.
        clusters: What each belongs to, such as its query. Clusters are resampled whole, since
            values of one are alike (Field and Welsh 2007, "Bootstrapping clustered data"); None
            resamples the values.

    Returns:
        None if there are no values.
    """
    numbers = np.asarray(values, dtype=np.float64)
    clusters = np.arange(len(numbers)) if clusters is None else clusters
    kept = np.isfinite(numbers)
    if not kept.any():
        return None
    _, codes = np.unique(clusters[kept], return_inverse=True)
    sums, sizes = np.bincount(codes, numbers[kept]), np.bincount(codes)
    means = _resampled(sums, sizes)
    low, high = np.percentile(means, [2.5, 97.5])
    return Estimate(float(sums.sum() / sizes.sum()), float(low), float(high))


def _resampled(
    sums: Float[np.ndarray, " clusters"], sizes: Int[np.ndarray, " clusters"]
) -> Float[np.ndarray, " resamples"]:
    rng, count = np.random.default_rng(0), len(sums)
    means = np.empty(_RESAMPLES)
    for resample in range(_RESAMPLES):
        drawn = rng.integers(count, size=count)
        means[resample] = sums[drawn].sum() / sizes[drawn].sum()
    return means
