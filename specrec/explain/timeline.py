"""Where in a track each concept is heard: the readings of its windows, joined into passages."""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Float64

from specrec.concepts.vocabulary import load_vocabulary
from specrec.explain.explanation import Explanation, Passages, Reason
from specrec.explain.feature_stats import FeatureStats

_KERNEL = (0.25, 0.5, 0.25)  # of windows that follow on each other; their mean stays as it is
_REMAINS = 0.5  # a passage goes on down to this share of what it takes to be heard at all

Spans = tuple[tuple[float, float], ...]
"""Start and end of each of some passages, in seconds."""

_NEEDS = {
    concept.feature: load_vocabulary()[concept.needs].feature
    for concept in load_vocabulary()
    if concept.needs is not None
}


@dataclass(frozen=True, eq=False)
class Timeline:
    """The concepts of a track over time.

    A window is read as a whole track is, since a track's embedding is the mean of its windows: the
    mean over a column of `values` is the track's own reading. Of each concept, the readings of
    windows that follow on each other are smoothed. A passage begins and ends where they pass half
    of what a concept must reach to be said of a track, and somewhere in it they must reach that
    (hysteresis, as in the detection of sound events). So it begins and ends about as exactly as a
    window is long.

    >>> spans = np.stack([np.arange(0.0, 30.0, 5.0), np.arange(5.0, 35.0, 5.0)], axis=1)
    >>> values = np.array([[0.0, 0.1, 1.4, 1.6, 1.5, 0.0]]).T
    >>> timeline = Timeline(("singing",), spans, values, np.array([1.0]), 30.0)
    >>> timeline.passages("singing").spans
    ((10.0, 25.0),)

    Attributes:
        names: The concepts that can be said to be there, by their columns.
        spans: Start and end of each window, in seconds.
        values: Readings: 0 is usual, 1 a standard deviation more.
        present: The reading from which on each concept is there.
        seconds: Duration of the track.
    """

    names: tuple[str, ...]
    spans: Float64[np.ndarray, "windows two"]
    values: Float[np.ndarray, "windows concepts"]
    present: Float64[np.ndarray, " concepts"]
    seconds: float

    def passages(self, name: str) -> Passages:
        """Finds the passages in which a concept is heard; there may be none.

        Raises:
            KeyError: If it is not among the names.
        """
        spans, throughout = self._found[name]
        return Passages(spans, throughout, self.step_seconds, self.covered, self.seconds)

    @property
    def heard(self) -> dict[str, Passages]:
        """The passages of each concept that is heard anywhere, by its name."""
        found = {name: self.passages(name) for name in self.names}
        return {name: passages for name, passages in found.items() if passages.spans}

    @cached_property
    def step_seconds(self) -> float:
        """From the start of a window to that of the next; the duration where there is only one."""
        if len(self.spans) < 2:
            return self.seconds
        return float((self.spans[-1, 0] - self.spans[0, 0]) / (len(self.spans) - 1))

    @cached_property
    def covered(self) -> bool:
        """Whether the windows cover the track, so that nothing of it was not heard."""
        return self.step_seconds <= 1.05 * float(self.spans[0, 1] - self.spans[0, 0])

    def to_frame(self) -> pd.DataFrame:
        """Returns one row per window: start and end in seconds, and the reading of each concept."""
        readings = pd.DataFrame(self.values, columns=list(self.names))
        readings.insert(0, "start_seconds", self.spans[:, 0])
        readings.insert(1, "end_seconds", self.spans[:, 1])
        return readings

    def to_dict(self) -> dict[str, Any]:
        """Returns plain values for JSON: the windows, and by concept its readings and passages."""
        return {
            "seconds": self.seconds,
            "windows": self.spans.tolist(),
            "step_seconds": self.step_seconds,
            "covered": self.covered,
            "concepts": {
                name: {
                    "present": float(self.present[place]),
                    "values": self.values[:, place].tolist(),
                    "passages": [list(span) for span in passages.spans],
                    "throughout": passages.throughout,
                }
                for place, (name, passages) in enumerate(
                    (name, self.passages(name)) for name in self.names
                )
            },
        }

    @cached_property
    def _found(self) -> dict[str, tuple[Spans, bool]]:
        """The passages of each concept, and whether it is heard throughout; all at once."""
        on, edges = self._heard(), self._edges()
        outside = np.zeros((1, len(self.names)), dtype=bool)
        concept, border = np.nonzero(np.diff(np.concatenate([outside, on, outside]), axis=0).T)
        starts, ends = edges[border[::2], 0].tolist(), edges[border[1::2] - 1, 1].tolist()
        spans: list[list[tuple[float, float]]] = [[] for _ in self.names]
        for place, start, end in zip(concept[::2].tolist(), starts, ends, strict=True):
            spans[place].append((start, end))
        throughout: list[bool] = np.all(on, axis=0).tolist()
        found = zip(map(tuple, spans), throughout, strict=True)
        return dict(zip(self.names, found, strict=True))

    def _heard(self) -> Bool[np.ndarray, "windows concepts"]:
        """In which windows each concept is heard; a woman's voice only where there is singing."""
        values = self.values.astype(np.float64)
        if self.covered and len(values) > 2:
            before = np.concatenate([values[:1], values[:-1]])
            after = np.concatenate([values[1:], values[-1:]])
            values = _KERNEL[0] * before + _KERNEL[1] * values + _KERNEL[2] * after
        on = _hysteresis(values, self.present)
        for place, needed in _needing(self.names):
            on[:, place] &= on[:, needed]
        return on

    def _edges(self) -> Float64[np.ndarray, "windows two"]:
        """What each window stands for: where two overlap, each has its half."""
        edges = self.spans.copy()
        if self.covered:
            middles = (self.spans[:-1, 1] + self.spans[1:, 0]) / 2
            edges[:-1, 1] = edges[1:, 0] = middles
        return edges


@lru_cache(4)
def _needing(names: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """Places of the concepts that are only heard where another one is, and of those others."""
    place_of = {name: place for place, name in enumerate(names)}
    needed = {name: place_of.get(_NEEDS[name]) for name in names if name in _NEEDS}
    return tuple((place_of[name], at) for name, at in needed.items() if at is not None)


def _hysteresis(
    values: Float64[np.ndarray, "windows concepts"], present: Float64[np.ndarray, " concepts"]
) -> Bool[np.ndarray, "windows concepts"]:
    """The runs of windows above half of a positive threshold that somewhere reach all of it."""
    on, reached = values >= np.minimum(present, _REMAINS * present), values >= present
    place = np.arange(1, len(values) + 1)[:, None]
    kept = np.zeros(on.shape, dtype=bool)
    for way in (slice(None), slice(None, None, -1)):  # since the run's beginning, and its end
        last_reached = np.maximum.accumulate(np.where(reached[way], place, 0), axis=0)
        last_off = np.maximum.accumulate(np.where(on[way], 0, place), axis=0)
        kept[way] |= last_reached > last_off
    return kept


def read_timeline(
    stats: FeatureStats,
    windows: Float[np.ndarray, "windows dim"],
    spans: Float64[np.ndarray, "windows two"],
    seconds: float,
) -> Timeline:
    """Reads the concepts of a track from its windows.

    Args:
        stats: Tells concepts from embeddings.
        windows: Centered embeddings of the windows, in order.
        spans: Start and end of each window, in seconds.
        seconds: Duration of the track.
    """
    return Timeline(stats.sayable, spans, stats.amounts(windows), stats.present, seconds)


def locate_reasons(
    explanation: Explanation, query: Timeline | None, neighbor: Timeline | None
) -> Explanation:
    """Adds to the reasons of an explanation where in both tracks each is heard.

    Args:
        explanation: The explanation of a match.
        query: The query's concepts over time; None if it is no track.
        neighbor: Those of the neighbor; None if they can't be had.
    """

    def located(reason: Reason) -> Reason:
        if reason.side != "high":
            return reason  # what is nowhere has no place
        here, there = (
            timeline.passages(reason.feature)
            if timeline is not None and reason.feature in timeline.names
            else None
            for timeline in (query, neighbor)
        )
        return reason.located(here, there)

    return replace(explanation, reasons=tuple(map(located, explanation.reasons)))
