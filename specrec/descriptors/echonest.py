"""Energy and acousticness as Echo Nest would give them, for any audio.

Echo Nest's analyzer is gone; its values for tracks of the Free Music Archive remain, beside
statistics of their audio. A ridge regression from these to the logit of a value is all there is
to it. `benchmarks/echonest_like.py` fits it and writes `echonest.json`.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import librosa
import numpy as np
from jaxtyping import Float, Float32
from scipy.fft import idct

from specrec.audio.waveform import Waveform
from specrec.descriptors.spectrum import N_FFT, SAMPLE_RATE, power_spectrogram

FITTED = Path(__file__).with_name("echonest.json")

N_MFCC = 20
CONTRASTS = 6
"""librosa has a seventh, above 6.4 kHz; it shows how the audio was resampled."""

_N_MELS = 128
_BANDS = np.linspace(3, 111, 16).round().astype(int)  # 100 Hz to 7 kHz


def echonest_like(waveform: Waveform) -> dict[str, float]:
    """What Echo Nest's analyzer would have said of a track, judged by its mean spectrum.

    The level matters, as it did there.

    Args:
        waveform: At 22,050 Hz.

    Returns:
        `energy` and `acousticness`, 0 to 1. The file beside this module says how well each is
        predicted for tracks that the fit did not see.
    """
    return predict(power_spectrogram(waveform.samples))


def predict(power: Float32[np.ndarray, "bins frames"]) -> dict[str, float]:
    """As `echonest_like`, of a spectrogram by `power_spectrogram`."""
    fitted = _fitted()
    statistics = np.concatenate([smooth_spectrum(_mfcc(power)), _contrast(power)])
    held = np.clip(statistics, fitted["lowest"], fitted["highest"])
    return {
        name: float(1 / (1 + np.exp(-(target["intercept"] + held @ np.array(target["weights"])))))
        for name, target in fitted["targets"].items()
    }


def smooth_spectrum(mfcc: Float[np.ndarray, "*tracks 20"]) -> Float[np.ndarray, "*tracks 16"]:
    """The mel spectrum in dB that MFCCs stand for, at 16 frequencies from 100 Hz to 7 kHz.

    The coefficients themselves depend, all of them, on the highest bands, where resamplers and
    encoders cut.
    """
    cepstrum = np.zeros((*mfcc.shape[:-1], _N_MELS))
    cepstrum[..., :N_MFCC] = mfcc
    spectrum: np.ndarray = idct(cepstrum, axis=-1, norm="ortho")[..., _BANDS]
    return spectrum


def _mfcc(power: Float32[np.ndarray, "bins frames"]) -> Float[np.ndarray, " 20"]:
    """Means over time of librosa's MFCCs with its defaults."""
    filters = librosa.filters.mel(sr=SAMPLE_RATE, n_fft=N_FFT, n_mels=_N_MELS)
    decibels = librosa.power_to_db(filters @ power)
    return np.asarray(librosa.feature.mfcc(S=decibels.mean(axis=1, keepdims=True))[:, 0])


def _contrast(power: Float32[np.ndarray, "bins frames"]) -> Float[np.ndarray, " 6"]:
    """Means over time of librosa's spectral contrast with its defaults, but for the last."""
    contrast = librosa.feature.spectral_contrast(S=np.sqrt(power), sr=SAMPLE_RATE, n_fft=N_FFT)
    return np.asarray(contrast[:CONTRASTS].mean(axis=1))


@cache
def _fitted() -> dict[str, Any]:
    return dict(json.loads(FITTED.read_text(encoding="utf-8")))
