"""Finds the reasons for a match: features that are shared, unusual, and in the embedding."""

from collections.abc import Sequence, Set

import numpy as np

from specrec.concepts.vocabulary import load_vocabulary
from specrec.descriptors.features import PROPERTIES, Feature
from specrec.explain.explanation import Contribution, Reason, Side, Verdict
from specrec.explain.feature_stats import FeatureStats
from specrec.explain.readings import Reading, Readings, TrackReadings

BY_FEATURE = {concept.feature: concept for concept in load_vocabulary()}
"""The concepts of the vocabulary, by what tells them: their own column, or a measured feature."""

BY_COLUMN = {concept.column: concept for concept in load_vocabulary()}
"""The concepts of the vocabulary, by the names of their features."""


def find_reasons(
    contributions: Sequence[Contribution],
    query: TrackReadings,
    neighbor: TrackReadings,
    stats: FeatureStats,
    shared: Set[str],
) -> list[Reason]:
    """Finds the reasons for a match: causes first, then features that both tracks merely share.

    Args:
        contributions: What each group of features adds to the similarity, the largest first; only
            those are needed of which a member is in `shared`.
        query: The query's features, with their percentiles.
        neighbor: The neighbor's features, with their percentiles.
        stats: The distribution of features in the library.
        shared: The features that may be reasons, which `sharable_names` finds.
    """
    because: list[Reason] = []
    beside: list[Reason] = []
    grouped: set[str] = set()
    for item in contributions:
        grouped.update(item.members)
        if shared.isdisjoint(item.members):
            continue
        verdict: Verdict = "because" if item.causal else "both also"
        reason = _shared(item.members, item.value, verdict, query, neighbor, stats)
        if reason is not None:
            (because if reason.verdict == "because" else beside).append(reason)
    for name in stats.in_order(shared - grouped):
        reason = _shared((name,), None, "both also", query, neighbor, stats)
        if reason is not None:
            beside.append(reason)
    found = because + sorted(beside, key=_commonness)
    return [reason for reason in found if _sensible(reason, found)]


def _sensible(reason: Reason, found: Sequence[Reason]) -> bool:
    """Whether a reason can be said: a woman's voice only where there is singing."""
    concept = BY_COLUMN.get(reason.feature)
    if concept is None:
        return True
    if reason.side == "low" and concept.low is None:
        return False
    if concept.needs is None:
        return True
    sung = {
        BY_COLUMN[item.feature].name
        for item in found
        if item.feature in BY_COLUMN and item.side == "high"
    }
    return concept.needs in sung


def _shared(
    names: Sequence[str],
    contribution: float | None,
    verdict: Verdict,
    query: TrackReadings,
    neighbor: TrackReadings,
    stats: FeatureStats,
) -> Reason | None:
    """Picks one feature of a group in which both tracks stand out in the same way.

    Causes come before facts, and rare values before common ones. A feature that the embedding does
    not show in that way, or that lowers the similarity, is a fact if it was measured.
    """
    causes: list[Reason] = []
    facts: list[Reason] = []
    for name in names:
        side = shared_side(name, query, neighbor, stats)
        if side is None:
            continue
        first, second = query[name], neighbor[name]
        adds = contribution is not None and contribution > 0
        # Without a probe it is the features themselves that are compared.
        if adds and (
            stats.probe is None or _predicts_side(side, first, second, stats.median(name))
        ):
            found = causes if verdict == "because" else facts
            found.append(Reason(name, side, first, second, verdict, contribution))
        elif first.measured and second.measured:
            facts.append(Reason(name, side, first, second, "both also", None))
    found = causes or facts
    return found[0] if len(found) == 1 else min(found, key=_commonness, default=None)


def _commonness(reason: Reason) -> float:
    """Percentage of the library's tracks that stand out as far; rare reasons are named first."""
    if reason.side == "same":
        return 100 - reason.query.percentile
    first, second = reason.query.percentile, reason.neighbor.percentile
    return 50 - min(abs(first - 50), abs(second - 50))


def sharable_names(
    query: TrackReadings,
    neighbor: TrackReadings,
    stats: FeatureStats,
    asked: Set[str] = frozenset(),
) -> frozenset[str]:
    """Names the features that may be reasons for a match.

    These are the ones in which both tracks stand out on the same side, and classes, such as the
    key. That a concept is absent is a reason only if it tells something: if most of the library has
    it, or if it was asked for.
    """
    same = (query.sides == neighbor.sides) & (query.sides != 0)
    told = same & ((query.sides > 0) | ~stats.rare)
    names = {stats.features[place].name for place in np.flatnonzero(told).tolist()}
    names |= {
        name for name in asked if query.side(name) and query.side(name) == neighbor.side(name)
    }
    return frozenset(names | stats.classes)


def shared_side(
    name: str, query: TrackReadings, neighbor: TrackReadings, stats: FeatureStats
) -> Side | None:
    """Finds the side of the median on which both tracks stand unusually far out.

    A measured value must be in the outer quarter of the library; a predicted one further from the
    median than the probe's error in nine of ten tracks. A confidence must also be on its side of
    one half, and a pitch class must be clear and the same in both. A concept must be there or not,
    and in the upper or lower part of the library.
    """
    if name in stats.classes:
        there = name in query and name in neighbor
        return _same_class(PROPERTIES[name], query, neighbor, stats) if there else None
    side = query.side(name)
    if side == 0 or side != neighbor.side(name):
        return None
    return "high" if side > 0 else "low"


def _predicts_side(side: Side, first: Reading, second: Reading, median: float) -> bool:
    """Whether the probe too predicts both tracks on that side of the median, or in one class."""
    if first.predicted is None or second.predicted is None:
        return False
    if side == "same":
        return first.predicted == second.predicted
    pair = (first.predicted, second.predicted)
    return min(pair) > median if side == "high" else max(pair) < median


def _same_class(
    feature: Feature, query: Readings, neighbor: Readings, stats: FeatureStats
) -> Side | None:
    first, second = query[feature.name], neighbor[feature.name]
    if not (first.measured and second.measured):
        return None
    if feature.scale != "circular" or first.value != second.value:
        return None  # mode and meter: half of all tracks share them
    modes = {mode for mode in (_mode(query), _mode(neighbor)) if mode is not None}
    return "same" if len(modes) < 2 and _clear(query, neighbor, stats) else None


def _clear(query: Readings, neighbor: Readings, stats: FeatureStats) -> bool:
    """Whether the mean tonal clarity of two tracks is at least the median."""
    known = [_measured("tonal_clarity", readings) for readings in (query, neighbor)]
    clarity = [value for value in known if value is not None]
    return not clarity or float(np.mean(clarity)) >= stats.median("tonal_clarity")


def _mode(readings: Readings) -> bool | None:
    """Whether a track is in major; None if that is unknown."""
    mode, majorness = _measured("mode", readings), _measured("majorness", readings)
    if mode is not None:
        return mode > 0.5
    return None if majorness is None else majorness > 0


def _measured(name: str, readings: Readings) -> float | None:
    reading = readings.get(name)
    return reading.value if reading is not None and reading.measured else None
