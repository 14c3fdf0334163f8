"""Interpolates between two tracks: a chain of tracks, each further along the way."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from specrec.errors import QueryError
from specrec.recommend.query import Query
from specrec.recommend.results import Neighbor, Neighbors
from specrec.recommend.space import Space
from specrec.recommend.tracks import Tracks
from specrec.shapes import Float64, Int64

_CONSIDERED = 800  # tracks near the great circle, over all steps; if those are too few, at each
_MOST_STEPS = 100
_LEAST_ANGLE = 1e-3


def find_path(space: Space, tracks: Tracks, start: Query, goal: Query, steps: int) -> list[int]:
    """Finds a chain of tracks from a start to a goal.

    Each track lies further along the way than the one before, measured by the angle from start to
    goal. Of all such chains among the tracks nearest to the great circle between the two, it is
    the one whose largest step is smallest.

    Args:
        space: The space of embeddings, in which tracks are compared by the cosine.
        tracks: All tracks; of several files of one recording one is used.
        start: The track where the path begins.
        goal: The track of the library where it ends.
        steps: Number of steps to the goal, from 1 to 100; fewer if fewer tracks lie between.

    Returns:
        Rows of the tracks after the start, the goal last.

    Raises:
        QueryError: If `steps` is not from 1 to 100, the goal is not in the library, or both tracks
            sound the same.
    """
    if not 1 <= steps <= _MOST_STEPS:
        raise QueryError(f"steps must be from 1 to {_MOST_STEPS}, not {steps}")
    last = goal.library_row
    ends = np.stack([space.vector(start), space.vector(goal)])
    if start.row == last or _angle(ends[0] @ ends[1]) < _LEAST_ANGLE:
        raise QueryError(
            f"{start.track.title} and {goal.track.title} sound the same; no path leads between them"
        )
    asked = [query.row for query in (start, goal) if query.row is not None]
    rows, units = _between(space, tracks, asked, ends, steps)
    taken = min(steps, len(rows) + 1)
    chain = minimax_chain(np.concatenate([ends[:1], units, ends[1:]]), taken)
    return [*(int(rows[place - 1]) for place in chain[1:-1]), last]


def step_by_step(
    space: Space,
    start: Query,
    path: Sequence[Query],
    steps: int,
    explain: bool,
    in_full: bool = False,
) -> Neighbors:
    """Makes the tracks of a path neighbors, each of the one before.

    Args:
        space: The space in which tracks are compared.
        start: The track where the path begins.
        path: The tracks after it, in order.
        steps: Number of steps that were wanted; if there are fewer, a note says so.
        explain: Whether to explain each step.
        in_full: Whether in full; see `Space.explanations`.
    """
    neighbors = []
    for rank, (here, there) in enumerate(pairwise([start, *path]), 1):
        similarity = float(space.vector(here) @ space.vector(there))
        why = None
        if explain:
            (why,) = space.explanations(here, np.array([there.row]), 10, in_full)
        neighbors.append(Neighbor(rank, similarity, there.track, why))
    notes: tuple[str, ...] = ()
    if len(path) < steps:
        notes = (f"{len(path)} of {steps} steps: no other track lies between the two",)
    return Neighbors((start.track,), tuple(neighbors), notes)


def _between(
    space: Space,
    tracks: Tracks,
    asked: list[int],
    ends: Float64[np.ndarray, "2 dim"],
    steps: int,
) -> tuple[Int64[np.ndarray, " between"], Float64[np.ndarray, "between dim"]]:
    """Finds tracks near the arc between two, in the order in which they lie along it."""
    full = _angle(ends[0] @ ends[1])
    towards = ends[1] - (ends[0] @ ends[1]) * ends[0]
    towards /= max(np.linalg.norm(towards), _LEAST_ANGLE**2)  # opposite ends have no arc
    angles = full * np.arange(1, steps) / steps
    if not len(angles):
        return np.empty(0, np.int64), np.empty((0, ends.shape[1]))
    targets = np.cos(angles)[:, None] * ends[0] + np.sin(angles)[:, None] * towards
    ours, size = tracks.recordings(np.array(asked, np.int64)), _CONSIDERED // steps + 2
    while True:
        rows = space.nearest(targets, size, None)
        rows = rows[~np.isin(tracks.recordings(rows), ours)]
        rows = rows[np.unique(tracks.recordings(rows), return_index=True)[1]]
        units = space.vectors_of(rows)
        along = np.arctan2(units @ towards, units @ ends[0])
        inside = np.flatnonzero((along > 0) & (along < full))
        # Those near one place may be those near the next: then more are looked at.
        if len(inside) >= len(angles) or size >= min(len(tracks), _CONSIDERED):
            break
        size *= 2
    order = inside[np.argsort(along[inside], kind="stable")]
    return rows[order].astype(np.int64), units[order]


def minimax_chain(
    units: Float64[np.ndarray, "points dim"], steps: int
) -> Int64[np.ndarray, " chain"]:
    """Finds the chain from the first point to the last, always forward, in so many steps.

    Its largest angle is as small as possible; of the chains for which that holds, it is the one
    with the least sum of squared angles, which is least for even steps along a great circle. Both
    are found by dynamic programming.

    Args:
        units: Points of length 1, in order.
        steps: Number of steps, from 1 to the number of points less 1.

    Returns:
        Numbers of the points in the chain, the first and the last included.
    """
    forward = np.triu(np.ones((len(units), len(units)), dtype=bool), 1)
    angles = np.where(forward, _angle(units @ units.T), np.inf)
    widest = angles[0]
    for _ in range(steps - 1):
        widest = np.maximum(widest[:, None], angles).min(axis=0)
    costs = np.where(angles <= widest[-1], angles**2, np.inf)
    total, origins = costs[0], []
    for _ in range(steps - 1):
        sums = total[:, None] + costs
        origins.append(sums.argmin(axis=0))
        total = sums.min(axis=0)
    chain = [len(units) - 1]
    for origin in reversed(origins):
        chain.append(int(origin[chain[-1]]))
    return np.array([0, *reversed(chain)])


def _angle(cosine: "float | np.ndarray") -> Any:
    """The angle of a cosine, in radians from 0 to pi."""
    return np.arccos(np.clip(cosine, -1.0, 1.0))
