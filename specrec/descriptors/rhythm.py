"""Tempo, pulse and onsets, from the rises of power in mel bands."""

import numpy as np
from jaxtyping import Float, Float32

from specrec.descriptors.spectrum import FRAMES_PER_SECOND

_FLOOR = 1e-6  # -60 dB under the mean power of all bands
_WINDOW_SECONDS = 12.0
_WINDOW_HOP_SECONDS = 3.0
_SHORTEST_SECONDS = 4.0  # two beats at 30 bpm
_LAGS_USED = 0.75  # of a window; over longer lags too few frames meet

_SMOOTHING = (0.25, 0.5, 0.25)  # frames; where onsets lie between frames then matters less
_CANDIDATES_BPM = np.geomspace(40.0, 220.0, 600)
_MULTIPLES = (1, 2, 3, 4)
_DIVISIONS = (1 / 2, 1 / 3)
_EVEN = 0.9  # a division that repeats as well as this share of the period is a pulse of its own
_DOUBT = 0.3
_USUAL_BPM = 130.0
_PRIOR_OCTAVES = 1.3
_LEAST_PULSE = 5.0  # standard deviations of the autocorrelation of noise
_AROUND_SECONDS = 0.1
_LEAST_RISE_DB = 0.5  # steady noise rises less above its mean
_LEAST_RISE = 0.1  # of the 99th percentile


def rhythm(mel: Float32[np.ndarray, "frames bands"]) -> dict[str, float]:
    """Rhythm of a mel power spectrogram as `mel_power` gives it.

    The onset strength is the mean over bands of the rise in dB from frame to frame (librosa's).
    Its autocorrelation, 1 at lag 0, is averaged over windows of 12 s, so that a tempo may drift.

    Returns:
        `tempo_bpm`, 40 to 220: the period at which the autocorrelation, averaged over one to four
        periods and weighted by a log-normal prior around 130 bpm with a standard deviation of 1.3
        octaves (after Ellis 2007, "Beat tracking by dynamic programming"), is highest. A period
        whose half or third repeats as well counts for less: of even clicks each is a beat. Half
        and double the tempo are the usual mistakes. NaN without a pulse. `tempo_confidence`, 0 to
        1: that average, which says how regular the beat is, not that the octave is right.
        `pulse_clarity`, 0 to 1: the highest autocorrelation at any period of 40 to 220 bpm
        (Lartillot et al. 2008, "Multi-feature modeling of pulse clarity", MaxAutocor).
        `onset_rate_hz`: peaks of the onset strength a second.
        All but the rate are NaN for less than 4 s.
    """
    strength = onset_strength(mel)
    return {"onset_rate_hz": _onset_rate(strength), **_pulse(strength)}


def onset_strength(mel: Float32[np.ndarray, "frames bands"]) -> Float32[np.ndarray, " frames"]:
    """Mean over bands of the rise in dB from the frame before; 0 in the first."""
    decibels = 10 * np.log10(np.maximum(mel, _FLOOR * mel.mean()))
    rises = np.maximum(np.diff(decibels, axis=0, prepend=decibels[:1]), 0.0)
    strength: np.ndarray = rises.mean(axis=1)
    return strength


def _onset_rate(strength: Float[np.ndarray, " frames"]) -> float:
    delta = max(_LEAST_RISE_DB, _LEAST_RISE * float(np.quantile(strength, 0.99)))
    return len(peaks(strength, delta)) * FRAMES_PER_SECOND / len(strength)


def peaks(strength: Float[np.ndarray, " frames"], delta: float) -> list[int]:
    """Frames no lower than the one before and `delta` above the mean within 0.1 s.

    Of adjacent ones the first counts (Boeck et al. 2012, "Evaluating the online capabilities of
    onset detection methods"; librosa's `peak_pick`).
    """
    reach = round(_AROUND_SECONDS * FRAMES_PER_SECOND)
    frames = np.arange(len(strength))
    start, stop = np.maximum(frames - reach, 0), np.minimum(frames + reach + 1, len(strength))
    sums = np.concatenate([[0.0], np.cumsum(strength, dtype=np.float64)])
    outstanding = strength >= (sums[stop] - sums[start]) / (stop - start) + delta
    outstanding[1:] &= strength[1:] >= strength[:-1]
    found: list[int] = []
    for frame in np.flatnonzero(outstanding).tolist():
        if not found or frame > found[-1] + 1:
            found.append(frame)
    return found


def _pulse(strength: Float[np.ndarray, " frames"]) -> dict[str, float]:
    if len(strength) < _SHORTEST_SECONDS * FRAMES_PER_SECOND:
        return {"tempo_bpm": np.nan, "tempo_confidence": np.nan, "pulse_clarity": np.nan}
    correlation = _autocorrelation(np.convolve(strength, _SMOOTHING, mode="same"))
    at = {factor: _at(correlation, factor) for factor in (*_MULTIPLES, *_DIVISIONS)}
    salience = np.maximum(np.nanmean([at[factor] for factor in _MULTIPLES], axis=0), 0.0)
    even = np.max([at[factor] for factor in _DIVISIONS], axis=0) / np.maximum(at[1], 1e-3)
    doubt = _DOUBT * np.clip((even - _EVEN) / (1 - _EVEN), 0.0, 1.0)
    prior = np.exp(-0.5 * (np.log2(_CANDIDATES_BPM / _USUAL_BPM) / _PRIOR_OCTAVES) ** 2)
    best = np.argmax(salience * (1 - doubt) * prior)
    clarity = min(1.0, max(0.0, float(np.nanmax(at[1]))))
    pulsing = clarity >= _LEAST_PULSE / np.sqrt(len(strength))
    tempo = float(_CANDIDATES_BPM[best]) if pulsing else np.nan
    return {
        "tempo_bpm": tempo,
        "tempo_confidence": min(1.0, float(salience[best])),
        "pulse_clarity": clarity,
    }


def _at(correlation: Float[np.ndarray, " lags"], factor: float) -> Float[np.ndarray, " candidates"]:
    """The autocorrelation at a multiple of each candidate's period; NaN where it is too long."""
    lags = factor * 60 * FRAMES_PER_SECOND / _CANDIDATES_BPM
    found = np.interp(lags, np.arange(len(correlation)), correlation)
    return np.where(lags < _LAGS_USED * len(correlation), found, np.nan)


def _autocorrelation(
    strength: Float[np.ndarray, " frames"],
) -> Float[np.ndarray, " lags"]:
    """Unbiased autocorrelation coefficients, averaged over windows; 0 where nothing changes."""
    length = min(len(strength), round(_WINDOW_SECONDS * FRAMES_PER_SECOND))
    hop = round(_WINDOW_HOP_SECONDS * FRAMES_PER_SECOND)
    windows = np.lib.stride_tricks.sliding_window_view(strength.astype(np.float64), length)[::hop]
    centered = windows - windows.mean(axis=1, keepdims=True)
    spectra = np.abs(np.fft.rfft(centered, 2 * length, axis=1)) ** 2
    products = np.fft.irfft(spectra, axis=1)[:, :length] / np.arange(length, 0, -1)
    steady = products[:, :1] < 1e-6
    coefficients: np.ndarray = np.where(
        steady, 0.0, products / np.where(steady, 1, products[:, :1])
    )
    return coefficients.mean(axis=0)
