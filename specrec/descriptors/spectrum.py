"""Computes the power spectrogram and features of its shape: brightness, noise, bass, percussion."""

from functools import cache

import numpy as np
import scipy.fft

from specrec.config import FrontEnd
from specrec.descriptors.mel_db import band_of
from specrec.descriptors.selection import sliding_median
from specrec.shapes import Float, Float32

SAMPLE_RATE = 22_050
"""Samples per second of all audio that is measured."""

N_FFT = 2048
HOP_LENGTH = 512
FRAMES_PER_SECOND = SAMPLE_RATE / HOP_LENGTH

LOWEST_HZ = 20.0  # below it lie DC and rumble
HIGHEST_HZ = 10_000.0
"""Highest frequency that is measured: above it, encoders and resamplers cut differently."""

_SILENCE = 1e-6  # -60 dB under the loudest frame
_ROLLOFF = 0.85
_BASS_HZ = 150.0
_FLATNESS_FLOOR = 1e-6  # -60 dB under the mean power of a bin
_BANDS = FrontEnd(n_fft=N_FFT, f_min=30.0, f_max=HIGHEST_HZ)
_TOGETHER = 64  # frames at a time: they stay in the processor's cache
_NEIGHBORS = 16  # filters that are applied together
_SPARSE = 4  # of every fourth frame is measured what is averaged over time
_MEDIAN_FRAMES = 15  # of every second frame, as many seconds as librosa's 31 of all
_MEDIAN_BANDS = 7  # librosa's 31 bins of 1025 are no wider around 1 kHz


class Ends:
    """Finds where the silence before a track ends, and where the silence after it begins.

    Hops 60 dB below the loudest are silent. The samples may come block by block.
    """

    def __init__(self) -> None:
        self._samples = 0
        self._rest = np.zeros(0, dtype=np.float32)
        self._power = [np.zeros(0, dtype=np.float32)]

    def add(self, samples: Float32[np.ndarray, " samples"]) -> None:
        """Takes the next samples."""
        self._samples += len(samples)
        samples = np.concatenate([self._rest, samples])
        hops = len(samples) // HOP_LENGTH
        self._power.append(_variance(samples[: hops * HOP_LENGTH].reshape(hops, HOP_LENGTH)))
        self._rest = samples[hops * HOP_LENGTH :]

    def read(self) -> tuple[int, int]:
        """Returns start and end, in samples, of the audible part.

        The first audible hop is cut too: half silent, it would make the entry the greatest onset of
        all. If all samples are zero, the part is empty; audio of less than 1 s is left whole.
        """
        power = np.concatenate(self._power)
        audible = np.flatnonzero(power > _SILENCE * power.max(initial=0.0))
        if len(audible) == 0:
            return 0, 0
        start, stop = int(audible[0] + 1) * HOP_LENGTH, int(audible[-1] + 1) * HOP_LENGTH
        return (start, stop) if stop - start >= SAMPLE_RATE else (0, self._samples)


def _variance(hops: Float32[np.ndarray, "hops length"]) -> Float32[np.ndarray, " hops"]:
    centered = hops - hops.mean(axis=1, keepdims=True)
    power: np.ndarray = np.einsum("ij,ij->i", centered, centered) / HOP_LENGTH
    return power


class Filters:
    """Filters over the bins of a spectrum; groups of neighboring filters share their bins."""

    def __init__(self, weights: Float32[np.ndarray, "filters bins"]) -> None:
        self._groups = []
        for start in range(0, len(weights), _NEIGHBORS):
            group = weights[start : start + _NEIGHBORS]
            used = np.flatnonzero(group.any(axis=0))
            bins = slice(used[0], used[-1] + 1)
            self._groups.append((bins, np.ascontiguousarray(group[:, bins].T)))

    def __call__(
        self, power: Float32[np.ndarray, "frames bins"]
    ) -> Float32[np.ndarray, "frames filters"]:
        """Computes the power that passes each filter."""
        return np.concatenate([power[:, bins] @ group for bins, group in self._groups], axis=1)


def power_spectrogram(
    samples: Float32[np.ndarray, " samples"],
    n_fft: int = N_FFT,
    hop_length: int = HOP_LENGTH,
) -> Float32[np.ndarray, "frames bins"]:
    """Computes power in centered frames under a Hann window, with zeros beyond the ends."""
    frames = _frames(samples, n_fft, hop_length)
    power = np.empty((len(frames), n_fft // 2 + 1), np.float32)
    for start in range(0, len(frames), _TOGETHER):
        power[start : start + _TOGETHER] = _power(frames[start : start + _TOGETHER])
    return power


def mel_and_sparse_power(
    samples: Float32[np.ndarray, " samples"],
) -> tuple[Float32[np.ndarray, "frames bands"], Float32[np.ndarray, "sparse bins"]]:
    """Computes `mel_power` of all frames, and the power of every fourth frame, in one pass."""
    frames = _frames(samples, N_FFT, HOP_LENGTH)
    mel = np.empty((len(frames), _BANDS.n_mels), np.float32)
    sparse = np.empty((-(-len(frames) // _SPARSE), N_FFT // 2 + 1), np.float32)
    for start in range(0, len(frames), _TOGETHER):
        power = _power(frames[start : start + _TOGETHER])
        mel[start : start + _TOGETHER] = mel_power(power)
        sparse[start // _SPARSE : (start + _TOGETHER) // _SPARSE] = power[::_SPARSE]
    return mel, sparse


def _frames(
    samples: Float32[np.ndarray, " samples"], n_fft: int, hop_length: int
) -> Float32[np.ndarray, "frames n_fft"]:
    padded = np.pad(samples, n_fft // 2)
    return np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop_length]


def _power(
    frames: Float32[np.ndarray, "frames n_fft"],
) -> Float32[np.ndarray, "frames bins"]:
    spectrum = scipy.fft.rfft(frames * _hann(frames.shape[1]), overwrite_x=True)
    power: np.ndarray = np.square(spectrum.real) + np.square(spectrum.imag)
    return power


@cache
def _hann(length: int) -> Float32[np.ndarray, " length"]:
    phase = 2 * np.pi * np.arange(length) / length
    return (0.5 - 0.5 * np.cos(phase)).astype(np.float32)


def mel_power(
    power: Float32[np.ndarray, "frames bins"],
) -> Float32[np.ndarray, "frames bands"]:
    """Computes power in 128 mel bands (Slaney's scale, equal height), from 30 Hz to 10 kHz."""
    return _mel_filters()(power)


@cache
def _mel_filters() -> Filters:
    """Makes triangles on the mel scale; librosa's are triangles in Hz, which differ by 1 %."""
    bands = band_of(bin_hz(), _BANDS)
    triangles = np.maximum(0.0, 1 - np.abs(bands - np.arange(_BANDS.n_mels)[:, None]))
    return Filters(triangles.astype(np.float32))


def bin_hz(n_fft: int = N_FFT) -> Float[np.ndarray, " bins"]:
    """Computes the frequency of each bin of a spectrum, in Hz."""
    return np.linspace(0, SAMPLE_RATE / 2, n_fft // 2 + 1)


def spectral_shape(power: Float32[np.ndarray, "frames bins"]) -> dict[str, float]:
    """Describes the shape of a power spectrogram of `power_spectrogram`, from 20 Hz to 10 kHz.

    The first four are geometric means over frames that are not silent: on the scale on which
    they are compared, silence at the beginning or a lossy encoder changes these least.

    Returns:
        `centroid_hz`, `bandwidth_hz`: mean and standard deviation of frequency, weighted by
        magnitude as in librosa. `rolloff_hz`: 85 % of the magnitude lies below it. `flatness`,
        0 to 1: geometric over arithmetic mean of power (MPEG-7); exp(-0.577) = 0.56 for white
        noise, near 0 for a tone. `bass_share`, 0 to 1: share of the whole power below 150 Hz.
    """
    every = bin_hz()
    first, last = np.searchsorted(every, [LOWEST_HZ, HIGHEST_HZ])
    hz, power = every[first:last].astype(np.float32), power[:, first:last]
    level = power.sum(axis=1)
    power = power[level > _SILENCE * level.max(initial=0.0)]
    if len(power) == 0:
        names = ("centroid_hz", "bandwidth_hz", "rolloff_hz", "flatness", "bass_share")
        return dict.fromkeys(names, np.nan)
    magnitude = np.sqrt(power)
    whole = magnitude.sum(axis=1, keepdims=True)
    centroid = magnitude @ hz / whole[:, 0]
    # About the middle of the band, where float32 cancels least.
    off = hz - hz.mean()
    square = magnitude @ np.square(off) / whole[:, 0] - np.square(magnitude @ off / whole[:, 0])
    spread = np.sqrt(np.maximum(square, 0.0))
    rolloff = hz[np.argmax(np.cumsum(magnitude, axis=1) >= _ROLLOFF * whole, axis=1)]
    held = np.maximum(power, _FLATNESS_FLOOR * power.mean())
    flatness = np.exp(np.log(held).mean(axis=1)) / held.mean(axis=1)
    return {
        "centroid_hz": _geometric_mean(centroid),
        "bandwidth_hz": _geometric_mean(spread),
        "rolloff_hz": _geometric_mean(rolloff),
        "flatness": _geometric_mean(flatness),
        "bass_share": float(
            power[:, hz < _BASS_HZ].sum(dtype=np.float64) / power.sum(dtype=np.float64)
        ),
    }


def _geometric_mean(values: Float[np.ndarray, " frames"]) -> float:
    return float(np.exp(np.log(np.maximum(values, 1e-9)).mean(dtype=np.float64)))


def percussive_share(mel: Float32[np.ndarray, "frames bands"]) -> float:
    """Estimates the percussive share of the power, 0 to 1, by medians of a mel spectrogram.

    Along time a median keeps what lasts, along frequency what is broad, and their squares share
    each cell's power (Fitzgerald 2010, "Harmonic/percussive separation using median filtering";
    librosa's `decompose.hpss` at margin 1). Every second frame of 128 bands orders synthesized
    music as well as librosa's does on all frames and bins.
    """
    power = np.ascontiguousarray(mel[::2])
    total = float(power.sum(dtype=np.float64))
    if total == 0:
        return np.nan
    # The median of powers is the power of the median, so that no root is needed.
    lasting = sliding_median(power, _MEDIAN_FRAMES)
    broad = sliding_median(np.ascontiguousarray(power.T), _MEDIAN_BANDS).T
    either = lasting + broad
    mask = np.divide(broad, either, out=np.full_like(either, 0.5), where=either > 0)
    return float((mask * power).sum(dtype=np.float64) / total)
