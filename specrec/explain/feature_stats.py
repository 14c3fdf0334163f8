"""What a collection says of features: what is usual in it, and where a track stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from jaxtyping import Float, Float32, Float64

from specrec.descriptors.features import FEATURES, Feature
from specrec.model.probe import Probe

FEWEST = 20
"""Tracks with a value below which a collection says nothing of what is usual."""

_SAMPLE = 50_000
"""Tracks of a larger collection that say what is usual: percentiles err by about 0.2."""


@dataclass(frozen=True)
class Reading:
    """A feature of one track.

    Attributes:
        value: In the feature's unit.
        percentile: Share of the collection's tracks with a lower value, in percent; equal ones
            count half. Of a pitch class, the share of tracks in other keys.
        measured: Whether the value was measured or stands in a table; else it is predicted.
        predicted: What the probe predicts from the embedding, whether or not a value was
            measured; None if it doesn't predict the feature.
    """

    value: float
    percentile: float
    measured: bool
    predicted: float | None = None


Readings = Mapping[str, Reading]
"""The features of one track, by name."""


class FeatureStats:
    """The features of a collection's tracks, and their distribution.

    Attributes:
        probe: What predicts features from an embedding; None if nothing does.
    """

    def __init__(
        self,
        table: pd.DataFrame,
        probe: Probe | None,
        embeddings: Float32[np.ndarray, "tracks dim"],
    ) -> None:
        """Reads the columns of a table that are named as features.

        Args:
            table: What is known of each track, one row each; NaN where nothing is.
            probe: Fills in what is not known, for the features that it predicts well enough.
            embeddings: Centered embeddings of the tracks.
        """
        self.probe = probe
        self._embeddings = embeddings
        self._usable = {} if probe is None else {item.feature.name: item for item in probe.usable()}
        self._known: dict[str, np.ndarray] = {}
        for name in (name for name in FEATURES if name in table):
            column = pd.to_numeric(table[name], errors="coerce")
            self._known[name] = column.to_numpy(np.float64, na_value=np.nan)

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """The features with enough values to say what is usual."""
        return tuple(FEATURES[name] for name in self._usual)

    @cached_property
    def _usual(self) -> dict[str, Float64[np.ndarray, " values"]]:
        """Their values over the collection, or a sample of it, ascending."""
        chosen = np.arange(len(self._embeddings))
        if len(chosen) > _SAMPLE:
            chosen = np.sort(np.random.default_rng(0).permutation(chosen)[:_SAMPLE])
        sample, usual = np.asarray(self._embeddings[chosen]), {}
        for name in FEATURES:
            values = self._predict(name, sample).astype(np.float64)
            if name in self._known:
                here = self._known[name][chosen]
                values = np.where(np.isnan(here), values, here)
            values = np.sort(values[np.isfinite(values)])
            if len(values) >= FEWEST:
                usual[name] = values
        return usual

    def known(self, row: int) -> dict[str, float]:
        """The features of a track of the collection that were measured or stand in the table."""
        known = {name: float(values[row]) for name, values in self._known.items()}
        return {name: value for name, value in known.items() if np.isfinite(value)}

    def readings(
        self, embedding: Float[np.ndarray, " dim"], known: Mapping[str, float]
    ) -> dict[str, Reading]:
        """Where a track stands in each feature of which its value and what is usual are known.

        Args:
            embedding: The track's centered embedding, from which the probe predicts.
            known: Features that were measured or stand in a table, by name, in their units.
        """
        found = {}
        for name in self._usual:
            guess = float(self._predict(name, embedding[None])[0])
            value = known.get(name, guess)
            if np.isfinite(value):
                predicted = guess if np.isfinite(guess) else None
                place = self.percentile(name, value)
                found[name] = Reading(value, place, name in known, predicted)
        return found

    def readings_of(self, row: int) -> dict[str, Reading]:
        """Where a track of the collection stands, as `readings`."""
        return self.readings(np.asarray(self._embeddings[row]), self.known(row))

    def median(self, name: str) -> float:
        """The collection's median of a feature, in its unit."""
        return float(np.median(self._usual[name]))

    def percentile(self, name: str, value: float) -> float:
        """Share of the tracks with a lower value, in percent; equal ones count half."""
        usual = self._usual[name]
        if FEATURES[name].scale == "circular":
            return float(100 * (usual != value).mean())
        below, upto = np.searchsorted(usual, value), np.searchsorted(usual, value, "right")
        return float(100 * (below + upto) / (2 * len(usual)))

    def prediction_error(self, name: str) -> float:
        """What nine of ten predictions of a feature are not further off than, on its scale."""
        return self._usable[name].interval

    def _predict(
        self, name: str, embeddings: Float[np.ndarray, "tracks dim"]
    ) -> Float[np.ndarray, " tracks"]:
        if self.probe is None or name not in self._usable:
            return np.full(len(embeddings), np.nan)
        return FEATURES[name].from_scale(self.probe.scaled(embeddings, name))
