"""What the tracks of a library are heard to be, and what some of them have in common."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from specrec.concepts.vocabulary import load_vocabulary
from specrec.descriptors.features import CONCEPTS
from specrec.descriptors.vocabulary import WORDS
from specrec.recommend.collection import Collection
from specrec.recommend.concepts import present_in
from specrec.shapes import Int
from specrec.study.dataset import known_of
from specrec.study.naming import FEWEST, STANDS_OUT, Standing, profile_clusters
from specrec.study.words import distinct

_ONE = np.int64(0)


@dataclass(frozen=True)
class Common:
    """Something of which some tracks have more than the library, or less.

    Attributes:
        feature: The column of a concept, or the name of a feature.
        name: What it is called.
        more: Whether they have more of it.
        difference: Between their mean and the library's, in standard deviations of the library's
            tracks.
        above: Share of the library's tracks that have less of it than their median, from 0 to 1.
    """

    feature: str
    name: str
    more: bool
    difference: float
    above: float


def heard_in(collection: Collection) -> pd.DataFrame:
    """How much each track has of each concept of which the library has some, one column a concept.

    Of what is there in hardly a track, some tracks have more than others, too: game music with
    drums has more reggae than game music without, and is none. Where no concept is told, the
    columns are features that have an order, in their units.
    """
    stats = collection.stats
    present = present_in(stats)
    told = {
        concept.column: stats.values(concept.feature)
        for concept in load_vocabulary()
        if stats.tells(concept.feature)
        and (
            concept.feature not in CONCEPTS
            or (concept.name in present and present[concept.name].sum() >= FEWEST)
        )
    }
    return pd.DataFrame(told) if told else known_of(collection.feature_sources)[0]


def common_to(heard: pd.DataFrame, rows: Int[np.ndarray, " rows"], most: int) -> list[Common]:
    """Says what some tracks have in common: of which they have more than the library, or less.

    Args:
        heard: What all tracks are heard to be, as `heard_in` says it.
        rows: Places of the tracks.
        most: The most things that are said.

    Returns:
        What stands out most first; nothing unless it stands out by half a standard deviation and
        beyond noise, for which it takes five tracks.
    """
    labels = np.ones(len(heard), np.int64)
    labels[rows] = _ONE
    (profile,) = profile_clusters(heard, labels, 1)
    said = standing_out(profile, heard)[:most]
    found = []
    for item in said:
        values = heard[item.feature].to_numpy(np.float64)
        less = np.nanmean(values < item.median)
        more = item.difference > 0
        found.append(
            Common(item.feature, called(item.feature, more), more, item.difference, float(less))
        )
    return found


def standing_out(profile: Sequence[Standing], heard: pd.DataFrame) -> list[Standing]:
    """The parts of a profile that are worth a word, none of which repeats another."""
    strong = {
        item.feature: item
        for item in profile
        if item.beyond_noise and abs(item.difference) >= STANDS_OUT
    }
    correlations = heard[list(strong)].corr("spearman").fillna(0.0)
    return [strong[name] for name in distinct(list(strong), correlations)]


def called(feature: str, more: bool) -> str:
    """What tracks are that have much of a feature, or little."""
    if feature not in WORDS:
        return feature.replace("_", " ")
    return WORDS[feature].high if more else WORDS[feature].low
