import numpy as np
import pandas as pd
import pytest

from specrec.bootstrap import Estimate
from specrec.concepts.vocabulary import load_vocabulary
from specrec.descriptors.features import CONCEPTS
from specrec.evaluation import ground_truth
from specrec.evaluation.ground_truth import measure_ground_truth, planted_truths
from specrec.model.probe import Probe, ProbedFeature
from specrec.synthesis import STYLES
from specrec.synthesis.instruments import INSTRUMENTS
from tests.conftest import make_encoder


def test_what_is_planted_exists_and_has_a_name() -> None:
    columns = {concept.column for concept in load_vocabulary()}
    assert {*ground_truth._STYLES, *ground_truth._INSTRUMENTS} <= columns
    for having, unclear in ground_truth._STYLES.values():
        assert {*having, *unclear} <= set(STYLES)
        assert not {*having} & {*unclear}
    for players in ground_truth._INSTRUMENTS.values():
        assert {*players} <= set(INSTRUMENTS)


def test_truth_is_what_the_synthesizer_decided() -> None:
    pieces = pd.DataFrame(
        {
            "style": ["jazz", "lo-fi hip hop", "metal"],
            "chord_instrument": ["piano", "electric_piano", "distorted_guitar"],
            "lead_instrument": ["horn", "bell", "saw_lead"],
            "bass_instrument": ["upright_bass", "sub_bass", "reese_bass"],
            "percussiveness": [0.0, 0.05, 0.3],
        }
    )
    truths = planted_truths(pieces)

    def shown(name: str) -> list[bool | None]:
        known, has = truths[name]
        return [bool(has[row]) if known[row] else None for row in range(3)]

    assert shown("jazz") == [True, None, False]
    assert shown("piano") == [True, True, False]
    assert shown("brass") == [True, False, False]
    assert shown("drums") == [False, None, True]
    assert shown("singing") == shown("choir") == [False] * 3


def test_a_library_is_synthesized_and_its_concepts_are_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ground_truth, "FEWEST", 2)  # so that 20 tracks will do
    encoder, good = make_encoder(), Estimate(0.9, 0.9, 0.9)
    dim = encoder.architecture.embedding_dim
    names = ("metal", "singing")
    features = tuple(
        ProbedFeature(CONCEPTS[name], good, good, good, 0.1, 9, 9, 0.0, 0.9, -9.0) for name in names
    )
    one = np.ones(2, np.float32)
    coordinates = tuple(f"x{place}" for place in range(dim - 2)) + names
    probe = Probe("f", features, np.eye(dim, dtype=np.float32)[-2:], 0 * one, one, {}, coordinates)
    done: list[tuple[int, int]] = []
    found = measure_ground_truth(
        encoder, probe, tracks=20, seconds=1.0, on_progress=lambda *at: done.append(at)
    )
    assert done == [(step, 40) for step in range(1, 41)]
    assert found.tracks == 20
    (metal,) = found.concepts  # no track has a voice, so there is nothing to tell apart
    assert (metal.concept, metal.tracks, metal.planted) == ("metal", 20, 2)
    assert 0 <= metal.auc.low <= metal.auc.value <= metal.auc.high <= 1
    assert found.claims.pairs == 200
    voices = found.claims.of_feature.get("singing")
    assert voices is None or voices[1].value == pytest.approx(0)  # "both sung" is never true
