"""The features of tracks, read together: values, percentiles, and on which side they stand out."""

import math
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from specrec.shapes import Bool, Float64, Int8


@dataclass(frozen=True)
class Reading:
    """A feature of one track.

    Attributes:
        value: The value in the feature's unit.
        percentile: Share of the collection's tracks with a lower value, in percent; equal ones
            count half. For a pitch class, the share of tracks in other keys.
        measured: Whether the value was measured or is from a table; else it is predicted.
        predicted: The value that the probe predicts from the embedding, also if a value was
            measured; None if it doesn't predict the feature.
    """

    value: float
    percentile: float
    measured: bool
    predicted: float | None = None


Readings = Mapping[str, Reading]
"""The features of one track, by name."""


@dataclass(frozen=True, eq=False)
class ReadingTable:
    """The features of some tracks: one row a track, one column a feature.

    Attributes:
        names: Names of the features.
        values: Values in the features' units; NaN where unknown.
        percentiles: As in `Reading`.
        measured: As in `Reading`.
        predicted: As in `Reading`; NaN where nothing is predicted.
        sides: 1 where a track stands unusually far above the collection's median, -1 where below,
            else 0, as for features that have no order.
    """

    names: tuple[str, ...]
    values: Float64[np.ndarray, "tracks features"]
    percentiles: Float64[np.ndarray, "tracks features"]
    measured: Bool[np.ndarray, "tracks features"]
    predicted: Float64[np.ndarray, "tracks features"]
    sides: Int8[np.ndarray, "tracks features"]

    @cached_property
    def column_of(self) -> dict[str, int]:
        """The column of each feature, by name."""
        return {name: column for column, name in enumerate(self.names)}


class TrackReadings(Mapping[str, Reading]):
    """The features of one track, by name: a row of a table, whose readings are made when asked for.

    Most are never asked for, and making them takes longer than finding a track's neighbors.
    """

    def __init__(self, table: ReadingTable, row: int) -> None:
        self._table = table
        self._row = row
        self._made: dict[str, Reading] = {}

    @property
    def sides(self) -> Int8[np.ndarray, " features"]:
        """The track's row of `ReadingTable.sides`."""
        return self._table.sides[self._row]

    def side(self, name: str) -> int:
        """On which side of the median the track stands out in a feature; 0 if on none."""
        column = self._table.column_of.get(name)
        return 0 if column is None else int(self._table.sides.item(self._row, column))

    def with_those_of(self, other: "TrackReadings", names: Set[str]) -> "TrackReadings":
        """The same readings, but some features, where they are known, from another track."""
        mine, theirs = self._table, other._table
        taken = np.array([name in names for name in mine.names], dtype=bool)
        taken &= np.isfinite(theirs.values[other._row])
        joined = [
            np.where(taken, getattr(theirs, part)[other._row], getattr(mine, part)[self._row])[None]
            for part in ("values", "percentiles", "measured", "predicted", "sides")
        ]
        return TrackReadings(ReadingTable(mine.names, *joined), 0)

    def __getitem__(self, name: str) -> Reading:
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = self._make(name)
        return made

    def _make(self, name: str) -> Reading:
        table = self._table
        cell = self._row, table.column_of[name]
        value, foreseen = table.values.item(cell), table.predicted.item(cell)
        if math.isnan(value):
            raise KeyError(name)
        known = None if math.isnan(foreseen) else foreseen
        return Reading(value, table.percentiles.item(cell), table.measured.item(cell), known)

    def __contains__(self, name: object) -> bool:
        column = self._table.column_of.get(name)  # type: ignore[call-overload]
        return column is not None and math.isfinite(self._table.values.item(self._row, column))

    def __iter__(self) -> Iterator[str]:
        known = np.isfinite(self._table.values[self._row])
        return (self._table.names[column] for column in np.flatnonzero(known))

    def __len__(self) -> int:
        return int(np.isfinite(self._table.values[self._row]).sum())

    def __repr__(self) -> str:
        return repr(dict(self))
