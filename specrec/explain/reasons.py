"""Which features a match may be put down to: shared, unusual, and heard by the model."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from specrec.descriptors.features import FEATURES, Feature
from specrec.explain.readings import Reading, Readings, Subject
from specrec.model.probe import ProbedFeature

UNUSUAL = 25.0
"""A measured value is unusual in the lowest or highest quarter of the library."""

Verdict = Literal["because", "both also"]


@dataclass(frozen=True)
class Reason:
    """A feature in which two tracks both stand away from what is usual, to the same side.

    Attributes:
        feature: Its name.
        side: Whether both are `high` or `low` in the library, or of the `same` class.
        query: Where the query stands.
        neighbor: Where the neighbor stands.
        verdict: `because` if erasing what the model knows of the feature lowers the match more
            than erasing random directions; else `both also`, a fact beside the match.
        contribution: Its part of the similarity; None for what the model does not hear.
    """

    feature: str
    side: Literal["high", "low", "same"]
    query: Reading
    neighbor: Reading
    verdict: Verdict
    contribution: float | None


def find_side(
    name: str, query: Subject, neighbor: Subject, readings: Readings
) -> Literal["high", "low", "same"] | None:
    """The side to which both tracks stand away from the median, unusually far.

    A measured value must lie in the outer quarter of the library; a predicted one, further from
    the median than the probe errs in nine tracks of ten. A confidence must also be on its side of
    one half, and a pitch class the same in both, and clear.
    """
    feature = FEATURES[name]
    if feature.kind == "class":
        return _same_class(feature, query, neighbor, readings)
    sides = {_side(feature, subject, readings) for subject in (query, neighbor)}
    return sides.pop() if len(sides) == 1 else None


def hears_side(name: str, side: str, query: Subject, neighbor: Subject, readings: Readings) -> bool:
    """Whether the probe, too, puts both tracks on that side of the median, or in one class."""
    first, second = (readings.predicted(name, subject) for subject in (query, neighbor))
    if side == "same":
        return first == second
    center = readings.median(name)
    return min(first, second) > center if side == "high" else max(first, second) < center


def _side(feature: Feature, subject: Subject, readings: Readings) -> Literal["high", "low"] | None:
    reading = readings.read(feature.name, subject)
    if reading is None:
        return None
    center = readings.median(feature.name)
    side: Literal["high", "low"] = "high" if reading.value > center else "low"
    if feature.kind == "confidence" and (reading.value > 0.5) != (side == "high"):
        return None
    if reading.measured:
        far = abs(reading.percentile - 50) >= 50 - UNUSUAL
    else:
        values = np.array([reading.value, center])
        off = np.ptp(feature.to_scale(values)[:, 0])
        far = bool(off > _probed(readings, feature.name).interval)
    return side if far else None


def _same_class(
    feature: Feature, query: Subject, neighbor: Subject, readings: Readings
) -> Literal["same"] | None:
    pair = [readings.read(feature.name, subject) for subject in (query, neighbor)]
    if any(reading is None or not reading.measured for reading in pair):
        return None
    if feature.scale != "circular" or pair[0] != pair[1]:
        return None  # mode and meter: half of all tracks share them
    modes = {mode for mode in (_mode(query), _mode(neighbor)) if mode is not None}
    return "same" if len(modes) < 2 and _clear(query, neighbor, readings) else None


def _clear(query: Subject, neighbor: Subject, readings: Readings) -> bool:
    """Whether two tracks together have as clear a key as most."""
    known = [subject.known.get("tonal_clarity") for subject in (query, neighbor)]
    clarity = [value for value in known if value is not None]
    return not clarity or float(np.mean(clarity)) >= readings.median("tonal_clarity")


def _mode(subject: Subject) -> bool | None:
    """Whether a track is in major; None if that is unknown."""
    if "mode" in subject.known:
        return subject.known["mode"] > 0.5
    return subject.known["majorness"] > 0 if "majorness" in subject.known else None


def _probed(readings: Readings, name: str) -> ProbedFeature:
    assert readings.probe is not None
    return next(item for item in readings.probe.features if item.feature.name == name)
