import json

import librosa
import numpy as np
import pytest
from scipy.fft import dct

from specrec.audio.waveform import Waveform
from specrec.descriptors.echonest import FITTED, echonest_like, smooth_spectrum
from specrec.descriptors.spectrum import SAMPLE_RATE
from specrec.synthesis import STYLES, draw_piece, render, tone, white_noise


def test_is_the_regression_on_librosas_statistics() -> None:
    samples = render(draw_piece(STYLES["folk"], np.random.default_rng(0), 8.0), SAMPLE_RATE)
    mfcc = librosa.feature.mfcc(y=samples, sr=SAMPLE_RATE).mean(axis=1)
    contrast = librosa.feature.spectral_contrast(y=samples, sr=SAMPLE_RATE).mean(axis=1)
    fitted = json.loads(FITTED.read_text())
    statistics = np.concatenate([smooth_spectrum(mfcc), contrast[:6]])
    statistics = np.clip(statistics, fitted["lowest"], fitted["highest"])
    measured = echonest_like(Waveform(samples, SAMPLE_RATE))
    assert measured.keys() == fitted["targets"].keys() == {"energy", "acousticness"}
    for name, target in fitted["targets"].items():
        logit = target["intercept"] + statistics @ target["weights"]
        assert np.log(measured[name] / (1 - measured[name])) == pytest.approx(logit, abs=0.02)


def test_the_smooth_spectrum_is_what_the_first_coefficients_stand_for() -> None:
    bands = np.arange(128)
    spectrum = -40 + 12 * np.cos(np.pi * 3 * (bands + 0.5) / 128)
    smooth = smooth_spectrum(dct(spectrum, norm="ortho")[:20])
    at = np.linspace(3, 111, 16).round().astype(int)
    np.testing.assert_allclose(smooth, spectrum[at], atol=1e-9)


@pytest.mark.parametrize("level", [1e-4, 1.0])
def test_stays_between_0_and_1_for_what_no_track_sounds_like(level: float) -> None:
    for samples in (tone(100, 2), white_noise(2, np.random.default_rng(0))):
        measured = echonest_like(Waveform(samples * np.float32(level), SAMPLE_RATE))
        assert all(0 <= value <= 1 for value in measured.values())


def test_orders_styles_as_a_listener_would() -> None:
    def mean(style: str, name: str) -> float:
        pieces = [draw_piece(STYLES[style], np.random.default_rng(n), 5.0) for n in range(2)]
        waves = [Waveform(render(piece, SAMPLE_RATE), SAMPLE_RATE) for piece in pieces]
        return float(np.mean([echonest_like(wave)[name] for wave in waves]))

    assert mean("ambient", "energy") < mean("folk", "energy") < mean("metal", "energy")
    assert mean("techno", "acousticness") < mean("folk", "acousticness")
    assert mean("drum and bass", "acousticness") < mean("orchestral", "acousticness")
