"""How well tracks fall into k clusters, and whether they would again."""

from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import ThreadpoolController

from specrec.shapes import Float64, Int, Int64
from specrec.study.dataset import Space
from specrec.vectors import unit

if TYPE_CHECKING:
    from sklearn.cluster import KMeans

STABLE = 0.75
"""Adjusted Rand index over resampled fits from which clusters count as stable."""

SUBSTANTIAL = 0.25
"""Mean silhouette below which there is no substantial structure (Kaufman and Rousseeuw 1990)."""

CLEAR = 0.05
"""Least gain of silhouette over data without clusters from which the structure is clear."""

SILHOUETTES = 2000
"""Tracks whose silhouettes are taken; of more, a sample."""

_STARTS = 10
_RESTARTS = 3  # of each refit
_REFITS = 5


@dataclass(frozen=True)
class Criterion:
    """How well the tracks fall into k clusters.

    Attributes:
        k: Number of clusters.
        silhouette: Mean over tracks (Rousseeuw 1987), from -1 to 1; 1 for far, tight clusters.
        without: Silhouette of as many points of one normal distribution of the same mean and
            covariance, which has no clusters (a reference as in the gap statistic).
        reseeded: Mean adjusted Rand index (Hubert and Arabie 1985) of the clusters and those from
            other random starts: 1 for the same clusters, 0 for chance.
        resampled: Mean adjusted Rand index of the clusters and those whose centers are fitted to
            bootstrap samples of the tracks.
        smallest: Number of tracks in the smallest cluster, of those that are fitted.
    """

    k: int
    silhouette: float
    without: float
    reseeded: float
    resampled: float
    smallest: int

    @property
    def gain(self) -> float:
        """By how much the silhouette is above that of data without clusters."""
        return self.silhouette - self.without

    @property
    def convincing(self) -> bool:
        """Whether there is a clear cluster structure."""
        return self.silhouette >= SUBSTANTIAL and self.gain >= CLEAR and self.resampled >= STABLE

    def to_dict(self) -> dict[str, float | int | bool]:
        """Plain values, for JSON."""
        return asdict(self) | {"gain": self.gain, "convincing": self.convincing}


def measure_fit(
    vectors: Float64[np.ndarray, "tracks dim"],
    reference: Float64[np.ndarray, "tracks dim"],
    k: int,
    seed: int,
) -> Criterion:
    """Clusters tracks, and again from other starts and other samples of them.

    Args:
        vectors: Vectors of the tracks.
        reference: Points without clusters, as `reference_points` draws them.
        k: Number of clusters.
        seed: Seed of starts and samples.
    """
    from sklearn.metrics import adjusted_rand_score

    labels = fit_centers(vectors, k, seed).labels_
    reference_labels = fit_centers(reference, k, seed).labels_
    reseeded, resampled = [], []
    for refit in range(1, _REFITS + 1):
        rng = np.random.default_rng([seed, refit])
        again = fit_centers(vectors, k, seed + refit, _RESTARTS).labels_
        drawn = vectors[rng.integers(len(vectors), size=len(vectors))]
        moved = assign(fit_centers(drawn, k, seed + refit, _RESTARTS), vectors)
        reseeded.append(adjusted_rand_score(labels, again))
        resampled.append(adjusted_rand_score(labels, moved))
    rows = sample(len(vectors), SILHOUETTES, np.random.default_rng(seed))
    return Criterion(
        k,
        float(silhouettes_of(vectors[rows], labels[rows]).mean()),
        float(silhouettes_of(reference[rows], reference_labels[rows]).mean()),
        float(np.mean(reseeded)),
        float(np.mean(resampled)),
        int(np.bincount(labels).min()),
    )


def silhouettes_of(
    vectors: Float64[np.ndarray, "tracks dim"], labels: Int[np.ndarray, " tracks"]
) -> Float64[np.ndarray, " tracks"]:
    """Silhouette of each track; 0 where there is one cluster only, or a track alone in its own."""
    from sklearn.metrics import silhouette_samples

    if not 1 < len(np.unique(labels)) < len(labels):
        return np.zeros(len(labels))
    return np.asarray(silhouette_samples(vectors, labels), dtype=np.float64)


def fit_centers(
    vectors: Float64[np.ndarray, "tracks dim"], k: int, seed: int, starts: int = _STARTS
) -> "KMeans":
    """k-means (Lloyd 1982), the best of several starts by k-means++, in single precision."""
    from sklearn.cluster import KMeans

    # One thread: several wait for each other in each of thousands of short rounds, which on a busy
    # machine costs several times the work.
    with _threads().limit(limits=1):
        return KMeans(k, n_init=starts, random_state=seed).fit(vectors.astype(np.float32))


@cache
def _threads() -> ThreadpoolController:
    """The loaded libraries that start threads; to find them takes as long as a small fit."""
    return ThreadpoolController()


def assign(
    model: "KMeans", vectors: Float64[np.ndarray, "tracks dim"]
) -> Int[np.ndarray, " tracks"]:
    """The cluster whose center is nearest, for each track."""
    labels: np.ndarray = model.predict(vectors.astype(np.float32))
    return labels


def reference_points(
    vectors: Float64[np.ndarray, "tracks dim"], space: Space, rng: np.random.Generator
) -> Float64[np.ndarray, "tracks dim"]:
    """Draws as many points from one normal distribution, on the unit sphere if tracks are."""
    covariance = np.cov(vectors, rowvar=False).reshape(vectors.shape[1], -1)
    cloud = rng.multivariate_normal(
        vectors.mean(axis=0), covariance, len(vectors), check_valid="ignore", method="eigh"
    )
    return unit(cloud) if space == "embeddings" else cloud


def sample(count: int, most: int, rng: np.random.Generator) -> Int64[np.ndarray, " sample"]:
    """Places of at most that many tracks, in order."""
    if count <= most:
        return np.arange(count)
    return np.sort(rng.choice(count, most, replace=False))
