import numpy as np
import pandas as pd
import pytest
from scipy.stats import entropy

from specrec.descriptors.features import FEATURES
from specrec.evaluation.claims import (
    check_claims,
    entropy_bits,
    hide_measured,
    measure_coverage,
    measure_specificity,
)
from specrec.evaluation.pairs import ExplainedPair, explain_pairs, statements
from specrec.explain.explainer import Explainer
from specrec.explain.explanation import Explanation, Reason
from specrec.explain.feature_stats import FeatureStats
from specrec.explain.readings import Reading
from specrec.model.probe_fit import fit_probe

TRACKS = 40


@pytest.fixture(scope="module")
def measured() -> FeatureStats:
    """Brightness rises with the row, loudness falls; of the last track no loudness is known."""
    rows = np.arange(TRACKS)
    table = pd.DataFrame({"centroid_hz": 1000.0 + rows, "loudness_lufs": -10.0 - rows, "key": 0})
    table.loc[TRACKS - 1, "loudness_lufs"] = np.nan
    return FeatureStats(table, None, np.ones((TRACKS, 2), dtype=np.float32))


def reason(feature: str, side: str, verdict: str = "both also") -> Reason:
    nowhere = Reading(0.0, 50.0, False)
    return Reason(feature, side, nowhere, nowhere, verdict, None)  # type: ignore[arg-type]


def pair(query: int, neighbor: int, *reasons: Reason) -> ExplainedPair:
    return ExplainedPair(query, neighbor, Explanation(0.5, (), 0.5, reasons, "", {}, {}))


def test_three_of_four_claims_are_true(measured: FeatureStats) -> None:
    found = check_claims(
        [
            pair(38, 37, reason("centroid_hz", "high"), reason("loudness_lufs", "low", "because")),
            pair(2, 30, reason("centroid_hz", "low")),  # the second is high
            pair(5, 6, reason("loudness_lufs", "high")),
            pair(3, 39, reason("loudness_lufs", "high")),  # one is not known
            pair(1, 2, reason("key", "same")),  # says nothing of a side
            pair(1, 3),
        ],
        measured,
    )
    assert (found.pairs, found.claims) == (6, 4)
    assert found.true_share is not None
    assert found.true_share.value == 0.75
    assert found.because_share is not None
    assert found.because_share.value == 1.0
    assert {name: (n, share.value) for name, (n, share) in found.of_feature.items()} == {
        "centroid_hz": (2, 0.5),
        "loudness_lufs": (2, 1.0),
    }


def test_nothing_said_gives_no_figure(measured: FeatureStats) -> None:
    found = check_claims([pair(1, 2)], measured)
    assert (found.claims, found.true_share, found.of_feature) == (0, None, {})


def test_a_probe_alone_claims_only_what_it_hears_and_mostly_truly() -> None:
    rng = np.random.default_rng(0)
    embeddings = rng.normal(size=(200, 8)).astype(np.float32)
    truth = 1500 * 2 ** (embeddings[:, 0] + 0.1 * rng.normal(size=200))
    table = pd.DataFrame({"centroid_hz": truth, "tempo_bpm": rng.uniform(60, 180, 200)})
    probe = fit_probe(embeddings, table, np.arange(200), "planted")
    explainer = Explainer(embeddings, FeatureStats(table, probe, embeddings))
    hidden = hide_measured(explainer)
    pairs = explain_pairs(hidden, np.arange(30), np.arange(60))
    assert all(pair.neighbor < 60 for pair in pairs)
    claims = {name for pair in pairs for name, _ in statements(pair.explanation.reasons)}
    assert claims == {"centroid_hz"}  # the tempo is not in the embedding
    assert not any(
        reading.measured
        for pair in pairs
        for item in pair.explanation.reasons
        for reading in (item.query, item.neighbor)
    )
    found = check_claims(pairs, explainer.stats)
    assert found.claims > 50
    assert found.true_share is not None
    assert found.true_share.value > 0.95


def test_coverage_is_that_of_the_interval() -> None:
    rng = np.random.default_rng(1)
    embeddings = rng.normal(size=(2000, 4)).astype(np.float32)
    octaves = embeddings[:, 0] + 0.2 * rng.normal(size=2000)
    table = pd.DataFrame({"centroid_hz": 1500 * 2**octaves, "loudness_lufs": np.nan})
    probe = fit_probe(embeddings[:1000], table[:1000], np.arange(1000), "planted")
    covered = measure_coverage(probe, embeddings, table, np.arange(1000, 2000))
    assert set(covered) == {"centroid_hz"}
    assert covered["centroid_hz"].value == pytest.approx(0.9, abs=0.04)
    off = probe.predict(embeddings[1000:])["centroid_hz"]
    scaled = np.abs(np.log2(off / table["centroid_hz"][1000:]))
    inside = (scaled <= probe.features[0].interval).mean()
    assert covered["centroid_hz"].value == pytest.approx(inside)
    assert FEATURES["centroid_hz"].scale == "log"


def test_entropy_has_its_closed_form() -> None:
    assert entropy_bits([]) == 0
    assert entropy_bits([7]) == 0
    assert entropy_bits([3, 3, 0, 3, 3]) == pytest.approx(2)
    counts = [5, 1, 12, 3]
    assert entropy_bits(counts) == pytest.approx(entropy(counts, base=2))


def test_specificity_of_planted_reasons() -> None:
    bright, dark, loud = (
        reason("centroid_hz", "high"),
        reason("centroid_hz", "low"),
        reason("loudness_lufs", "high"),
    )
    found = measure_specificity(
        [
            pair(0, 1, bright),
            pair(0, 2, bright, loud),
            pair(0, 3, dark),
            pair(0, 4),
            pair(5, 6, loud),
            pair(5, 7, loud),
            pair(8, 9, dark),  # alone: nothing to differ from
        ]
    )
    assert found.with_reason is not None
    assert found.with_reason.value == pytest.approx(6 / 7)
    assert found.first_reasons == {
        "centroid_hz high": 2, "centroid_hz low": 2, "loudness_lufs high": 2,
    }  # fmt: skip
    assert found.entropy_bits == pytest.approx(np.log2(3))
    assert found.evenness == pytest.approx(1)
    assert found.first_differs is not None
    assert found.first_differs.value == pytest.approx((2 / 3 + 0) / 2)
    assert found.named_differ is not None
    assert found.named_differ.value == pytest.approx((1 + 0) / 2)
