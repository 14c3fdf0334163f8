import librosa
import numpy as np
import pytest

from specrec.descriptors.rhythm import (
    onset_strength,
    peaks,
    rhythm,
    tempo_evidence,
    tempo_odds,
)
from specrec.descriptors.spectrum import mel_power, power_spectrogram
from specrec.synthesis import STYLES, click_track, draw_piece, render, tone, white_noise


def measured(samples: np.ndarray) -> dict[str, float]:
    return rhythm(mel_power(power_spectrogram(samples)))


@pytest.mark.parametrize("bpm", [72.0, 90.0, 120.0, 150.0, 163.0])
def test_clicks_have_their_tempo_and_a_clear_pulse(bpm: float) -> None:
    clicks = measured(click_track(bpm, 15))
    assert clicks["tempo_bpm"] == pytest.approx(bpm, rel=0.01)
    assert clicks["onset_rate_hz"] == pytest.approx(bpm / 60, rel=0.06)
    assert clicks["tempo_confidence"] > 0.6
    assert clicks["pulse_clarity"] > 0.8


@pytest.mark.parametrize("bpm", [42.0, 50.0, 60.0, 110.0, 174.0, 187.0, 200.0, 215.0])
def test_even_clicks_are_neither_doubled_nor_halved(bpm: float) -> None:
    assert measured(click_track(bpm, 20))["tempo_bpm"] == pytest.approx(bpm, rel=0.02)


@pytest.mark.parametrize("bpm", [50.0, 75.0, 100.0, 130.0])
def test_weaker_clicks_halfway_are_no_beats(bpm: float) -> None:
    both = click_track(bpm, 20) + np.float32(0.4) * click_track(2 * bpm, 20)
    assert measured(both)["tempo_bpm"] == pytest.approx(bpm, rel=0.02)


def test_what_could_be_half_or_double_is_said_with_less_confidence() -> None:
    plain, doubled = click_track(80, 20), click_track(160, 20)
    confidence = [
        measured(plain + np.float32(weaker) * doubled)["tempo_confidence"]
        for weaker in (0.0, 0.4, 0.7)
    ]
    assert confidence[0] > 0.9
    assert min(confidence) == confidence[2] < 0.8


def test_confidence_is_a_probability_over_all_tempi() -> None:
    for samples in (click_track(97, 12), white_noise(12, np.random.default_rng(0))):
        odds = tempo_odds(tempo_evidence(mel_power(power_spectrogram(samples))))
        assert odds.sum() == pytest.approx(1)
        assert (odds >= 0).all()


def test_noise_over_the_clicks_blurs_the_pulse() -> None:
    rng = np.random.default_rng(0)
    clicks, noise = click_track(120, 10), white_noise(10, rng)
    clarity = [
        measured(clicks + np.float32(level) * noise)["pulse_clarity"] for level in (0, 0.1, 0.5)
    ]
    assert clarity[0] > clarity[1] > clarity[2]


def test_irregular_clicks_have_a_rate_and_less_of_a_pulse() -> None:
    rng = np.random.default_rng(3)
    at = np.cumsum(rng.uniform(0.15, 0.9, 24))
    clicks = librosa.clicks(times=at, sr=22_050, length=22_050 * 14).astype(np.float32)
    irregular = measured(clicks)
    inside = int((at < 14).sum())
    assert irregular["onset_rate_hz"] * 14 == pytest.approx(inside, abs=1)
    assert irregular["pulse_clarity"] < 0.5


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_noise_has_no_tempo(seed: int) -> None:
    noise = measured(white_noise(12, np.random.default_rng(seed)))
    assert np.isnan(noise["tempo_bpm"])
    assert noise["onset_rate_hz"] < 0.3


def test_a_steady_tone_has_no_tempo_and_no_onsets() -> None:
    steady = measured(tone(440, 10))
    assert np.isnan(steady["tempo_bpm"])
    assert steady["pulse_clarity"] < 0.05
    assert steady["onset_rate_hz"] <= 0.2


def test_two_seconds_are_too_few_for_a_tempo() -> None:
    short = measured(click_track(120, 2))
    assert np.isnan([short["tempo_bpm"], short["tempo_confidence"], short["pulse_clarity"]]).all()
    assert short["onset_rate_hz"] > 0


def test_onset_strength_and_its_peaks_are_librosas() -> None:
    music = render(draw_piece(STYLES["house"], np.random.default_rng(0), 6.0), 22_050)
    mel = mel_power(power_spectrogram(music))
    decibels = 10 * np.log10(np.maximum(mel.T, 1e-6 * mel.mean()))
    expected = librosa.onset.onset_strength(S=decibels, sr=22_050, hop_length=512, center=False)
    strength = onset_strength(mel)
    np.testing.assert_allclose(strength, expected, atol=1e-4)
    picked = librosa.util.peak_pick(
        strength, pre_max=1, post_max=1, pre_avg=4, post_avg=5, delta=0.5, wait=1
    )
    np.testing.assert_array_equal(peaks(strength, 0.5), picked)
