"""The vocabulary of features: names, units, and the scale on which each is compared.

A feature is a column of the catalog: measured from the waveform, read from a table, or predicted by
a probe under the same name. A concept, such as `piano`, is only ever read from an embedding. Needs
no torch.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from specrec.concepts.vocabulary import load_vocabulary
from specrec.shapes import Float

Kind = Literal["amount", "confidence", "class", "presence"]
Scale = Literal["linear", "log", "logit", "circular"]

_EDGE = 0.005  # how near 0 and 1 a share may come before its logit is held


@dataclass(frozen=True)
class Feature:
    """A named property of a track.

    Attributes:
        name: Name of its column.
        unit: Unit of its values; empty for numbers from 0 to 1.
        kind: `amount` for more or less of something; `confidence` for how likely something is, as
            Echo Nest's acousticness; `class` for values without an order; `presence` for a concept
            that a track has or has not.
        scale: The scale on which differences are comparable: `linear`, `log` for frequencies and
            tempo, `logit` for shares, `circular` for pitch classes on the circle of fifths.
        lowest: Smallest meaningful value, to which smaller ones are clipped; only for `log`.
    """

    name: str
    unit: str
    kind: Kind
    scale: Scale
    lowest: float = 0.0

    @property
    def columns(self) -> int:
        """How many numbers represent a value on the scale: 2 if it is circular, else 1."""
        return 2 if self.scale == "circular" else 1

    def to_scale(self, values: Float[np.ndarray, " tracks"]) -> Float[np.ndarray, "tracks columns"]:
        """Converts values in the unit to the scale; NaN stays NaN."""
        if self.scale == "circular":
            angle = 2 * np.pi * (values * 7 % 12) / 12
            return np.stack([np.cos(angle), np.sin(angle)], axis=1)
        if self.scale == "log":
            values = np.log2(np.maximum(values, self.lowest))
        elif self.scale == "logit":
            held = np.clip(values, _EDGE, 1 - _EDGE)
            values = np.log(held / (1 - held))
        return values[:, None].astype(np.float64)

    def from_scale(
        self, scaled: Float[np.ndarray, "tracks columns"]
    ) -> Float[np.ndarray, " tracks"]:
        """Inverts `to_scale`; a point off the circle is projected onto it."""
        if self.scale == "circular":
            fifths = np.arctan2(scaled[:, 1], scaled[:, 0]) / (2 * np.pi) * 12
            nearest: np.ndarray = np.rint(fifths) * 7 % 12
            return nearest
        values: np.ndarray = scaled[:, 0]
        if self.scale == "log":
            values = 2.0**values
        elif self.scale == "logit":
            values = 0.5 * (1 + np.tanh(values / 2))  # the logistic function, without overflow
        return values


MEASURED = (
    Feature("tempo_bpm", "bpm", "amount", "log", lowest=20.0),
    Feature("pulse_clarity", "", "amount", "logit"),
    Feature("onset_rate_hz", "1/s", "amount", "log", lowest=0.1),
    Feature("loudness_lufs", "LUFS", "amount", "linear"),
    Feature("loudness_range_lu", "LU", "amount", "linear"),
    Feature("centroid_hz", "Hz", "amount", "log", lowest=20.0),
    Feature("bandwidth_hz", "Hz", "amount", "log", lowest=20.0),
    Feature("rolloff_hz", "Hz", "amount", "log", lowest=20.0),
    Feature("flatness", "", "amount", "log", lowest=1e-6),
    Feature("percussive_share", "", "amount", "logit"),
    Feature("bass_share", "", "amount", "logit"),
    Feature("tonal_clarity", "", "amount", "linear"),
    Feature("majorness", "", "amount", "linear"),
    Feature("key", "pitch class", "class", "circular"),
)
"""The features that `specrec.descriptors.measure` measures."""

HUMAN = (
    Feature("energy", "", "amount", "logit"),
    Feature("danceability", "", "amount", "logit"),
    Feature("valence", "", "amount", "logit"),
    Feature("acousticness", "", "confidence", "logit"),
    Feature("instrumentalness", "", "confidence", "logit"),
    Feature("liveness", "", "confidence", "logit"),
    Feature("speechiness", "", "confidence", "logit"),
    Feature("loudness", "dB", "amount", "linear"),
    Feature("mode", "", "class", "linear"),
    Feature("time_signature", "beats per bar", "class", "linear"),
)
"""The features in tables of Spotify and Echo Nest, besides `key`."""

FEATURES = {feature.name: feature for feature in (*MEASURED, *HUMAN)}
"""The features that are measured or stand in tables, by name."""

CONCEPTS = {
    concept.column: Feature(concept.column, "", concept.kind, "linear")
    for concept in load_vocabulary()
    if "measured" not in concept.sources
}
"""The concepts that only an embedding tells, by name: 0 is usual, 1 a standard deviation more."""

PROPERTIES = FEATURES | CONCEPTS
"""All that can be said of a track, by name."""

SYNONYMS = {"tempo": "tempo_bpm"}
"""Names of features by the names that tables give them."""


def feature_name(column: str) -> str:
    """Finds the name of the feature in a table's column: its own name if it has no synonym.

    >>> feature_name("tempo"), feature_name("energy")
    ('tempo_bpm', 'energy')
    """
    return SYNONYMS.get(column, column)
