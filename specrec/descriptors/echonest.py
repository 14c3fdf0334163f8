"""Energy and acousticness as Echo Nest would give them, for any audio.

Echo Nest's analyzer is gone; its values for tracks of the Free Music Archive remain, beside
statistics of their audio. A ridge regression from these to the logit of a value is all there is
to it. `benchmarks/echonest_like.py` fits it and writes `echonest.json`.
"""

import json
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Float32
from scipy.fft import dct, idct

from specrec.audio.waveform import Waveform
from specrec.descriptors.mel_db import NOTEBOOK, mel_filters
from specrec.descriptors.spectrum import Filters, bin_hz, power_spectrogram

FITTED = Path(__file__).with_name("echonest.json")

N_MFCC = 20
CONTRASTS = 6
"""librosa has a seventh, above 6.4 kHz; it shows how the audio was resampled."""

_N_MELS = 128
_RANGE_DB = 80.0
_LEAST = 1e-10  # librosa's `amin`
_CONTRAST_EDGES_HZ = (0.0, *(200.0 * 2**octave for octave in range(CONTRASTS)))
_EXTREME = 0.02  # share of a band's bins that is its peak, or its valley
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


def predict(power: Float32[np.ndarray, "frames bins"]) -> dict[str, float]:
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


def _mfcc(power: Float32[np.ndarray, "frames bins"]) -> Float[np.ndarray, " 20"]:
    """Means over time of librosa's MFCCs with its defaults."""
    decibels = _decibels(_mel_filters()(power)).mean(axis=0, dtype=np.float64)
    cepstrum: np.ndarray = dct(decibels, norm="ortho")[:N_MFCC]
    return cepstrum


@cache
def _mel_filters() -> Filters:
    return Filters(mel_filters(NOTEBOOK.front_end))


def _contrast(power: Float32[np.ndarray, "frames bins"]) -> Float[np.ndarray, " 6"]:
    """Means over time of librosa's spectral contrast with its defaults, but for the last.

    In each octave band, the mean of the highest 2 % of the magnitudes over that of the lowest,
    in dB of magnitude (Jiang et al. 2002, "Music type classification by spectral contrast
    feature"). As in librosa, a band holds the bin below it and lacks its last.
    """
    edges = np.searchsorted(bin_hz(), _CONTRAST_EDGES_HZ)
    peaks, valleys = [], []
    for start, stop in pairwise(edges):
        first = max(0, start - 1)
        ordered = np.sqrt(np.sort(power[:, first : stop - 1], axis=1))
        extreme = max(1, round(_EXTREME * (stop - first)))
        peaks.append(ordered[:, -extreme:].mean(axis=1))
        valleys.append(ordered[:, :extreme].mean(axis=1))
    difference = _decibels(np.stack(peaks)) - _decibels(np.stack(valleys))
    contrast: np.ndarray = difference.mean(axis=1, dtype=np.float64)
    return contrast


def _decibels(power: Float32[np.ndarray, "..."]) -> Float32[np.ndarray, "..."]:
    """In dB, at most 80 under the highest of all."""
    decibels = 10 * np.log10(np.maximum(power, np.float32(_LEAST)))
    held: np.ndarray = np.maximum(decibels, decibels.max() - _RANGE_DB)
    return held


@cache
def _fitted() -> dict[str, Any]:
    return dict(json.loads(FITTED.read_text(encoding="utf-8")))
