"""Where in a track each concept is heard: the readings of its windows, joined into passages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from specrec.concepts.vocabulary import load_vocabulary
from specrec.explain.explanation import Explanation, Passages
from specrec.explain.feature_stats import FeatureStats
from specrec.explain.passages import find_runs, heard_windows
from specrec.shapes import Bool, Float, Float64, Int64

if TYPE_CHECKING:
    import pandas as pd

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
        return self._found[name]

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

    def to_frame(self) -> "pd.DataFrame":
        """Returns one row per window: start and end in seconds, and the reading of each concept."""
        import pandas as pd

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
    def _found(self) -> dict[str, Passages]:
        (found,) = find_passages([(self, self.names)])
        return found

    @property
    def edges(self) -> Float64[np.ndarray, "windows two"]:
        """Start and end of what each window stands for: where two overlap, each has its half."""
        edges = self.spans.copy()
        if self.covered:
            middles = (self.spans[:-1, 1] + self.spans[1:, 0]) / 2
            edges[:-1, 1] = edges[1:, 0] = middles
        return edges


def find_passages(
    asked: Sequence[tuple[Timeline, Iterable[str]]],
) -> list[dict[str, Passages]]:
    """Finds the passages in which some concepts are heard, in tracks of one library.

    A woman's voice is heard only where there is singing.

    Args:
        asked: The tracks, and the concepts that are looked for in each.

    Returns:
        For each track the passages of its concepts; without those that its timeline does not have.
    """
    timelines = [timeline for timeline, _ in asked]
    place_of = {name: place for place, name in enumerate(timelines[0].names)} if asked else {}
    wanted = [[name for name in names if name in place_of] for _, names in asked]
    named = list(dict.fromkeys(name for names in wanted for name in names))
    if not named:
        return [{} for _ in asked]
    needs = {name: _NEEDS[name] for name in named if _NEEDS.get(name) in place_of}
    named = list(dict.fromkeys([*named, *needs.values()]))
    columns = [place_of[name] for name in named]
    values = np.concatenate([timeline.values[:, columns] for timeline in timelines])
    sizes = np.array([len(timeline.values) for timeline in timelines])
    smoothed = np.array([item.covered for item in timelines]) & (sizes > 2)
    present = timelines[0].present[columns]
    on = heard_windows(values.astype(np.float64), present, sizes, smoothed)
    for name, needed in needs.items():
        on[:, named.index(name)] &= on[:, named.index(needed)]
    spans = _spans(on, sizes, np.concatenate([timeline.edges for timeline in timelines]))
    throughout = np.logical_and.reduceat(on, sizes.cumsum() - sizes).tolist()
    return [
        {
            name: Passages(
                tuple(spans.get((track, named.index(name)), ())),
                throughout[track][named.index(name)],
                timeline.step_seconds,
                timeline.covered,
                timeline.seconds,
            )
            for name in names
        }
        for track, (timeline, names) in enumerate(zip(timelines, wanted, strict=True))
    ]


def _spans(
    on: Bool[np.ndarray, "windows concepts"],
    sizes: Int64[np.ndarray, " tracks"],
    edges: Float64[np.ndarray, "windows two"],
) -> dict[tuple[int, int], list[tuple[float, float]]]:
    """Start and end of the runs of windows in which something is on, by track and concept."""
    first, last, concept = find_runs(on, sizes)
    track = np.repeat(np.arange(len(sizes)), sizes)[first]
    spans: dict[tuple[int, int], list[tuple[float, float]]] = {}
    times = zip(edges[first, 0].tolist(), edges[last, 1].tolist(), strict=True)
    for where, span in zip(zip(track.tolist(), concept.tolist(), strict=True), times, strict=True):
        spans.setdefault(where, []).append(span)
    return spans


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
    explanations: Sequence[Explanation],
    query: Timeline | None,
    neighbors: Sequence[Timeline | None],
) -> list[Explanation]:
    """Adds to the reasons of explanations where in both tracks each is heard.

    Args:
        explanations: The explanations of a query's matches.
        query: The query's concepts over time; None if it is no track.
        neighbors: Those of each neighbor; None if they can't be had.
    """
    # What is nowhere has no place.
    high = [
        {reason.feature: None for reason in explanation.reasons if reason.side == "high"}
        for explanation in explanations
    ]
    every = dict.fromkeys(name for names in high for name in names)
    tracks = [(query, every), *zip(neighbors, high, strict=True)]
    found = iter(find_passages([(known, names) for known, names in tracks if known is not None]))
    here, *there = [{} if known is None else next(found) for known, _ in tracks]
    return [
        replace(
            explanation,
            reasons=tuple(
                reason.located(here.get(reason.feature), passages.get(reason.feature))
                if reason.side == "high"
                else reason
                for reason in explanation.reasons
            ),
        )
        for explanation, passages in zip(explanations, there, strict=True)
    ]
