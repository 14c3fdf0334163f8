import librosa
import numpy as np
import pytest

from specrec.descriptors.spectrum import SAMPLE_RATE, power_spectrogram
from specrec.descriptors.tonality import pitch_classes, tonality, tuning_semitones
from specrec.synthesis import (
    STYLES,
    cadence,
    chord,
    click_track,
    draw_piece,
    render,
    white_noise,
)


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("key", range(12))
def test_a_cadence_tells_its_key_and_mode(key: int, mode: str) -> None:
    measured = tonality(cadence(key, mode))
    assert measured["key"] == key
    assert (measured["majorness"] > 0.02) == (mode == "major")
    assert (measured["majorness"] < -0.02) == (mode == "minor")
    assert measured["tonal_clarity"] > 0.8


@pytest.mark.parametrize("cents", [-40, 30])
def test_tuning_moves_no_pitch_class(cents: int) -> None:
    triad = [pitch + cents / 100 for pitch in (62, 66, 69)]
    shares = pitch_classes(chord(triad, 3))
    assert set(np.argsort(shares)[-3:]) == {2, 6, 9}


@pytest.mark.parametrize(
    "samples",
    [white_noise(8, np.random.default_rng(0)), click_track(120, 8)],
    ids=["noise", "clicks"],
)
def test_noise_and_clicks_have_no_key(samples: np.ndarray) -> None:
    measured = tonality(samples)
    assert np.isnan(measured["key"])
    assert np.isnan(measured["majorness"])
    assert measured["tonal_clarity"] < 0.4


def test_silence_has_no_key() -> None:
    measured = tonality(np.zeros(2 * SAMPLE_RATE, dtype=np.float32))
    assert np.isnan(measured["key"])
    assert measured["tonal_clarity"] == 0


@pytest.mark.parametrize("style", ["folk", "jazz", "orchestral", "techno"])
def test_tuning_and_pitch_classes_are_librosas(style: str) -> None:
    music = render(draw_piece(STYLES[style], np.random.default_rng(0), 6.0), SAMPLE_RATE)
    magnitude = np.sqrt(power_spectrogram(music, 4096, 4096))
    tuning = librosa.estimate_tuning(S=magnitude.T, sr=SAMPLE_RATE, n_fft=4096)
    assert tuning_semitones(magnitude) == pytest.approx(tuning, abs=0.02)
    filters = librosa.filters.chroma(sr=SAMPLE_RATE, n_fft=4096, tuning=tuning)
    chroma = filters @ magnitude.T
    expected = (chroma / np.linalg.norm(chroma, axis=0)).mean(axis=1)
    np.testing.assert_allclose(pitch_classes(music), expected, atol=0.02)
