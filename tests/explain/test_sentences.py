import numpy as np
import pandas as pd
import pytest

from specrec.bootstrap import Estimate
from specrec.descriptors.features import CONCEPTS
from specrec.explain.explanation import Contribution, Reason, Side, Verdict
from specrec.explain.feature_stats import FeatureStats
from specrec.explain.readings import Reading
from specrec.explain.reasons import find_reasons, sharable_names
from specrec.explain.sentences import place_text, sentence
from specrec.model.probe import Probe, ProbedFeature

GOOD = Estimate(0.9, 0.9, 0.9)


def reason(feature: str, verdict: Verdict, side: Side = "high") -> Reason:
    reading = Reading(1.0, 95.0 if side == "high" else 5.0, measured=False)
    return Reason(feature, side, reading, reading, verdict, 0.1)


def test_the_concrete_comes_before_the_abstract_and_of_each_family_one_is_named() -> None:
    reasons = [
        reason("angry", "because"),
        reason("shouted_vocals", "because"),
        reason("sad", "because"),
        reason("distorted_guitar", "because"),
    ]
    assert sentence(0.8, 0.0, reasons) == (
        "Because both have shouted vocals and a distorted guitar, and are angry."
    )


def test_loud_as_measured_and_by_a_table_is_loud_once() -> None:
    reasons = [reason("loudness", "because"), reason("loudness_lufs", "both also")]
    assert sentence(0.8, 0.0, reasons) == "Because both are loud (top 5 %)."


def test_the_third_of_a_hundred_is_among_three_of_a_hundred() -> None:
    table = pd.DataFrame({"energy": np.linspace(0.1, 0.9, 100)})
    stats = FeatureStats(table, None, np.zeros((100, 1), np.float32))
    places = [stats.percentile("energy", value) for value in table["energy"]]
    lowest = [f"lowest {rank} %" for rank in range(1, 51)]
    highest = [f"top {rank} %" for rank in range(50, 0, -1)]
    assert [place_text(place) for place in places] == lowest + highest


def test_that_a_concept_is_there_is_said_only_as_a_cause() -> None:
    reasons = [
        reason("jazz", "because"),
        reason("piano", "both also"),
        reason("drums", "both also", "low"),
        reason("calm", "both also"),
    ]
    assert (
        sentence(0.8, 0.0, reasons)
        == "Because both are jazz; both also have no drums and are calm."
    )


@pytest.mark.parametrize(("rare", "asked", "said"), [(0, "", 1), (40, "", 0), (40, "drums", 1)])
def test_an_absence_is_told_where_most_of_the_library_has_it(
    rare: int, asked: str, said: int
) -> None:
    item = ProbedFeature(
        CONCEPTS["drums"], GOOD, GOOD, GOOD, 0.1, 50, 50, 0.0, auc=0.9, present=1.0, absent=-0.5
    )
    one = np.ones(1, np.float32)
    probe = Probe("f", (item,), np.ones((1, 1), np.float32), 0 * one, one, {}, ("drums",))
    embeddings = np.ones((60, 1), np.float32)
    embeddings[: 5 + rare] = -1 - np.arange(5 + rare, dtype=np.float32)[:, None] / 100
    stats = FeatureStats(pd.DataFrame(index=range(60)), probe, embeddings)
    first, second = stats.readings(embeddings[[3 + rare, 4 + rare]], [{}, {}])
    part = Contribution("drums", ("drums",), 0.1, 0.1, 0.05, 1, 2, None)
    shared = sharable_names(first, second, stats, frozenset({asked}))
    reasons = find_reasons([part], first, second, stats, shared)
    assert [(item.feature, item.side) for item in reasons] == [("drums", "low")] * said
