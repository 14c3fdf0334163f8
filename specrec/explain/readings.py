"""What a library says of its tracks' features: measured where known, else predicted."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float, Float32

from specrec.descriptors.features import FEATURES
from specrec.model.probe import Probe

FEWEST = 20
"""Tracks with a value below which a library says nothing of what is usual."""

_SAMPLE = 50_000
"""Tracks of a larger library that say what is usual: percentiles err by about 0.2."""


@dataclass(frozen=True)
class Reading:
    """A feature of one track.

    Attributes:
        value: In the feature's unit.
        percentile: Share of the library's tracks with a lower value, in percent; equal ones count
            half. Of a pitch class, the share of other keys.
        measured: Whether it was measured or stands in a table; else the probe's prediction.
    """

    value: float
    percentile: float
    measured: bool


@dataclass(frozen=True, eq=False)
class Subject:
    """A track that is spoken of.

    Attributes:
        embedding: Centered.
        known: Features that were measured or stand in a table, by name.
    """

    embedding: Float32[np.ndarray, " dim"]
    known: Mapping[str, float]


class Readings:
    """The features of a library's tracks: what is usual, and where a track stands.

    Attributes:
        probe: What predicts from an embedding; None if there is nothing.
        features: Those of which the library knows what is usual.
    """

    def __init__(
        self,
        table: pd.DataFrame,
        probe: Probe | None,
        embeddings: Float32[np.ndarray, "tracks dim"],
    ) -> None:
        """Reads the columns of the table that are named as features.

        Args:
            table: What is known of each track; NaN where nothing is.
            probe: Fills in what is not known, for the features that it predicts well enough.
            embeddings: Of the tracks, centered.
        """
        self.probe = probe
        self._embeddings = embeddings
        self._usable = set() if probe is None else {item.feature.name for item in probe.usable()}
        self._known: dict[str, np.ndarray] = {}
        self._usual: dict[str, np.ndarray] = {}
        chosen = np.arange(len(embeddings))
        if len(chosen) > _SAMPLE:
            chosen = np.sort(np.random.default_rng(0).permutation(chosen)[:_SAMPLE])
        sample = np.asarray(embeddings[chosen])
        for name in FEATURES:
            known = np.full(len(embeddings), np.nan)
            if name in table:
                column = pd.to_numeric(table[name], errors="coerce")
                known = column.to_numpy(np.float64, na_value=np.nan)
            here = known[chosen]
            filled = np.where(np.isnan(here), self._predict(name, sample), here)
            usual = np.sort(filled[np.isfinite(filled)])
            if len(usual) >= FEWEST:
                self._known[name], self._usual[name] = known, usual
        self.features = tuple(FEATURES[name] for name in self._usual)

    def subject(self, row: int) -> Subject:
        """A track of the library."""
        known = {name: float(values[row]) for name, values in self._known.items()}
        finite = {name: value for name, value in known.items() if np.isfinite(value)}
        return Subject(np.asarray(self._embeddings[row]), finite)

    def read(self, name: str, subject: Subject) -> Reading | None:
        """A feature of a track; None if it is not known of it, or of too few of the library's."""
        if name not in self._usual:
            return None
        known = name in subject.known
        value = subject.known[name] if known else self.predicted(name, subject)
        return Reading(value, self.percentile(name, value), known) if np.isfinite(value) else None

    def predicted(self, name: str, subject: Subject) -> float:
        """What the probe says of a track; NaN where it predicts no such feature."""
        return float(self._predict(name, subject.embedding[None])[0])

    def median(self, name: str) -> float:
        """The library's median of a feature, in its unit."""
        return float(np.median(self._usual[name]))

    def percentile(self, name: str, value: float) -> float:
        """Share of the tracks with a lower value, in percent; equal ones count half."""
        usual = self._usual[name]
        if FEATURES[name].scale == "circular":
            return float(100 * (usual != value).mean())
        below, upto = np.searchsorted(usual, value), np.searchsorted(usual, value, "right")
        return float(100 * (below + upto) / (2 * len(usual)))

    def _predict(
        self, name: str, embeddings: Float32[np.ndarray, "tracks dim"]
    ) -> Float[np.ndarray, " tracks"]:
        if self.probe is None or name not in self._usable:
            return np.full(len(embeddings), np.nan)
        return FEATURES[name].from_scale(self.probe.scaled(embeddings, name))
