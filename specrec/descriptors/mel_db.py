"""Mel spectrograms for pictures, in dB below the maximum. Needs no torch."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import scipy.fft

from specrec.audio.waveform import Waveform
from specrec.config import FrontEnd
from specrec.shapes import Float32, Float64

FLOOR_DB = -80.0
"""Lowest level, in dB relative to the maximum; lower ones are clipped to it."""

_LEAST = 1e-10  # power; librosa's `amin`
_QUIET = 1e-6  # -60 dBFS, as in the model's front end
_BLOCK = 64  # frames at a time: they stay in the processor's cache, and a long track in memory


@dataclass(frozen=True)
class MelSettings:
    """The settings of a spectrogram.

    Attributes:
        name: Name of the settings for titles and metadata.
        front_end: Sample rate, Fourier transform, mel bands, level and floor.
        padding: Padding beyond the ends: zeros (`constant`), as in librosa, or a mirror image
            (`reflect`), as in our models.
    """

    name: str
    front_end: FrontEnd
    padding: Literal["constant", "reflect"] = "reflect"


NOTEBOOK = MelSettings(
    "librosa",
    FrontEnd(n_fft=2048, f_min=0.0, f_max=11_025.0, log_floor=_LEAST**2),
    "constant",
)
"""librosa's `melspectrogram` with 128 bands at 22,050 Hz, then `power_to_db` with `ref=np.max`."""


def mel_db(waveform: Waveform, settings: MelSettings) -> Float32[np.ndarray, "n_mels frames"]:
    """Computes a mel spectrogram in dB relative to its maximum.

    Frames under a Hann window are centered; the triangular filters on Slaney's mel scale have his
    area normalization (Auditory Toolbox, 1998). If a model's front end brings windows to a level,
    this brings the whole waveform to it.

    Args:
        waveform: The audio at the sample rate of the settings.
        settings: `NOTEBOOK`, or the settings of a model.

    Returns:
        Levels from `FLOOR_DB` to 0 dB, the lowest band first; frames = 1 + samples // hop_length.
    """
    front_end = settings.front_end
    power = _mel_power(waveform.samples, settings)
    if front_end.level_db is not None:
        own = max(float(np.square(waveform.samples, dtype=np.float64).mean()), _QUIET)
        power *= 10 ** (front_end.level_db / 10) / own
    db = 10 * np.log10(np.maximum(power + np.float32(front_end.log_floor), _LEAST))
    relative: np.ndarray = np.maximum(db - db.max(), FLOOR_DB)
    return relative.astype(np.float32)


def _mel_power(
    samples: Float32[np.ndarray, " samples"], settings: MelSettings
) -> Float32[np.ndarray, "n_mels frames"]:
    front_end = settings.front_end
    padded = np.pad(samples, front_end.n_fft // 2, mode=settings.padding)
    frames = np.lib.stride_tricks.sliding_window_view(padded, front_end.n_fft)
    frames = frames[:: front_end.hop_length]
    phase = 2 * np.pi * np.arange(front_end.n_fft) / front_end.n_fft
    window = (0.5 - 0.5 * np.cos(phase)).astype(np.float32)
    filters = mel_filters(front_end).T
    power = np.empty((front_end.n_mels, len(frames)), np.float32)
    for start in range(0, len(frames), _BLOCK):
        spectrum = scipy.fft.rfft(frames[start : start + _BLOCK] * window, overwrite_x=True)
        squares = np.square(spectrum.real) + np.square(spectrum.imag)
        power[:, start : start + _BLOCK] = (squares @ filters).T
    return power


def mel_filters(front_end: FrontEnd) -> Float32[np.ndarray, "n_mels bins"]:
    """Makes triangular filters of equal area on Slaney's mel scale, as librosa does."""
    return _filters(
        front_end.sample_rate,
        front_end.n_fft,
        front_end.n_mels,
        front_end.f_min,
        front_end.f_max,
    )


@cache
def _filters(
    sample_rate: int, n_fft: int, n_mels: int, f_min: float, f_max: float
) -> Float32[np.ndarray, "n_mels bins"]:
    lowest, highest = _to_mel(np.array([f_min, f_max]))
    edges = _to_hz(np.linspace(lowest, highest, n_mels + 2))
    bins = np.linspace(0, sample_rate / 2, n_fft // 2 + 1)
    low, center, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (bins - low) / (center - low), (high - bins) / (high - center)
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    filters: np.ndarray = (triangles * 2 / (high - low)).astype(np.float32)
    return filters


def band_of(
    hz: Float64[np.ndarray, " points"], front_end: FrontEnd
) -> Float64[np.ndarray, " points"]:
    """Converts frequencies to positions among the bands: 0 is the center of the lowest band."""
    low, high = _to_mel(np.array([front_end.f_min, front_end.f_max]))
    bands: np.ndarray = (_to_mel(hz) - low) / (high - low) * (front_end.n_mels + 1) - 1
    return bands


# Slaney's scale is linear below 1 kHz and logarithmic above.
_LINEAR_HZ, _LINEAR_MELS = 1000.0, 15.0
_STEP = np.log(6.4) / 27


def _to_mel(hz: Float64[np.ndarray, " points"]) -> Float64[np.ndarray, " points"]:
    above = _LINEAR_MELS + np.log(np.maximum(hz, _LINEAR_HZ) / _LINEAR_HZ) / _STEP
    mels: np.ndarray = np.where(hz < _LINEAR_HZ, hz * _LINEAR_MELS / _LINEAR_HZ, above)
    return mels


def _to_hz(mels: Float64[np.ndarray, " points"]) -> Float64[np.ndarray, " points"]:
    above = _LINEAR_HZ * np.exp(_STEP * np.maximum(mels - _LINEAR_MELS, 0.0))
    hz: np.ndarray = np.where(mels < _LINEAR_MELS, mels * _LINEAR_HZ / _LINEAR_MELS, above)
    return hz
