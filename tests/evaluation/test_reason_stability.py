from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from specrec.audio.decoding import decode
from specrec.audio.loading import load
from specrec.descriptors.measure import measure
from specrec.descriptors.spectrum import SAMPLE_RATE
from specrec.evaluation.pairs import nearest
from specrec.evaluation.reason_stability import (
    FAINT,
    HISS_DB,
    compare_reasons,
    measure_reason_stability,
)
from specrec.explain.directions import find_directions
from specrec.explain.explainer import Explainer
from specrec.explain.explanation import Explanation, Reason
from specrec.explain.feature_stats import FeatureStats
from specrec.explain.readings import Reading
from specrec.model.embedding import embed_waveform
from tests.conftest import make_encoder
from tests.sounds import make_music

TRACKS = 24


def explanation(*named: tuple[str, str, str]) -> Explanation:
    nowhere = Reading(0.0, 50.0, True)
    reasons = tuple(
        Reason(feature, side, nowhere, nowhere, verdict, None)  # type: ignore[arg-type]
        for feature, side, verdict in named
    )
    return Explanation(0.5, (), 0.5, reasons, "", {}, {})


BRIGHT = ("centroid_hz", "high", "because")
LOUD = ("loudness_lufs", "high", "both also")
SLOW = ("tempo_bpm", "low", "both also")
TONAL = ("tonal_clarity", "high", "both also")


def test_reasons_are_compared_by_feature_and_side() -> None:
    before = explanation(BRIGHT, LOUD)
    assert compare_reasons(before, explanation(BRIGHT, LOUD)) == (True, True, True)
    dark = ("centroid_hz", "low", "because")
    assert compare_reasons(before, explanation(dark, LOUD)) == (False, False, False)
    beside = ("centroid_hz", "high", "both also")
    assert compare_reasons(before, explanation(LOUD, beside)) == (False, True, True)
    # A sentence names two facts at most: the third does not count.
    facts = explanation(LOUD, SLOW, TONAL)
    assert compare_reasons(facts, explanation(LOUD, SLOW)) == (True, True, True)
    assert compare_reasons(facts, explanation(LOUD, TONAL)) == (True, True, False)


def test_white_noise_is_added_at_its_level(tmp_path: Path) -> None:
    path = make_music(tmp_path / "music", 1) / "track 0.wav"
    original = decode(path)
    file = tmp_path / "hiss.wav"
    file.write_bytes(FAINT[f"white noise at {HISS_DB:.0f} dB"](path, original))
    noise = decode(file).samples.astype(np.float64) - original.samples
    level = 10 * np.log10(np.square(noise).mean() / np.square(original.samples).mean())
    assert level == pytest.approx(HISS_DB, abs=0.3)
    assert abs(np.corrcoef(noise[1:], noise[:-1])[0, 1]) < 0.03  # white


def test_reasons_are_those_of_the_altered_file(tmp_path: Path) -> None:
    music = make_music(tmp_path / "music", TRACKS)
    paths = [music / f"track {number}.wav" for number in range(TRACKS)]
    encoder = make_encoder()
    vectors = np.stack(
        [embed_waveform(encoder, load(path, SAMPLE_RATE)).embedding for path in paths]
    )
    table = pd.DataFrame([measure(load(path, SAMPLE_RATE)) for path in paths])[["centroid_hz"]]
    table["energy"] = np.linspace(0, 1, TRACKS)
    # The library's shares are of other files: nothing that is measured anew is like them.
    table["percussive_share"] = np.tile([0.98, 0.983, 0.987, 0.99], TRACKS // 4)
    directions = find_directions(None, vectors.shape[1])
    explainer = Explainer(vectors, FeatureStats(table, None, vectors), directions)
    queries = np.array([0, 1])
    pairs = [
        item
        for row in queries.tolist()
        for item in explainer.explain_row(row, nearest(vectors, row))
    ]
    done: list[tuple[int, int]] = []

    def listen(*measured: str) -> dict[str, float]:
        found = measure_reason_stability(
            explainer,
            encoder,
            queries,
            [paths[row] for row in queries],
            frozenset(measured),
            lambda *at: done.append(at),
        )
        assert list(found) == list(FAINT)
        for item in found.values():
            assert (item.pairs, item.refused) == (sum(bool(x.reasons) for x in pairs), 0)
        return {name: item.named_kept.value for name, item in found.items() if item.named_kept}

    assert sum(bool(item.reasons) for item in pairs) > 5
    assert set(listen().values()) == {1.0}  # all of it is a table's, and stays
    assert done == [(1, 2), (2, 2)]
    assert set(listen("centroid_hz").values()) == {1.0}
    assert max(listen("centroid_hz", "percussive_share").values()) < 1
