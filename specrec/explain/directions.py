"""Finds the directions of an embedding that stand for features, made orthonormal."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from specrec.model.probe import Probe, ProbedFeature
from specrec.shapes import Float, Float64
from specrec.vectors import unit

PARALLEL = 0.7
"""Least cosine at which the directions of two features count as one."""

_WEAK = 0.3  # share of a group's main axis below which a further one only tells errors apart
_SPANNED = 0.25  # what has less than this outside the other groups adds nothing to them


@dataclass(frozen=True, eq=False)
class Directions:
    """Groups of features and the orthonormal axes on which they contribute.

    Attributes:
        names: The best-predicted feature of each group, whose name the group has.
        members: All features of each group, the best-predicted one first.
        groups: Number of the group to which each axis belongs.
        axes: The axes of all groups, orthonormal rows.
        heads: For each group, the vector of length 1 in its span along which the prediction of the
            named feature rises fastest; zero if there is no single such direction, as on a circle.
        alignment: Cosine, from 0 to 1, of the named feature's own direction to its group's span:
            how much of it is left after all groups have been made orthogonal.
    """

    names: tuple[str, ...]
    members: tuple[tuple[str, ...], ...]
    groups: np.ndarray
    axes: Float[np.ndarray, "axes dim"]
    heads: Float[np.ndarray, "groups dim"]
    alignment: Float[np.ndarray, " groups"]

    @cached_property
    def member(self) -> Float64[np.ndarray, "axes groups"]:
        """1 where an axis belongs to a group, else 0."""
        belongs: np.ndarray = self.groups[:, None] == np.arange(len(self.names))
        return belongs.astype(np.float64)

    def of_group(self, group: int) -> Float[np.ndarray, "axes dim"]:
        """Returns the axes of one group."""
        chosen: np.ndarray = self.axes[self.groups == group]
        return chosen


def find_directions(probe: Probe | None, dim: int) -> Directions:
    """Groups a probe's usable features and makes their directions orthonormal.

    Features whose weight rows are nearly parallel (all pairs of a group at `PARALLEL` or above)
    would share and swap the credit; they contribute as one, under the name of the best predicted.
    Where the embedding's coordinates are named, each is a group of its own.
    All axes together are made orthonormal symmetrically (Loewdin 1950: the nearest orthonormal
    rows), so that none is favored by its place in the list. A group that lies within the span of
    better-predicted ones joins the nearest of them.

    Args:
        probe: Predicts features from embeddings; without one, or if it predicts nothing well
            enough, there are no directions.
        dim: Length of an embedding.
    """
    if probe is not None and probe.coordinates:
        return _coordinates(probe)
    usable = sorted(() if probe is None else probe.usable(), key=lambda item: -item.r2.value)
    if probe is None or not usable:
        nothing = np.zeros((0, dim))
        return Directions((), (), np.zeros(0, dtype=int), nothing, nothing, np.zeros(0))
    rows = {item.feature.name: unit(probe.weight[probe.rows(item.feature.name)]) for item in usable}
    members: list[list[str]] = []
    bases: list[np.ndarray] = []
    for group in _parallel(usable, rows):
        basis = _main_axes(np.concatenate([rows[name] for name in group]))
        spanned = np.concatenate([np.zeros((0, dim)), *bases])
        if len(spanned) + len(basis) > dim or _outside(basis, spanned) < _SPANNED:
            overlaps = [np.linalg.norm(basis @ other.T) for other in bases]
            members[int(np.argmax(overlaps))] += group
        else:
            members.append(group)
            bases.append(basis)
    axes = _loewdin(np.concatenate(bases))
    groups = np.repeat(np.arange(len(bases)), [len(basis) for basis in bases])
    heads, alignment = np.zeros((len(bases), dim)), np.zeros(len(bases))
    for number, names in enumerate(members):
        own, span = rows[names[0]], axes[groups == number]
        projected = own @ span.T @ span
        alignment[number] = np.linalg.norm(projected) / np.linalg.norm(own)
        if len(own) == 1:
            heads[number] = projected[0] / np.linalg.norm(projected)
    return Directions(
        tuple(names[0] for names in members),
        tuple(tuple(names) for names in members),
        groups,
        axes,
        heads,
        alignment,
    )


def _coordinates(probe: Probe) -> Directions:
    """The named coordinates of an embedding that are predicted well enough to be said."""
    told = [item.feature.name for item in probe.usable() if item.feature.name in probe.coordinates]
    axes = np.eye(len(probe.coordinates))[[probe.coordinates.index(name) for name in told]]
    rows = [probe.weight[probe.rows(name)][0] for name in told]
    readouts = unit(np.array(rows).reshape(axes.shape))
    alignment = np.abs((readouts * axes).sum(axis=1))
    members = tuple((name,) for name in told)
    return Directions(tuple(told), members, np.arange(len(told)), axes, axes, alignment)


def _parallel(
    usable: Sequence[ProbedFeature], rows: dict[str, Float[np.ndarray, "_ dim"]]
) -> list[list[str]]:
    """Groups features by the direction of their rows, the best predicted first."""
    # Here, not above: it takes as long as all else, and a search without reasons needs none.
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    names = [item.feature.name for item in usable]
    if len(names) == 1:
        return [names]
    spans = [_span(rows[name]) for name in names]
    apart = np.zeros((len(names), len(names)))
    for i in range(len(names)):
        for j in range(i):
            cosine = np.linalg.svd(spans[i] @ spans[j].T, compute_uv=False)[0]
            apart[i, j] = apart[j, i] = max(0.0, 1 - cosine)
    codes = fcluster(linkage(squareform(apart), "complete"), 1 - PARALLEL, "distance")
    groups: dict[int, list[str]] = {}
    for name, code in zip(names, codes, strict=True):
        groups.setdefault(int(code), []).append(name)
    return list(groups.values())


def _span(rows: Float[np.ndarray, "rows dim"]) -> Float[np.ndarray, "rank dim"]:
    _, sizes, axes = np.linalg.svd(rows, full_matrices=False)
    kept: np.ndarray = axes[sizes > 1e-6 * sizes[0]]
    return kept


def _main_axes(rows: Float[np.ndarray, "rows dim"]) -> Float[np.ndarray, "axes dim"]:
    """Finds an orthonormal basis of the main directions of some rows."""
    _, sizes, axes = np.linalg.svd(rows, full_matrices=False)
    kept: np.ndarray = axes[sizes > _WEAK * sizes[0]]
    return kept


def _outside(basis: Float[np.ndarray, "rows dim"], spanned: Float[np.ndarray, "_ dim"]) -> float:
    """Computes the sine of the smallest angle between two spans; 1 if one is empty."""
    if not len(spanned):
        return 1.0
    cosine = np.linalg.svd(basis @ _span(spanned).T, compute_uv=False)[0]
    return float(np.sqrt(max(0.0, 1 - cosine**2)))


def _loewdin(rows: Float[np.ndarray, "axes dim"]) -> Float[np.ndarray, "axes dim"]:
    """Computes (M M^T)^(-1/2) M, by the singular value decomposition of M."""
    left, _, right = np.linalg.svd(rows, full_matrices=False)
    nearest: np.ndarray = left @ right
    return nearest
