"""A path from one track to another: a chain of tracks, each further along the way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from jaxtyping import Float64, Int64

from specrec.errors import QueryError
from specrec.explain.explanation import Explanation
from specrec.recommend.track import Neighbor, Sound, Track
from specrec.vectors import unit

if TYPE_CHECKING:
    from specrec.recommend.library import Library

_CONSIDERED = 800  # tracks near the great circle, over all steps
_MOST_STEPS = 100
_LEAST_ANGLE = 1e-3


@dataclass(frozen=True)
class Journey(Sequence[Neighbor]):
    """The tracks after the first, in order, each as a neighbor of the one before.

    Attributes:
        start: The first track.
        steps: The others, whose `rank` counts from 1; the last is where the path leads.
        notes: One line each for what makes it shorter than asked for.
    """

    start: Track
    steps: tuple[Neighbor, ...]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[Neighbor]:
        return iter(self.steps)

    @overload
    def __getitem__(self, place: int) -> Neighbor: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Neighbor, ...]: ...

    def __getitem__(self, place: int | slice) -> Neighbor | tuple[Neighbor, ...]:
        return self.steps[place]


def find_journey(library: "Library", start: Sound, goal: Sound, steps: int) -> Journey:
    """The chain of tracks from a start to a goal; see `Library.path`."""
    if not 1 <= steps <= _MOST_STEPS:
        raise QueryError(f"steps must be from 1 to {_MOST_STEPS}, not {steps}")
    if goal.row is None:
        raise QueryError(f"{goal.path} is not in the library; a path must end at a track that is")
    ends = unit(np.stack([start.embedding, goal.embedding]))
    if start.row == goal.row or _angle(ends[0] @ ends[1]) < _LEAST_ANGLE:
        raise QueryError(f"{start.path} and {goal.path} sound the same; no path leads between them")
    rows, units = _between(library, start, goal, ends, steps)
    taken = min(steps, len(rows) + 1)
    chain = widest_step_first(np.concatenate([ends[:1], units, ends[1:]]), taken)
    sounds = [start, *(library.sound_of(int(rows[place - 1])) for place in chain[1:-1]), goal]
    notes: tuple[str, ...] = ()
    if taken < steps:
        notes = (f"{taken} of the {steps} steps asked for: no other track lies between the two",)
    return Journey(
        library.track_of(start),
        tuple(
            _step(library, place, here, there)
            for place, (here, there) in enumerate(pairwise(sounds), 1)
        ),
        notes,
    )


def _step(library: "Library", place: int, here: Sound, there: Sound) -> Neighbor:
    assert there.row is not None  # only a path's start may be a file from outside
    similarity = float(unit(here.embedding) @ unit(there.embedding))
    explain = partial(_explain, library, here, there.row)
    return Neighbor(place, similarity, library.track(there.row), explain)


def _explain(library: "Library", sound: Sound, row: int) -> Explanation:
    return library.explain_rows(sound, np.array([row]), 10)[0]


def _between(
    library: "Library", start: Sound, goal: Sound, ends: Float64[np.ndarray, "2 dim"], steps: int
) -> tuple[Int64[np.ndarray, " tracks"], Float64[np.ndarray, "tracks dim"]]:
    """Tracks near the arc between two, in the order in which they lie along it.

    One file of a recording stands for all.
    """
    full = _angle(ends[0] @ ends[1])
    towards = ends[1] - (ends[0] @ ends[1]) * ends[0]
    towards /= max(np.linalg.norm(towards), _LEAST_ANGLE**2)  # opposite ends have no arc
    angles = full * np.arange(1, steps) / steps
    if not len(angles):
        return np.empty(0, np.int64), np.empty((0, ends.shape[1]))
    targets = np.cos(angles)[:, None] * ends[0] + np.sin(angles)[:, None] * towards
    _, found = library.search(targets.astype(np.float32), _CONSIDERED // steps + 2)
    rows = np.unique(found[found >= 0])
    groups = library.duplicate_groups
    asked = [sound.row for sound in (start, goal) if sound.row is not None]
    rows = rows[~np.isin(groups[rows], groups[asked])]
    rows = rows[np.unique(groups[rows], return_index=True)[1]]
    units = unit(np.asarray(library.embeddings[rows]))
    along = np.arctan2(units @ towards, units @ ends[0])
    inside = np.flatnonzero((along > 0) & (along < full))
    order = inside[np.argsort(along[inside], kind="stable")]
    return rows[order].astype(np.int64), units[order]


def widest_step_first(
    units: Float64[np.ndarray, "points dim"], steps: int
) -> Int64[np.ndarray, " chain"]:
    """The chain from the first point to the last that goes only forward, in so many steps.

    Its widest angle is as narrow as can be; of the chains for which that holds, it is the one with
    the least sum of squared angles, which is least for even steps along a great circle. Both are
    found by dynamic programming.

    Args:
        units: Points of length 1, in order.
        steps: From 1 to the number of points less 1.
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
    """In radians."""
    return np.arccos(np.clip(cosine, -1.0, 1.0))
