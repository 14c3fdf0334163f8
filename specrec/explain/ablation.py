"""Ablation: removes a feature from all embeddings, and searches again."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from specrec.explain.directions import Directions
from specrec.shapes import Bool, Float, Float32, Float64, Int
from specrec.vectors import cosines, unit

DRAWS = 200
"""Number of random subspaces with which a group of features is compared."""
CLEARED = 95.0
"""Percentile of the random subspaces' effects that a group's effect must exceed."""

_SAMPLE = 2000  # tracks whose combinations are the random directions
_BLOCK = 4096  # tracks searched at once: they stay in the processor's cache


@dataclass(frozen=True, eq=False)
class Effect:
    """The effects of ablating each group of features on the similarities of some pairs.

    Attributes:
        drop: The fall of the similarity; negative where it rises.
        control: The drop that `CLEARED` of 100 random subspaces, of as many dimensions, stay below
            for the same pair.
    """

    drop: Float64[np.ndarray, "neighbors groups"]
    control: Float64[np.ndarray, "neighbors groups"]

    @property
    def clears(self) -> Bool[np.ndarray, "neighbors groups"]:
        """Whether ablating a group lowers the similarity more than random subspaces do."""
        cleared: np.ndarray = self.drop > np.maximum(self.control, 0.0)
        return cleared


@dataclass(frozen=True, eq=False)
class Ablation(Effect):
    """What ablating each group of features, in query and library, does to neighbors' ranks, too.

    Attributes:
        rank_before: Rank of the neighbor among all tracks but the query, from 1.
        rank_after: Rank of the neighbor after the group is ablated in all tracks, from 1.
        scores: Similarity of every track to the query before, from -1 to 1.
    """

    rank_before: Int[np.ndarray, " neighbors"]
    rank_after: Int[np.ndarray, "neighbors groups"]
    scores: Float64[np.ndarray, " tracks"]


Controls = dict[int, Float64[np.ndarray, "draws axes dim"]]
"""Orthonormal axes of random subspaces, by the number of the group."""


def draw_controls(
    embeddings: Float[np.ndarray, "tracks dim"], directions: Directions, seed: int = 0
) -> Controls:
    """Draws random subspaces for each group, with as many axes and as much variance as the group.

    Compared with uniformly random directions, most of which hold next to no variance, any main axis
    of the embedding would seem to be a cause; compared with the main axes themselves, nothing
    would. With v the variances along the library's principal axes, an axis is drawn from a normal
    distribution with variances v^p, where p is such that the tracks vary along it as much as along
    the group's own axes.

    Args:
        embeddings: Centered embeddings of the library.
        directions: The groups of features and their axes.
        seed: Seed of the random draws.

    Returns:
        Orthonormal axes of `DRAWS` subspaces, by the number of the group.
    """
    rng = np.random.default_rng(seed)
    sample = np.sort(rng.permutation(len(embeddings))[:_SAMPLE])
    tracks = unit(np.asarray(embeddings[sample]))
    tracks -= tracks.mean(axis=0)
    variances, principal = np.linalg.eigh(tracks.T @ tracks / len(tracks))
    variances = np.maximum(variances, 1e-12 * variances[-1] or 1.0)  # a single track has none
    sizes = np.bincount(directions.groups, minlength=len(directions.names))
    along = np.square(tracks @ directions.axes.T).mean(axis=0)
    wanted = np.bincount(directions.groups, along, len(sizes)) / sizes
    # In the same memory for all groups: what is new to the process takes as long as the drawing.
    numbers, drawn = (np.empty((DRAWS * sizes.max(initial=0), len(variances))) for _ in range(2))
    controls = {}
    for group, exponent in enumerate(_exponents(variances, wanted).tolist()):
        spread, rows = variances ** (exponent / 2), DRAWS * sizes[group]
        rng.standard_normal(out=numbers[:rows])
        np.matmul(numbers[:rows], (principal * spread).T, out=drawn[:rows])
        controls[group] = _orthonormal(drawn[:rows].reshape(DRAWS, sizes[group], -1))
    return controls


def _orthonormal(
    rows: Float64[np.ndarray, "draws axes dim"],
) -> Float64[np.ndarray, "draws axes dim"]:
    if rows.shape[1] == 1:  # so it is with named coordinates, and QR takes forty times as long
        return unit(rows)
    columns, _ = np.linalg.qr(rows.transpose(0, 2, 1))
    return columns.transpose(0, 2, 1)


def _exponents(
    variances: Float[np.ndarray, " dim"], wanted: Float[np.ndarray, " groups"]
) -> Float64[np.ndarray, " groups"]:
    """Finds each p, from 0 to 8, for which the mean of v weighted by v^p is a wanted variance."""
    low, high = np.zeros(len(wanted)), np.full(len(wanted), 8.0)
    for _ in range(50):
        middle = (low + high) / 2
        weights = (variances / variances[-1]) ** middle[:, None]
        below = weights @ variances / weights.sum(axis=1) < wanted
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return low


def ablate_groups(
    query: Float[np.ndarray, " dim"],
    query_row: int | None,
    neighbors: Int[np.ndarray, " neighbors"],
    embeddings: Float[np.ndarray, "tracks dim"],
    directions: Directions,
    controls: Controls,
) -> Ablation:
    """Ablates each group of features in turn: projects it out, renormalizes, searches again.

    With a the coordinates along the group's axes, a similarity s becomes
    (s - a_q . a_n) / sqrt((1 - |a_q|^2)(1 - |a_n|^2)).

    Args:
        query: The query's centered embedding.
        query_row: The query's row in the library, which is not ranked; None for a query from
            outside.
        neighbors: Rows of the neighbors.
        embeddings: Centered embeddings of the library.
        directions: The groups of features and their axes.
        controls: The random subspaces that `draw_controls` drew.
    """
    count = len(directions.names)
    q, n = unit(query), unit(np.asarray(embeddings[neighbors]))
    effect = measure_effect(q, n, directions, Draws(controls))
    own = directions.axes @ q
    before = n @ q
    after = before[:, None] - effect.drop
    rank_before = np.ones(len(n), dtype=int)
    rank_after = np.ones((len(n), count), dtype=int)
    every = np.zeros(len(embeddings))
    for start in range(0, len(embeddings), _BLOCK):
        block = cosines(embeddings[start : start + _BLOCK], np.vstack([q, directions.axes]))
        scores, coordinates = block[:, 0], block[:, 1:]
        every[start : start + _BLOCK] = scores
        rows = np.arange(start, start + len(block))
        rivals = (rows != query_row) & (rows != neighbors[:, None])
        rank_before += (rivals & (scores > before[:, None])).sum(axis=1)
        for group in range(count):
            axes = directions.groups == group
            ablated = _without(scores, own[axes], coordinates[:, axes])
            rank_after[:, group] += (rivals & (ablated > after[:, group, None])).sum(axis=1)
    return Ablation(effect.drop, effect.control, rank_before, rank_after, every)


class Draws:
    """Random subspaces, laid out so that those of all groups are projected on at once.

    In single precision, whose errors of 1e-7 are far below what separates effects.
    """

    def __init__(self, controls: Controls) -> None:
        """Takes what `draw_controls` drew."""
        sizes = {group: axes.shape[1] for group, axes in controls.items()}
        self._blocks = []
        for size in sorted(set(sizes.values())):
            groups = np.array([group for group in controls if sizes[group] == size])
            axes = [controls[group] for group in groups]
            draws, dim = len(axes[0]), axes[0].shape[-1]
            # One axis a column: so BLAS need not turn them around for each query.
            columns = np.empty((dim, len(groups) * draws * size), np.float32)
            rows = [each.reshape(-1, dim) for each in axes]
            np.concatenate([each.T for each in rows], axis=1, out=columns, casting="same_kind")
            self._blocks.append((groups, (len(groups), draws, size), columns))

    def cleared_by(
        self,
        query: Float64[np.ndarray, " dim"],
        neighbors: Float64[np.ndarray, "neighbors dim"],
        wanted: Bool[np.ndarray, "neighbors groups"],
    ) -> Float64[np.ndarray, "neighbors groups"]:
        """Finds the drop of a similarity that 95 of 100 random subspaces stay below.

        Args:
            query: The query's embedding, of length 1.
            neighbors: The neighbors' embeddings, of length 1.
            wanted: For which pairs and groups it is found.

        Returns:
            The drops; NaN where none is wanted.
        """
        both = np.vstack([query, neighbors]).astype(np.float32)
        before = both[1:] @ both[0]
        found = np.full(wanted.shape, np.nan)
        for groups, shape, columns in self._blocks:
            projected = (both @ columns).reshape(-1, *shape)
            pairs, places = np.nonzero(wanted[:, groups])
            known = before[pairs, None]
            drops = known - _without(known, projected[0, places], projected[pairs + 1, places])
            found[pairs, groups[places]] = _percentile(drops, CLEARED)
        return found


def measure_effect(
    query: Float64[np.ndarray, " dim"],
    neighbors: Float64[np.ndarray, "neighbors dim"],
    directions: Directions,
    draws: Draws,
    wanted: Bool[np.ndarray, "neighbors groups"] | None = None,
) -> Effect:
    """Ablates each group of features in turn, in a query and its neighbors alone.

    Args:
        query: The query's embedding, of length 1.
        neighbors: The neighbors' embeddings, of length 1.
        directions: The groups of features and their axes.
        draws: The random subspaces with which they are compared.
        wanted: For which pairs and groups they are compared; None for all.
    """
    before = neighbors @ query
    own, theirs = directions.axes @ query, neighbors @ directions.axes.T
    member = directions.member
    left = before[:, None] - (own * theirs) @ member
    share = (1 - np.square(own) @ member) * (1 - np.square(theirs) @ member)
    after = np.where(share > 1e-12, left / np.sqrt(np.maximum(share, 1e-12)), 0.0)
    if wanted is None:
        wanted = np.ones(after.shape, dtype=bool)
    control = draws.cleared_by(query, neighbors, wanted)
    return Effect(before[:, None] - after, control)


def _without(
    similarity: Float[np.ndarray, "*_"],
    query: Float[np.ndarray, "*_ axes"],
    tracks: Float[np.ndarray, "*pairs axes"],
) -> Float[np.ndarray, "*pairs"]:
    """Computes similarities without a subspace, from the coordinates along its axes.

    A vector that lies within the subspace becomes zero, and so does its similarity.
    """
    left = (1 - _dot(query, query)) * (1 - _dot(tracks, tracks))
    ablated: np.ndarray = similarity - _dot(query, tracks)
    return np.where(left > 1e-12, ablated / np.sqrt(np.maximum(left, 1e-12)), 0.0)


def _percentile(
    values: Float32[np.ndarray, "rows draws"], percent: float
) -> Float32[np.ndarray, " rows"]:
    """Does what `np.percentile` does along rows, in a fifth of its time."""
    place = percent / 100 * (values.shape[1] - 1)
    low = int(place)
    high = min(low + 1, values.shape[1] - 1)
    ordered = np.sort(values, axis=1)
    return ordered[:, low] + np.float32(place - low) * (ordered[:, high] - ordered[:, low])


def _dot(first: Float[np.ndarray, "*_"], second: Float[np.ndarray, "*_"]) -> Any:
    if first.shape[-1] == 1:  # so it is with named coordinates, and takes a third of the time
        return (first * second)[..., 0]
    return np.einsum("...a,...a->...", first, second)
