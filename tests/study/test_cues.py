import numpy as np
import pandas as pd
import pytest
from scipy.stats import mannwhitneyu, spearmanr

from specrec.audio.waveform import Waveform
from specrec.descriptors.mel_db import FLOOR_DB, NOTEBOOK, mel_db
from specrec.study.association import cliffs_delta, holm, rank_correlation
from specrec.study.cues import CLAIMS, Claim, check_claims
from specrec.study.spectrogram_cues import CUES, cues_of

RATE = 22_050
FRAMES_PER_SECOND = RATE / 512
SECONDS = 10


def seen(samples: np.ndarray) -> dict[str, float]:
    picture = mel_db(Waveform(samples.astype(np.float32), RATE), NOTEBOOK)
    return cues_of(picture[:, 4:-4], FRAMES_PER_SECOND)  # a tone's ends are clicks


@pytest.fixture(scope="module")
def sounds() -> dict[str, dict[str, float]]:
    rng = np.random.default_rng(0)
    time = np.arange(SECONDS * RATE) / RATE
    regular, random = np.zeros(len(time)), np.zeros(len(time))
    regular[:: RATE // 2] = 1
    random[rng.integers(len(time), size=2 * SECONDS)] = 1
    return {
        "noise": seen(0.1 * rng.normal(size=len(time))),
        "tone": seen(0.5 * np.sin(2 * np.pi * 440 * time)),
        "high tone": seen(0.5 * np.sin(2 * np.pi * 6000 * time)),
        "regular clicks": seen(regular),
        "random clicks": seen(random),
    }


def test_noise_is_bright_and_dense_and_a_tone_sparse_and_dark(
    sounds: dict[str, dict[str, float]],
) -> None:
    noise, tone = sounds["noise"], sounds["tone"]
    assert noise["density"] == noise["upper_density"] == 1
    assert tone["density"] < 0.1
    assert tone["upper_density"] == 0
    assert noise["darkness"] < 0.3 < 0.8 < tone["darkness"]
    assert noise["upper_level_db"] > -20 > -70 > tone["upper_level_db"]
    assert sounds["high tone"]["upper_density"] > 0


def test_a_steady_tone_is_smooth_and_repeats(sounds: dict[str, dict[str, float]]) -> None:
    assert sounds["tone"]["time_roughness_db"] < 0.5 < 1.5 < sounds["noise"]["time_roughness_db"]
    assert sounds["noise"]["band_roughness_db"] < sounds["tone"]["band_roughness_db"]
    assert sounds["tone"]["irregularity"] < 0.1


def test_random_clicks_are_irregular_and_a_beat_is_not(
    sounds: dict[str, dict[str, float]],
) -> None:
    assert sounds["regular clicks"]["irregularity"] < 0.15
    assert sounds["random clicks"]["irregularity"] > 0.5
    assert sounds["noise"]["irregularity"] > 0.8


def test_cues_of_a_picture_by_hand() -> None:
    picture = np.full((4, 3), FLOOR_DB)
    picture[3] = [0.0, -10.0, -30.0]
    picture[0] = [-50.0, -80.0, -80.0]
    cues = cues_of(picture, 1000.0)
    assert cues["upper_level_db"] == pytest.approx((-240 - 40) / 6)
    assert cues["upper_density"] == pytest.approx(3 / 6)
    assert cues["density"] == pytest.approx(3 / 12)
    assert cues["darkness"] == pytest.approx((40 + 210 + 480) / 12 / 80)
    # Along time: 10 and 20 above, 30 below; pairs at the floor are left out.
    assert cues["time_roughness_db"] == pytest.approx((10 + 20 + 30) / 3)
    assert cues["band_roughness_db"] == pytest.approx((30 + 80 + 70 + 50) / 4)
    assert np.isnan(cues["irregularity"])


def test_irregularity_is_that_of_a_loop_over_moves() -> None:
    rng = np.random.default_rng(1)
    picture = np.clip(-40 + 10 * rng.normal(size=(6, 120)).cumsum(axis=1), -80, 0)
    changes = picture - picture.mean(axis=1, keepdims=True)
    best = -1.0
    for lag in range(round(0.25 * 12), 4 * 12 + 1):
        early, late = changes[:, :-lag].ravel(), changes[:, lag:].ravel()
        best = max(best, early @ late / np.sqrt((early @ early) * (late @ late)))
    assert cues_of(picture, 12.0)["irregularity"] == pytest.approx(1 - best)


def test_correlation_is_spearmans_and_its_interval_holds_the_truth() -> None:
    rng = np.random.default_rng(2)
    held = 0
    for trial in range(60):
        first = rng.normal(size=80)
        second = first + rng.normal(size=80)
        estimate, _ = rank_correlation(first, second, np.arange(80), trial)
        assert estimate.value == pytest.approx(spearmanr(first, second).statistic)
        # Of a normal pair with r = 1 / sqrt(2) (Pearson 1907).
        held += estimate.low <= 6 / np.pi * np.arcsin(0.5**0.5 / 2) <= estimate.high
    assert held >= 51  # 57 are expected; binomial, one in a hundred


def test_groups_that_are_alike_widen_the_interval() -> None:
    rng = np.random.default_rng(3)
    first, second = np.repeat(rng.normal(size=(2, 20)), 10, axis=1)
    alone, _ = rank_correlation(first, second, np.arange(200))
    tied, _ = rank_correlation(first, second, np.repeat(np.arange(20), 10))
    assert tied.high - tied.low > 2 * (alone.high - alone.low)


def test_cliffs_delta_is_a_count_of_pairs_and_scipys_u() -> None:
    rng = np.random.default_rng(4)
    high, low = rng.integers(6, size=30).astype(float), rng.integers(5, size=20).astype(float)
    pairs = np.sign(high[:, None] - low[None, :])
    assert cliffs_delta(high, low) == pytest.approx(pairs.mean())
    statistic = mannwhitneyu(high, low).statistic
    assert cliffs_delta(high, low) == pytest.approx(2 * statistic / 600 - 1)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def look(tracks: int, seed: int, strength: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Features, and cues of which all follow the claims by a strength."""
    rng = np.random.default_rng(seed)
    hidden = {name: rng.normal(size=tracks) for name in ("energy", "acousticness", "valence")}
    features = pd.DataFrame({name: 1 / (1 + np.exp(-value)) for name, value in hidden.items()})
    cues = pd.DataFrame(rng.normal(size=(tracks, len(CUES))), columns=list(CUES))
    for claim in CLAIMS:
        cues[claim.cue] += strength * claim.sign * hidden[claim.feature]
    return features, cues


def test_what_was_planted_is_supported_and_its_opposite_is_not() -> None:
    features, cues = look(300, 0, 1.0)
    findings = check_claims(CLAIMS, features, {"energy": "table"}, cues, np.arange(300) // 2)
    assert {item.verdict for item in findings} == {"supported"}
    assert findings[0].source == "table"
    assert findings[0].groups == 150
    for item in findings:
        assert item.correlation is not None
        assert item.effect is not None
        assert np.sign(item.correlation.value) == np.sign(item.effect) == item.claim.sign
    turned = [Claim(one.feature, one.side, one.cue, not one.more, "the opposite") for one in CLAIMS]
    findings = check_claims(turned, features, {}, cues, np.arange(300))
    assert {item.verdict for item in findings} == {"not supported"}


def test_without_any_association_any_claim_is_supported_in_one_of_twenty_catalogs() -> None:
    supported, verdicts = 0, set()
    for seed in range(60):
        features, cues = look(150, seed, 0.0)
        found = {item.verdict for item in check_claims(CLAIMS, features, {}, cues, np.arange(150))}
        supported += "supported" in found
        verdicts |= found
    assert supported <= 7  # at most 3 are expected
    assert "not supported" in verdicts


def test_little_data_and_unknown_features_are_said() -> None:
    features, cues = look(25, 0, 1.0)
    claims = check_claims(CLAIMS, features.drop(columns="valence"), {}, cues, np.arange(25))
    assert [item.verdict for item in claims] == ["too little data"] * 6 + ["not known here"] * 2
    features, cues = look(200, 0, 1.0)
    (one,) = check_claims(CLAIMS[:1], features, {}, cues, np.arange(200) // 40)
    assert one.verdict == "too little data"  # of five artists


def test_an_effect_too_small_to_matter_is_not_support() -> None:
    features, cues = look(10_000, 0, 0.05)
    (one,) = check_claims(CLAIMS[:1], features, {}, cues, np.arange(10_000) // 10)
    assert one.correlation is not None
    assert 0 < one.correlation.low < one.correlation.high < 0.1
    assert one.verdict == "not supported"
