"""A map of a dataset: by PCA, t-SNE or UMAP, with axes named by what they go with."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from specrec.errors import QueryError
from specrec.shapes import Float64
from specrec.study.cluster_validation import sample
from specrec.study.dataset import Dataset
from specrec.study.neighbor_map import tsne
from specrec.study.words import direction, distinct

Method = Literal["PCA", "t-SNE", "UMAP"]
METHODS: dict[str, Method] = {"tsne": "t-SNE", "pca": "PCA", "umap": "UMAP"}
"""The methods, by how they are called where one is asked for."""

MATTERS = 0.3
"""Rank correlation from which a feature may name an axis: a medium effect (Cohen 1988)."""

_NOISE = 3.3  # standard errors of a correlation of unrelated columns: once in a thousand
_FEWEST = 30  # tracks with a value
_WORDS = 2  # features that name an axis
_FITTED = 10_000  # tracks to which UMAP is fitted; of more, a sample
_EXPLAINED = 10  # components whose variance is told


@dataclass(frozen=True)
class Axis:
    """A direction of a map.

    Attributes:
        name: Name of the axis: `PC 1`, `t-SNE 1` or `UMAP 1`.
        explained: Share of the variance that lies along it; None unless it is one of PCA.
        correlations: Spearman's rank correlation with each feature of which enough is known, by
            name, the strongest first.
        leads: Words for where it leads, the weightiest first: `more energy`. Of a feature that
            grows along both axes, only the one along which it grows more speaks, if it has any.
        loadings: Weight of each feature in it, by name; empty where the space has no features.
    """

    name: str
    explained: float | None
    correlations: dict[str, float]
    leads: tuple[str, ...]
    loadings: dict[str, float]

    @property
    def label(self) -> str:
        """For a plot: `PC 1 (31 %): more energy, less acousticness`."""
        share = "" if self.explained is None else f" ({100 * self.explained:.0f} %)"
        return f"{self.name}{share}: {', '.join(self.leads) or 'follows no known feature'}"


@dataclass(frozen=True, eq=False)
class Projection:
    """A map.

    Attributes:
        method: How the map was made.
        points: Coordinates of the tracks.
        axes: The two axes.
        explained: Share of the variance along each of the first ten components of PCA; else empty.
    """

    method: Method
    points: Float64[np.ndarray, "tracks 2"]
    axes: tuple[Axis, Axis]
    explained: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "method": self.method,
            "explained": list(self.explained),
            "axes": [vars(axis) | {"label": axis.label} for axis in self.axes],
            "points": self.points.round(4).tolist(),
        }


def project(dataset: Dataset, method: Method = "PCA", seed: int = 0) -> Projection:
    """Draws tracks of a space in two dimensions.

    PCA (Pearson 1901) keeps distances as well as any flat picture can, takes no time, and is the
    same every time; but tracks that sound alike are often far apart in it. t-SNE keeps neighbors,
    and of distances only what it begins with, which is PCA (see `specrec.study.neighbor_map`).
    UMAP (McInnes et al. 2018) keeps neighbors, too. Axes are turned so that what names them grows
    along them.

    Args:
        dataset: The tracks.
        method: How.
        seed: Seed of t-SNE and UMAP.

    Raises:
        QueryError: If there are fewer than 3 tracks or dimensions than 2, or UMAP is asked for
            and not installed.
    """
    vectors = dataset.vectors
    if len(vectors) < 3 or vectors.shape[1] < 2:
        raise QueryError(
            f"a map takes 3 tracks in 2 dimensions at least, not {len(vectors)}"
            f" in {vectors.shape[1]}"
        )
    points, explained, weights = _pca(vectors)
    if method != "PCA":
        explained, weights = (), np.zeros((2, 0))
        points = _umap(vectors, seed) if method == "UMAP" else tsne(vectors, points, seed)
    found = [_correlations(points[:, place], dataset.features) for place in range(2)]
    axes = []
    for place, (correlations, other) in enumerate(zip(found, reversed(found), strict=True)):
        loadings = dict(zip(dataset.columns, weights[place], strict=False))
        leads = _leads(correlations, other, dataset.features)
        turn = _turn(correlations, leads, weights[place])
        points[:, place] *= turn
        axes.append(
            Axis(
                f"{'PC' if method == 'PCA' else method} {place + 1}",
                explained[place] if explained else None,
                {name: turn * value for name, value in correlations.items()},
                tuple(direction(name, turn * correlations[name] > 0) for name in leads),
                {name: turn * float(value) for name, value in loadings.items()},
            )
        )
    return Projection(method, points, (axes[0], axes[1]), explained)


def _pca(
    vectors: Float64[np.ndarray, "tracks dim"],
) -> tuple[
    Float64[np.ndarray, "tracks 2"], tuple[float, ...], Float64[np.ndarray, "components dim"]
]:
    """Points, shares of variance, and unit vectors of the two axes, from the covariance."""
    centered = vectors - vectors.mean(axis=0)
    variances, components = np.linalg.eigh(centered.T @ centered)
    variances, components = np.maximum(variances[::-1], 0.0), components[:, ::-1].T[:2]
    total = variances.sum() or 1.0
    explained = tuple(float(value / total) for value in variances[:_EXPLAINED])
    return centered @ components.T, explained, components


def _umap(vectors: Float64[np.ndarray, "tracks dim"], seed: int) -> Float64[np.ndarray, "tracks 2"]:
    try:
        from umap import UMAP
    except ImportError:
        raise QueryError(
            "UMAP is not installed; leave it out, or in specrec's folder:"
            " python3 -m uv sync --inexact --no-dev --extra map"
        ) from None
    # One job: only then does its seed decide the picture.
    reducer = UMAP(random_state=seed, n_jobs=1, n_neighbors=min(15, len(vectors) - 1))
    if len(vectors) <= _FITTED:
        return np.asarray(reducer.fit_transform(vectors), dtype=np.float64)
    reducer.fit(vectors[sample(len(vectors), _FITTED, np.random.default_rng(seed))])
    return np.asarray(reducer.transform(vectors), dtype=np.float64)


def _correlations(
    along: Float64[np.ndarray, " tracks"], features: pd.DataFrame
) -> dict[str, float]:
    if np.ptp(along) == 0:
        return {}
    known = features.loc[:, (features.notna().sum() >= _FEWEST) & (features.nunique() > 1)]
    found = known.corrwith(pd.Series(along, features.index), method="spearman").dropna()
    strongest = found.reindex(found.abs().sort_values(ascending=False).index)
    return {str(name): float(value) for name, value in strongest.items()}


def _leads(
    correlations: dict[str, float], other: dict[str, float], features: pd.DataFrame
) -> list[str]:
    """The features that name an axis: they go with it beyond noise, and more than with the other.

    If they all go more with the other one, they name this one too.
    """
    strong = [
        name
        for name, value in correlations.items()
        if abs(value) >= max(MATTERS, _NOISE / np.sqrt(features[name].notna().sum() - 1))
    ]
    own = [name for name in strong if abs(correlations[name]) >= abs(other.get(name, 0.0))]
    return distinct(own or strong, features[strong].corr("spearman"), _WORDS)


def _turn(
    correlations: dict[str, float], leads: list[str], weights: Float64[np.ndarray, " dim"]
) -> float:
    """1, or -1 to mirror an axis: what names it, or else its strongest weight, grows along it."""
    heaviest = weights[np.abs(weights).argmax()] if len(weights) else 1.0
    first = next(iter(leads or correlations), None)
    return -1.0 if (heaviest if first is None else correlations[first]) < 0 else 1.0
