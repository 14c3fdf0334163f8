"""Estimates key and mode from pitch classes."""

from functools import cache

import numpy as np

from specrec.descriptors.spectrum import SAMPLE_RATE, bin_hz, power_spectrogram
from specrec.shapes import Float, Float32

_N_FFT = 4096  # separates semitones from 200 Hz on
_HOP_LENGTH = 4096
_SILENCE = 1e-3  # -60 dB in magnitude
_A4_HZ = 440.0
_CENTER_HZ = 880.0  # of the octaves that count most
_SPREAD_OCTAVES = 2.0
_PEAKS_HZ = (150.0, 4000.0)
_LEAST_PEAK = 0.1  # of the frame's greatest magnitude
_TUNINGS = np.linspace(-0.5, 0.5, 101)  # semitones
_LEAST_CLARITY = 0.4  # noise and clicks reach 0.35

# Share of each scale degree's pitch class, from the tonic up by semitones, in pieces in major and
# in minor. Albrecht and Shanahan 2013, "The use of large corpora to train a new type of
# key-finding algorithm", Music Perception 31, table 1.
_MAJOR = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
_MINOR = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)


def tonality(samples: Float32[np.ndarray, " samples"]) -> dict[str, float]:
    """Estimates key and mode of mono audio at `SAMPLE_RATE`.

    The pitch classes' shares are correlated with the profile of each key (Krumhansl 1990,
    "Cognitive foundations of musical pitch", chapter 4). Relative keys (C major, A minor) and
    keys a fifth apart are the usual mistakes. On synthesized music these profiles found more
    keys than Krumhansl's and Temperley's, however the magnitudes were compressed.

    Returns:
        `key`: pitch class of the best key's tonic, 0 (C) to 11 (B). `majorness`, -1 to 1: the
        correlation with the best major key less that with the best minor one. `tonal_clarity`,
        0 to 1: the correlation with the best key. Where that is under 0.4, the others are NaN.
    """
    shares = pitch_classes(samples)
    if np.ptp(shares) == 0:
        return {"key": np.nan, "majorness": np.nan, "tonal_clarity": 0.0}
    major, minor = _correlations(shares, _MAJOR), _correlations(shares, _MINOR)
    best = major if major.max() >= minor.max() else minor
    clarity = max(0.0, float(best.max()))
    if clarity < _LEAST_CLARITY:
        return {"key": np.nan, "majorness": np.nan, "tonal_clarity": clarity}
    return {
        "key": float(np.argmax(best)),
        "majorness": float(major.max() - minor.max()),
        "tonal_clarity": clarity,
    }


def pitch_classes(samples: Float32[np.ndarray, " samples"]) -> Float[np.ndarray, " 12"]:
    """Computes the mean magnitude in each pitch class; all audible frames have the same weight.

    Each bin is shared out among the pitch classes around it, and the octaves around 880 Hz count
    most, after an estimate of how far the tuning is from 440 Hz (Ellis 2007, "Chroma feature
    analysis and synthesis"; librosa's `filters.chroma` and `estimate_tuning`).
    """
    magnitude = np.sqrt(power_spectrogram(samples, _N_FFT, _HOP_LENGTH))
    if not magnitude.any():
        return np.zeros(12)
    chroma = magnitude @ _chroma_filters(tuning_semitones(magnitude))
    level = np.linalg.norm(chroma, axis=1)
    sounding = level > _SILENCE * level.max(initial=0.0)
    shares: np.ndarray = (chroma[sounding] / level[sounding, None]).mean(axis=0)
    return shares.astype(np.float64)


def tuning_semitones(magnitude: Float32[np.ndarray, "frames bins"]) -> float:
    """Estimates the tuning above A = 440 Hz in semitones, -0.5 to 0.5, from spectral peaks.

    Peaks are interpolated by a parabola; the louder half of them counts.
    """
    first, last = np.searchsorted(bin_hz(_N_FFT), _PEAKS_HZ)
    here = magnitude[:, first:last]
    below, above = magnitude[:, first - 1 : last - 1], magnitude[:, first + 1 : last + 1]
    least = _LEAST_PEAK * magnitude.max(axis=1, keepdims=True)
    at = np.nonzero((here > below) & (here >= above) & (here > least))
    if len(at[0]) == 0:
        return 0.0
    here, slope = here[at], (above[at] - below[at]) / 2
    curvature = 2 * here - above[at] - below[at]  # positive: here is above at least one of them
    shift = slope / curvature
    height = here + slope * shift / 2
    bins = (at[1] + first + shift)[height >= np.median(height)]
    semitones = 12 * np.log2(bins * (SAMPLE_RATE / _N_FFT / _A4_HZ))
    off = (semitones + 0.5) % 1.0 - 0.5
    counts, _ = np.histogram(off, _TUNINGS)
    return float(_TUNINGS[np.argmax(counts)])


@cache
def _chroma_filters(tuning: float) -> Float32[np.ndarray, "bins 12"]:
    """Computes the share of each pitch class in each bin: a Gaussian, one bin or semitone wide."""
    hz = bin_hz(_N_FFT)[1:]
    semitones = 12 * np.log2(hz / _A4_HZ) - tuning
    width = np.maximum(np.diff(semitones, append=semitones[-1]), 1.0)
    above_a = semitones[:, None] - (np.arange(12) - 9)  # pitch class 9 is A
    distance = (above_a + 6) % 12 - 6
    bumps = np.exp(-0.5 * np.square(2 * distance / width[:, None]))
    bumps /= np.linalg.norm(bumps, axis=1, keepdims=True)
    octaves = semitones / 12 - np.log2(_CENTER_HZ / _A4_HZ)
    bumps *= np.exp(-0.5 * np.square(octaves / _SPREAD_OCTAVES))[:, None]
    return np.concatenate([np.zeros((1, 12)), bumps]).astype(np.float32)


def _correlations(
    shares: Float[np.ndarray, " 12"], profile: tuple[float, ...]
) -> Float[np.ndarray, " 12"]:
    """Computes Pearson's correlation with the profile on each of the 12 tonics."""
    profiles = [np.roll(profile, tonic) for tonic in range(12)]
    return np.corrcoef(shares, profiles)[0, 1:]
