from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

from specrec.evaluation.ground_truth import measure_ground_truth
from specrec.evaluation.naming import FACTOR_OF, Outcome, score
from specrec.evaluation.synthetic_pairs import (
    FIELDS,
    LEVELS,
    RECIPES,
    TRITONE,
    SyntheticPair,
    draw_pairs,
)
from specrec.explain.explanation import Reason
from specrec.explain.readings import Reading
from specrec.model.probe_fit import fit_probe
from specrec.synthesis import STYLES, Piece, draw_piece
from tests.conftest import make_encoder

# The middle of what synthesized libraries have: half of them lie on either side.
MEDIANS = {
    "tempo": 122.0, "brightness": 5800.0, "noisiness": 0.1, "percussiveness": 0.25, "bass": 0.4,
    "loudness": -17.5,
}  # fmt: skip


@pytest.fixture(scope="module")
def pairs() -> list[SyntheticPair]:
    return draw_pairs(20, seed=3, seconds=2.0)


@pytest.fixture(scope="module")
def pieces() -> list[Piece]:
    """What a synthesized library is made of."""
    rng = np.random.default_rng(0)
    return [draw_piece(style, rng) for style in STYLES.values() for _ in range(40)]


def side(piece: Piece, factor: str) -> str:
    return "high" if getattr(piece, FIELDS[factor]) > MEDIANS[factor] else "low"


def test_a_pair_shares_exactly_one_factor(pairs: list[SyntheticPair]) -> None:
    assert len(pairs) == 20 * len(FIELDS)
    for pair in pairs:
        for factor in LEVELS:
            sides = {side(pair.first, factor), side(pair.second, factor)}
            assert (sides == {pair.side}) == (factor == pair.factor)
        apart = (pair.first.key - pair.second.key) % 12
        assert apart == (0 if pair.factor == "key" else TRITONE)
        assert pair.first.style != pair.second.style
        assert pair.first.seed != pair.second.seed


def test_the_medians_are_those_of_the_styles(pieces: list[Piece]) -> None:
    for factor, median in MEDIANS.items():
        share = np.mean([getattr(piece, FIELDS[factor]) < median for piece in pieces])
        assert 0.4 < share < 0.6, factor


def test_all_sides_take_turns_and_levels_are_extreme(
    pairs: list[SyntheticPair], pieces: list[Piece]
) -> None:
    assert {(pair.factor, pair.side) for pair in pairs} == {
        (plant.factor, plant.side) for plant in RECIPES
    }
    for pair in pairs:
        if pair.factor == "key":
            assert pair.first.mode == pair.second.mode
            continue
        values = [getattr(piece, FIELDS[pair.factor]) for piece in pieces]
        low, high = np.percentile(values, [30, 70])
        for piece in (pair.first, pair.second):
            value = getattr(piece, FIELDS[pair.factor])
            assert value <= low if pair.side == "low" else value >= high, pair.factor


def test_pairs_come_back_with_their_seed() -> None:
    assert draw_pairs(2, 5, 2.0) == draw_pairs(2, 5, 2.0)
    assert draw_pairs(2, 5, 2.0) != draw_pairs(2, 6, 2.0)
    assert {field.name for field in fields(Piece)} >= set(FIELDS.values())


def reason(feature: str, of_side: str, verdict: str = "both also") -> Reason:
    nowhere = Reading(0.0, 50.0, True)
    return Reason(feature, of_side, nowhere, nowhere, verdict, None)  # type: ignore[arg-type]


def test_recall_and_precision_of_planted_reasons(pairs: list[SyntheticPair]) -> None:
    def first(factor: str, of_side: str) -> SyntheticPair:
        return next(item for item in pairs if (item.factor, item.side) == (factor, of_side))

    nothing: frozenset[tuple[str, str]] = frozenset()
    outcomes = [
        # Names it, as a cause, and a collateral truth.
        Outcome(
            first("brightness", "high"),
            [reason("rolloff_hz", "high", "because"), reason("flatness", "high")],
            frozenset({("centroid_hz", "high")}),
            frozenset({("centroid_hz", "high"), ("flatness", "high")}),
        ),
        # Names the wrong side of it, and what stands for no factor.
        Outcome(
            first("brightness", "low"),
            [reason("centroid_hz", "high"), reason("pulse_clarity", "low")],
            nothing,
            nothing,
        ),
        # Says nothing.
        Outcome(first("key", "same"), [], frozenset({("key", "same")}), nothing),
        # Names it twice over: one factor.
        Outcome(
            first("loudness", "low"),
            [reason("loudness_lufs", "low"), reason("loudness", "low")],
            frozenset({("loudness", "low")}),
            frozenset({("loudness", "low")}),
        ),
    ]
    found = score(outcomes)
    shares = (found.recall, found.precision, found.true_precision, found.because_share)
    assert [share and share.value for share in shares] == [2 / 4, 2 / 4, 3 / 4, 1 / 2]
    bright = found.of_factor["brightness"]
    assert (bright.pairs, bright.named) == (2, 2)
    for share in (bright.recall, bright.audible, bright.precision):
        assert share is not None
        assert share.value == 0.5
    noisy = found.of_factor["noisiness"]
    assert (noisy.pairs, noisy.recall, noisy.named) == (0, None, 1)
    assert noisy.precision is not None
    assert noisy.precision.value == 0
    assert found.other_features == {"pulse_clarity": 1}
    assert set(FACTOR_OF.values()) == set(FIELDS)


def test_pairs_are_synthesized_measured_and_explained() -> None:
    vectors = np.random.default_rng(0).normal(size=(60, 24)).astype(np.float32)
    table = pd.DataFrame({"centroid_hz": 1500 * 2 ** vectors[:, 0]})
    probe = fit_probe(vectors, table, np.arange(60), "random")
    done: list[tuple[int, int]] = []
    found = measure_ground_truth(
        make_encoder(),
        probe,
        pairs_per_factor=1,
        background=20,
        seconds=5.0,
        on_progress=lambda *at: done.append(at),
    )
    total = 3 * (20 + 2 * len(FIELDS))
    assert [step for step, _ in done] == list(range(1, total + 1))
    assert {every for _, every in done} == {total}
    for figures in (found.measured, found.heard):
        assert figures.pairs == len(FIELDS)
    # What is measured does not depend on the model; what it does not hear, it does not say.
    loudness = [figures.of_factor["loudness"].recall for figures in (found.measured, found.heard)]
    assert [share and share.value for share in loudness] == [1.0, 0.0]
    assert found.measured.true_precision is not None
    assert found.measured.true_precision.value == 1.0
