"""Estimates energy and acousticness as Echo Nest would have given them, for any audio.

Echo Nest's analyzer is gone, but its values for tracks of the Free Music Archive remain, with
statistics of their audio, from which a ridge regression predicts the logit of a value.
`benchmarks/echonest_like.py` fits it and writes `echonest.json`.
"""

import json
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from scipy.fft import dct, idct

from specrec.audio.waveform import Waveform
from specrec.descriptors.mel_db import NOTEBOOK, mel_filters
from specrec.descriptors.spectrum import Filters, bin_hz, power_spectrogram
from specrec.shapes import Float, Float32

FITTED = Path(__file__).with_name("echonest.json")

N_MFCC = 20
CONTRASTS = 6
"""Number of bands; librosa's seventh, above 6.4 kHz, depends on how the audio was resampled."""

_N_MELS = 128
_RANGE_DB = 80.0
_LEAST = 1e-10  # librosa's `amin`
_CONTRAST_EDGES_HZ = (0.0, *(200.0 * 2**octave for octave in range(CONTRASTS)))
_EXTREME = 0.02  # share of a band's bins that is its peak, or its valley
_BANDS = np.linspace(3, 111, 16).round().astype(int)  # 100 Hz to 7 kHz


def echonest_like(waveform: Waveform) -> dict[str, float]:
    """Estimates energy and acousticness of a track from its mean spectrum.

    They depend on the level, as Echo Nest's values did.

    Args:
        waveform: The audio at 22,050 Hz.

    Returns:
        `energy` and `acousticness`, from 0 to 1. `echonest.json` says how well each is predicted
        for held-out tracks.
    """
    return predict(power_spectrogram(waveform.samples))


def predict(power: Float32[np.ndarray, "frames bins"]) -> dict[str, float]:
    """Estimates the same as `echonest_like` from a spectrogram of `power_spectrogram`."""
    fitted = _fitted()
    statistics = np.concatenate([smooth_spectrum(_mfcc(power)), _contrast(power)])
    held = np.clip(statistics, fitted["lowest"], fitted["highest"])
    return {
        name: float(1 / (1 + np.exp(-(target["intercept"] + held @ np.array(target["weights"])))))
        for name, target in fitted["targets"].items()
    }


def smooth_spectrum(mfcc: Float[np.ndarray, "*tracks 20"]) -> Float[np.ndarray, "*tracks 16"]:
    """Inverts MFCCs to a smooth mel spectrum in dB, at 16 frequencies from 100 Hz to 7 kHz.

    The coefficients themselves all depend on the highest bands, which resamplers and encoders cut.
    """
    cepstrum = np.zeros((*mfcc.shape[:-1], _N_MELS))
    cepstrum[..., :N_MFCC] = mfcc
    spectrum: np.ndarray = idct(cepstrum, axis=-1, norm="ortho")[..., _BANDS]
    return spectrum


def _mfcc(power: Float32[np.ndarray, "frames bins"]) -> Float[np.ndarray, " 20"]:
    """Computes the means over time of MFCCs as librosa's with its defaults."""
    decibels = _decibels(_mel_filters()(power)).mean(axis=0, dtype=np.float64)
    cepstrum: np.ndarray = dct(decibels, norm="ortho")[:N_MFCC]
    return cepstrum


@cache
def _mel_filters() -> Filters:
    return Filters(mel_filters(NOTEBOOK.front_end))


def _contrast(power: Float32[np.ndarray, "frames bins"]) -> Float[np.ndarray, " 6"]:
    """Computes the means over time of spectral contrast as librosa's, without the last band.

    In each octave band it is the mean of the highest 2 % of the magnitudes over that of the lowest,
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
    """Converts power to dB, clipped at 80 dB below the maximum."""
    decibels = 10 * np.log10(np.maximum(power, np.float32(_LEAST)))
    held: np.ndarray = np.maximum(decibels, decibels.max() - _RANGE_DB)
    return held


@cache
def _fitted() -> dict[str, Any]:
    return dict(json.loads(FITTED.read_text(encoding="utf-8")))
