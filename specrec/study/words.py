"""How a study speaks of features: `energetic`, `more bass`."""

import numpy as np
import pandas as pd

from specrec.descriptors.features import FEATURES
from specrec.descriptors.vocabulary import WORDS, noun
from specrec.shapes import Float64

REDUNDANT = 0.85
"""Rank correlation from which a second feature adds nothing to a name."""

_MIDDLE = 0.5  # of a share


def degree(feature: str, mean: float, above: bool) -> str:
    """What a mean that stands out from the library's is called.

    A share from 0 to 1 has a middle of its own: 0.84 of energy is never calm, however energetic the
    rest of a library is, only `lower energy`.

    >>> degree("bass_share", 0.1, above=False), degree("my_rating", 4.5, above=True)
    ('light on bass', 'high my rating')

    Args:
        feature: Name of the feature.
        mean: The mean, in the feature's unit.
        above: Whether it is above the library's mean.
    """
    known = FEATURES.get(feature)
    own_middle = known is not None and known.scale == "logit"
    word = "high" if above else "low"
    if own_middle and (mean > _MIDDLE) != above:
        return f"{word}er {noun(feature)}"
    words = WORDS.get(feature)
    adjective = "" if words is None else words.high if above else words.low
    return adjective or f"{word} {noun(feature)}"


def direction(feature: str, above: bool) -> str:
    """Where an axis leads: `more energy`."""
    rate = feature == "tempo_bpm"
    word = ("higher" if above else "lower") if rate else ("more" if above else "less")
    return f"{word} {noun(feature)}"


def on_scale(features: pd.DataFrame) -> Float64[np.ndarray, "tracks features"]:
    """Features on the scales on which equal differences sound equal; NaN stays NaN."""
    columns = []
    for name in features:
        values = features[name].to_numpy(np.float64, na_value=np.nan)
        known = FEATURES.get(str(name))
        columns.append(values if known is None else known.to_scale(values)[:, 0])
    return np.stack(columns, axis=1) if columns else np.zeros((len(features), 0))


def distinct(names: list[str], correlations: "pd.DataFrame", most: int | None = None) -> list[str]:
    """The first names of a list none of which says what one before it has said.

    Args:
        names: Names of features, the weightiest first.
        correlations: Rank correlations of all features.
        most: How many names to keep; None for all.
    """
    kept: list[str] = []
    for name in names:
        if all(abs(correlations.loc[name, other]) < REDUNDANT for other in kept):
            kept.append(name)
    return kept[:most]
