"""Clusters named from their own centers, relative to the library they are in."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from specrec.descriptors.vocabulary import noun
from specrec.shapes import Float64, Int
from specrec.study.words import degree, distinct, on_scale

STANDS_OUT = 0.5
"""Standard deviations of the library by which a cluster's mean differs where a name says so: a
medium effect (Cohen 1988)."""

SLIGHT = 0.2
"""Standard deviations from which a name says `slightly`, only to tell two clusters apart."""

FEWEST = 5
"""Tracks with a value of a feature from which a cluster's name may say something of it."""

MIDDLE = "no feature stands out"
TOO_FEW = "too few tracks to name"

_NOISE = 3.0  # standard errors that a difference must exceed
_WORDS = 2  # features in a name; more only where two names would be the same


@dataclass(frozen=True)
class Standing:
    """Where a cluster stands in a feature.

    Attributes:
        feature: Name of the feature.
        mean: Mean of the cluster's tracks, in the feature's unit.
        median: Median of the cluster's tracks, in the feature's unit.
        usual: Mean of the library's tracks, in the feature's unit.
        difference: Between the means of cluster and library on the feature's scale, in standard
            deviations of the library's tracks.
        error: Standard error of that difference, from the cluster's own spread.
        agrees: Whether mean and median in the feature's unit differ to the same side.
    """

    feature: str
    mean: float
    median: float
    usual: float
    difference: float
    error: float
    agrees: bool

    @property
    def beyond_noise(self) -> bool:
        """Whether the difference is significant, and mean and median in the unit agree on it."""
        return self.agrees and abs(self.difference) > _NOISE * self.error

    @property
    def phrase(self) -> str | None:
        """The words for a name, such as `energetic`; None if nothing stands out."""
        if not self.beyond_noise or abs(self.difference) < SLIGHT:
            return None
        if abs(self.difference) >= STANDS_OUT:
            return degree(self.feature, self.mean, self.difference > 0)
        word = "higher" if self.difference > 0 else "lower"
        return f"slightly {word} {noun(self.feature)}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {name: value for name, value in asdict(self).items() if name != "agrees"}


def profile_clusters(
    features: pd.DataFrame, labels: Int[np.ndarray, " tracks"], count: int
) -> list[tuple[Standing, ...]]:
    """Where each cluster stands in each feature, what stands out most first.

    Args:
        features: One row a track, in the features' units; NaN where nothing is known.
        labels: The cluster of each track, from 0.
        count: Number of clusters.
    """
    scaled = on_scale(features)
    names = [
        (str(name), features[name].to_numpy(np.float64, na_value=np.nan), scaled[:, place])
        for place, name in enumerate(features)
        if np.isfinite(scaled[:, place]).any()
    ]
    profiles = []
    for label in range(count):
        own = labels == label
        standings = [
            _standing(name, values, on, own)
            for name, values, on in names
            if np.isfinite(on[own]).sum() >= FEWEST
        ]
        profiles.append(tuple(sorted(standings, key=lambda item: -abs(item.difference))))
    return profiles


def _standing(
    name: str,
    values: Float64[np.ndarray, " tracks"],
    scaled: Float64[np.ndarray, " tracks"],
    own: np.ndarray,
) -> Standing:
    spread = float(np.nanstd(scaled)) or 1.0
    inside = scaled[own & np.isfinite(scaled)]
    difference = float(inside.mean() - np.nanmean(scaled)) / spread
    mean, median = float(np.nanmean(values[own])), float(np.nanmedian(values[own]))
    usual = float(np.nanmean(values))
    side = np.sign(difference)
    agrees = side * (mean - usual) > 0 and side * (median - float(np.nanmedian(values))) > 0
    error = float(inside.std(ddof=1)) / spread / len(inside) ** 0.5
    return Standing(name, mean, median, usual, difference, error, bool(agrees))


def name_clusters(
    profiles: Sequence[Sequence[Standing]], features: pd.DataFrame
) -> tuple[str, ...]:
    """A name for each cluster, true of its center, and no two the same.

    A name says what stands out most, by `STANDS_OUT` and beyond noise, of features that do not
    repeat each other; clusters that would share a name get further features, at last a number.

    Args:
        profiles: Profiles as `profile_clusters` returns them.
        features: Features of all tracks, one row a track.
    """
    correlations = features.corr("spearman").fillna(0.0)
    phrases, lengths = [], []
    for profile in profiles:
        telling = {item.feature: item for item in profile if item.phrase is not None}
        strong = [name for name, item in telling.items() if abs(item.difference) >= STANDS_OUT]
        first = distinct(strong, correlations)
        rest = [name for name in telling if name not in first]
        said = dict.fromkeys(telling[name].phrase or "" for name in first + rest)
        phrases.append([*said])  # loud by a table and loud as measured is loud
        lengths.append(min(len(first), len(said), _WORDS))
    names = [_joined(own[:length]) for own, length in zip(phrases, lengths, strict=True)]
    names = [name if profile else TOO_FEW for name, profile in zip(names, profiles, strict=True)]
    while True:
        counts = Counter(names)
        shared = [place for place, name in enumerate(names) if counts[name] > 1]
        growing = [place for place in shared if lengths[place] < len(phrases[place])]
        if not growing:
            return _numbered(names)
        for place in growing:
            lengths[place] += 1
            names[place] = _joined(phrases[place][: lengths[place]])


def _joined(phrases: Sequence[str]) -> str:
    strong = [phrase for phrase in phrases if not phrase.startswith("slightly")]
    return ", ".join(phrases if strong else [MIDDLE, *phrases])


def _numbered(names: Sequence[str]) -> tuple[str, ...]:
    """Names that are still shared, with a number after each but the first."""
    seen: Counter[str] = Counter()
    numbered = []
    for name in names:
        seen[name] += 1
        numbered.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(numbered)
