"""The distribution of features in a collection, and where a track stands in it."""

import math
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from specrec.descriptors.features import CONCEPTS, PROPERTIES, Feature
from specrec.descriptors.known import as_numbers
from specrec.explain.readings import ReadingTable, TrackReadings
from specrec.explain.sorted_columns import SortedColumns
from specrec.model.distribution import Distribution, distribution_of
from specrec.model.probe import Probe
from specrec.shapes import Bool, Float, Float32, Float64, Int8

if TYPE_CHECKING:
    from specrec.descriptors.known import Column

UNUSUAL = 25.0
"""Percentage at either end of the library in which a measured value counts as unusual, with all
tracks of the same value."""

COMMON = 40.0
"""Percentage at either end of the library in which a concept that is there, or not, is said."""

_NEVER = -math.inf, math.inf


class FeatureStats:
    """The features of a collection's tracks, and their distribution.

    Attributes:
        probe: Predicts features from an embedding; None if there is no probe.
    """

    def __init__(
        self,
        table: "Mapping[str, Column]",
        probe: Probe | None,
        embeddings: Float32[np.ndarray, "tracks dim"],
        predicted: Set[str] = frozenset(),
        distribution: Distribution | None = None,
    ) -> None:
        """Reads the columns of a table that have the names of features.

        Args:
            table: Features of the tracks by name, as a frame has them; NaN where unknown.
            probe: Fills in unknown values of the features that it predicts well enough.
            embeddings: Centered embeddings of the tracks.
            predicted: Columns of the table whose values are a probe's predictions.
            distribution: That of the features, if it is known already.
        """
        self.probe = probe
        self._predicted = predicted
        self._embeddings = embeddings
        self._stored = distribution
        self._usable = {} if probe is None else {item.feature.name: item for item in probe.usable()}
        self._known = {name: as_numbers(table[name]) for name in PROPERTIES if name in table}

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """The features with enough values to know their distribution."""
        return tuple(PROPERTIES[name] for name in self.distribution)

    @cached_property
    def classes(self) -> frozenset[str]:
        """Names of those of them that have no order, such as the key."""
        return frozenset(feature.name for feature in self.features if feature.kind == "class")

    @cached_property
    def distribution(self) -> Distribution:
        """The distribution of the features with enough values."""
        if self._stored is not None:
            return self._stored
        return distribution_of(self._known, self.probe, self._embeddings)

    @cached_property
    def _ordered(self) -> SortedColumns:
        """The same, as it is searched."""
        return SortedColumns([*self.distribution.values()])

    def tells(self, name: str) -> bool:
        """Whether a feature is known of some track, or predicted well enough."""
        return name in self._usable or bool(np.isfinite(self._known.get(name, np.nan)).any())

    def values(self, name: str) -> Float64[np.ndarray, " tracks"]:
        """A feature of every track in its unit: known, else predicted; NaN if neither."""
        known = self._known.get(name, np.full(len(self._embeddings), np.nan))
        if self.probe is None or name not in self._usable:
            return known
        scaled = self.probe.scaled(np.asarray(self._embeddings), name)
        predicted = PROPERTIES[name].from_scale(scaled).astype(np.float64)
        return np.where(np.isnan(known), predicted, known)

    def known(self, row: int) -> dict[str, float]:
        """Known features of a track, measured or from a table, by name and in their units."""
        known = {name: values.item(row) for name, values in self._known.items()}
        return {name: value for name, value in known.items() if math.isfinite(value)}

    def readings(
        self,
        embeddings: Float[np.ndarray, "tracks dim"],
        known: Sequence[Mapping[str, float]],
    ) -> list[TrackReadings]:
        """Reads value and percentile of tracks in each feature that is known or predicted.

        Args:
            embeddings: Centered embeddings of the tracks, from which the probe predicts.
            known: Features of each track that were measured or are from a table, by name and in
                their units.
        """
        predicted = self._predictions(embeddings)
        predicted[~np.isfinite(predicted)] = np.nan
        values, measured = predicted.copy(), np.zeros(predicted.shape, dtype=bool)
        for row, of_track in enumerate(known):
            for name, value in of_track.items():
                column = self._columns.get(name)
                if column is not None:
                    values[row, column] = value
                    measured[row, column] = name not in self._predicted
        percentiles, beyond = self._places(values)
        sides = self._sides(values, percentiles, beyond, measured)
        names = tuple(self.distribution)
        table = ReadingTable(names, values, percentiles, measured, predicted, sides)
        return [TrackReadings(table, row) for row in range(len(embeddings))]

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {name: column for column, name in enumerate(self.distribution)}

    def in_order(self, names: Iterable[str]) -> list[str]:
        """Sorts names of `features` as these are."""
        return sorted(names, key=self._columns.__getitem__)

    def _predictions(
        self, embeddings: Float[np.ndarray, "tracks dim"]
    ) -> Float64[np.ndarray, "tracks features"]:
        """What `predict` says, as a table; NaN where it says nothing."""
        found = np.full((len(embeddings), len(self.distribution)), np.nan)
        if self.probe is None:
            return found
        scaled = embeddings @ self.probe.weight.T + self.probe.bias
        columns, rows, others = self._predictors
        found[:, columns] = scaled[:, rows]
        for column, feature, where in others:
            found[:, column] = feature.from_scale(scaled[:, where])
        return found

    @cached_property
    def _predictors(self) -> tuple[list[int], list[int], list[tuple[int, Feature, slice]]]:
        """Where the predictions of `features` stand among those of the probe.

        Columns and the probe's rows of those on a linear scale; column, feature and rows of each of
        the others, whose scale must be turned into their unit.
        """
        columns, rows, others = [], [], []
        for column, name in enumerate(self.distribution):
            if self.probe is None or name not in self._usable:
                continue
            feature, where = self._usable[name].feature, self.probe.rows(name)
            if feature.scale == "linear":
                columns.append(column)
                rows.append(where.start)
            else:
                others.append((column, feature, where))
        return columns, rows, others

    def _sides(
        self,
        values: Float64[np.ndarray, "tracks features"],
        percentiles: Float64[np.ndarray, "tracks features"],
        beyond: Float64[np.ndarray, "tracks features"],
        measured: Bool[np.ndarray, "tracks features"],
    ) -> Int8[np.ndarray, "tracks features"]:
        """On which side of the median tracks stand out; see `UNUSUAL` and `COMMON`."""
        rules = self._rules
        sides = np.where(values > rules.medians, 1, -1)
        unclear = rules.confidence & ((values > 0.5) != (sides > 0))
        far = beyond <= UNUSUAL
        guessed = rules.predicted & ~measured
        for column in np.flatnonzero(guessed.any(axis=0)).tolist():
            of_track, feature = guessed[:, column], self.features[column]
            off = feature.to_scale(values[of_track, column])[:, 0] - rules.scaled_medians[column]
            far[of_track, column] = np.abs(off) > rules.errors[column]
        sides[unclear | ~far | rules.unordered] = 0
        there = (values >= rules.present) & (percentiles >= 100 - COMMON)
        absent = (values <= rules.absent) & (percentiles <= COMMON)
        sides = np.where(rules.concepts, there.astype(int) - (absent & ~there), sides)
        return np.where(np.isnan(values), 0, sides).astype(np.int8)

    @cached_property
    def _rules(self) -> "_Rules":
        names, features = list(self.distribution), self.features
        concepts = np.array([name in CONCEPTS for name in names], dtype=bool)
        usable = np.array([name in self._usable for name in names], dtype=bool)
        unordered = np.array([feature.kind == "class" for feature in features], dtype=bool)
        said = [self.said(name) if name in self._usable else _NEVER for name in names]
        errors = [self.prediction_error(name) if name in self._usable else 0.0 for name in names]
        return _Rules(
            np.array([self.median(name) for name in names]),
            np.array([feature.kind == "confidence" for feature in features], dtype=bool),
            unordered,
            concepts,
            usable,
            usable & ~concepts & ~unordered,
            np.array(
                [
                    feature.to_scale(np.array([self.median(feature.name)]))[0, 0]
                    for feature in features
                ]
            ),
            np.array(errors),
            np.array([absent for absent, _ in said]),
            np.array([present for _, present in said]),
        )

    def median(self, name: str) -> float:
        """The collection's median of a feature, in its unit."""
        return self._medians[name]

    @cached_property
    def _medians(self) -> dict[str, float]:
        return {  # which are sorted
            name: float(values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2
            for name, values in self.distribution.items()
        }

    def percentile(self, name: str, value: float) -> float:
        """Share of the tracks with a lower value, from 0 to 100; equal ones count half."""
        values = np.full((1, len(self.distribution)), np.nan)
        values[0, self._columns[name]] = value
        return float(self._places(values)[0][0, self._columns[name]])

    def _places(
        self, values: Float64[np.ndarray, "tracks features"]
    ) -> tuple[Float64[np.ndarray, "tracks features"], Float64[np.ndarray, "tracks features"]]:
        """Percentiles, and how many percent of the tracks are as far out at the nearer end."""
        known = self._ordered
        below, up_to = known.counts(values)
        shares = 100 * (below + up_to) / (2 * known.sizes)
        apart = 100 * (1 - (up_to - below) / known.sizes)
        beyond = 100 * np.minimum(up_to, known.sizes - below) / known.sizes
        return np.where(self._circular, apart, shares), beyond

    @cached_property
    def _circular(self) -> Bool[np.ndarray, " features"]:
        return np.array([feature.scale == "circular" for feature in self.features], dtype=bool)

    @cached_property
    def sayable(self) -> tuple[str, ...]:
        """The concepts that can be said to be there, by their columns."""
        return tuple(name for name, item in self._usable.items() if item.present is not None)

    @cached_property
    def present(self) -> Float64[np.ndarray, " concepts"]:
        """The values from which on the `sayable` concepts are there."""
        return np.array([self.said(name)[1] for name in self.sayable], dtype=np.float64)

    def amounts(
        self, embeddings: Float[np.ndarray, "tracks dim"]
    ) -> Float64[np.ndarray, "tracks concepts"]:
        """Predicts the `sayable` concepts, whose scale is linear, all at once."""
        weight, bias = self._amounts
        found: np.ndarray = embeddings.astype(np.float64) @ weight + bias
        return found

    @cached_property
    def _amounts(
        self,
    ) -> tuple[Float64[np.ndarray, "dim concepts"], Float64[np.ndarray, " concepts"]]:
        """Weights and biases of the `sayable` concepts."""
        if self.probe is None:
            return np.zeros((self._embeddings.shape[1], 0)), np.zeros(0)
        rows = [self.probe.rows(name).start for name in self.sayable]
        weight, bias = self.probe.weight[rows], self.probe.bias[rows]
        return weight.T.astype(np.float64), bias.astype(np.float64)

    @cached_property
    def rare(self) -> Bool[np.ndarray, " features"]:
        """Which of the features are concepts that half of the collection lacks."""
        rules = self._rules
        lacking: np.ndarray = self._places(rules.absent[None])[0][0] >= 50
        return rules.concepts & rules.usable & lacking

    def said(self, name: str) -> tuple[float, float]:
        """The values of a concept up to which it is not there, and from which on it is.

        They are infinite where that can't be told from any value.
        """
        item = self._usable[name]
        absent = -math.inf if item.absent is None else item.absent
        return absent, math.inf if item.present is None else item.present

    def prediction_error(self, name: str) -> float:
        """The error, on the feature's scale, that nine of ten predictions stay within."""
        return self._usable[name].interval

    def predicted_changes(
        self,
        names: Sequence[str],
        start: Float[np.ndarray, " dim"],
        ends: Float[np.ndarray, "features dim"],
    ) -> list[tuple[float, float] | None]:
        """Predicts how features change between embeddings, each as (from, to) in its unit.

        Args:
            names: Features that the probe predicts well enough.
            start: The embedding from which each changes.
            ends: For each feature, the embedding to which it changes.

        Returns:
            None in place of a change to a value that is not between the lowest and the highest in
            the collection: 40 onsets per second are no music.
        """
        with np.errstate(over="ignore"):  # what is too far away is not possible either
            predicted = self.predict(np.vstack([start, ends]))
        changes: list[tuple[float, float] | None] = []
        for place, name in enumerate(names, 1):
            before, after = float(predicted[name][0]), float(predicted[name][place])
            known = self.distribution.get(name)
            possible = known is None or known[0] <= after <= known[-1]
            changes.append((before, after) if possible else None)
        return changes

    def predict(
        self, embeddings: Float[np.ndarray, "tracks dim"]
    ) -> dict[str, Float64[np.ndarray, " tracks"]]:
        """Predicts the features that the probe predicts well enough, in their units, by name."""
        predicted = {} if self.probe is None else self.probe.predict(embeddings)
        return {
            name: values.astype(np.float64)
            for name, values in predicted.items()
            if name in self._usable
        }


@dataclass(frozen=True, eq=False)
class _Rules:
    """By which a value counts as standing out; one number a feature."""

    medians: Float64[np.ndarray, " features"]
    confidence: Bool[np.ndarray, " features"]
    unordered: Bool[np.ndarray, " features"]
    concepts: Bool[np.ndarray, " features"]
    usable: Bool[np.ndarray, " features"]
    predicted: Bool[np.ndarray, " features"]
    scaled_medians: Float64[np.ndarray, " features"]
    errors: Float64[np.ndarray, " features"]
    absent: Float64[np.ndarray, " features"]
    present: Float64[np.ndarray, " features"]
