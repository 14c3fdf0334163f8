"""Measures tempo, pulse clarity and onset rate from the rises of power in mel bands."""

import json
from functools import cache
from pathlib import Path

import numpy as np

from specrec.descriptors.spectrum import FRAMES_PER_SECOND
from specrec.shapes import Float, Float32, Float64

FITTED = Path(__file__).with_name("tempo.json")

CANDIDATES_BPM = np.geomspace(38.0, 232.0, 400)
"""Tempi in bpm among which one is chosen; those beyond 40 and 220 avoid effects at the ends."""

PERIODS = (1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1, 3 / 2, 2, 3, 4, 6, 8)
"""Multiples of a candidate's period at which autocorrelations are evidence for or against it."""

NEAR = 0.04
"""Relative difference up to which two tempi count as the same."""

_FLOOR = 1e-6  # -60 dB under the mean power of all bands
_WINDOW_SECONDS = 12.0
_WINDOW_HOP_SECONDS = 3.0
_SHORTEST_SECONDS = 4.0  # two beats at 30 bpm
_LAGS_USED = 0.75  # of a window; over longer lags too few frames meet

_SMOOTHING = (0.25, 0.5, 0.25)  # frames; where onsets lie between frames then matters less
_SEVERAL = [PERIODS.index(multiple) for multiple in (1, 2, 3, 4)]
_CENTER_BPM = 120.0
_STEADY = 1e-8  # variance of rounding errors
_LEAST_PULSE = 5.0  # standard deviations of the autocorrelation of noise
_AROUND_SECONDS = 0.1
_LEAST_RISE_DB = 0.5  # steady noise rises less above its mean
_LEAST_RISE = 0.1  # of the 99th percentile


def rhythm(mel: Float32[np.ndarray, "frames bands"]) -> dict[str, float]:
    """Measures the rhythm of a mel power spectrogram of `mel_power`.

    Returns:
        `tempo_bpm`: the most probable of `CANDIDATES_BPM` by `tempo_odds`, put where the
        autocorrelation over one to four periods is highest; NaN without a pulse.
        `tempo_confidence`, 0 to 1: the probability of all candidates within 4 % of it. Half and
        double the tempo, the usual mistakes, take their share of it; 0 without a pulse.
        `pulse_clarity`, 0 to 1: the highest autocorrelation of the onset strength at the period
        of any candidate (Lartillot et al. 2008, "Multi-feature modeling of pulse clarity",
        MaxAutocor). `onset_rate_hz`: peaks of the onset strength a second. All but the rate are
        NaN for less than 4 s.
    """
    strength = onset_strength(mel)
    measured = dict.fromkeys(("tempo_bpm", "tempo_confidence", "pulse_clarity"), np.nan)
    if len(strength) >= _SHORTEST_SECONDS * FRAMES_PER_SECOND:
        measured = _pulse(strength, _rises(_magnitude(mel)))
    return {"onset_rate_hz": _onset_rate(strength), **measured}


def onset_strength(mel: Float32[np.ndarray, "frames bands"]) -> Float32[np.ndarray, " frames"]:
    """Computes the mean over bands of the rise in dB since the last frame, as librosa does."""
    return _rises(10 * np.log10(np.maximum(mel, _FLOOR * mel.mean())))


def tempo_evidence(
    mel: Float32[np.ndarray, "frames bands"],
) -> Float64[np.ndarray, "candidates 26"]:
    """Computes the evidence for or against each of `CANDIDATES_BPM`.

    Returns:
        For each of `PERIODS`, the autocorrelation of the onset strength in dB, in which weak onsets
        count nearly as much as strong ones, and of the onset strength in magnitude, in which they
        don't; 0 at lags above 9 s. Then the distance to 120 bpm in octaves, and its square.
    """
    strengths = onset_strength(mel), _rises(_magnitude(mel))
    return _evidence([_autocorrelation(strength) for strength in strengths])


def _magnitude(mel: Float32[np.ndarray, "frames bands"]) -> Float32[np.ndarray, "frames bands"]:
    magnitude: np.ndarray = np.sqrt(mel / max(float(mel.mean()), 1e-30))
    return magnitude


def _rises(levels: Float32[np.ndarray, "frames bands"]) -> Float32[np.ndarray, " frames"]:
    rises = levels[1:] - levels[:-1]
    mean = np.maximum(rises, 0.0, out=rises).mean(axis=1)
    return np.concatenate([np.zeros(1, np.float32), mean])


def _onset_rate(strength: Float[np.ndarray, " frames"]) -> float:
    delta = max(_LEAST_RISE_DB, _LEAST_RISE * float(np.quantile(strength, 0.99)))
    return len(peaks(strength, delta)) * FRAMES_PER_SECOND / len(strength)


def peaks(strength: Float[np.ndarray, " frames"], delta: float) -> list[int]:
    """Finds frames no lower than the one before and `delta` above the mean within 0.1 s.

    Of adjacent frames the first counts (Boeck et al. 2012, "Evaluating the online capabilities of
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


def _pulse(
    strength: Float32[np.ndarray, " frames"], magnitude: Float32[np.ndarray, " frames"]
) -> dict[str, float]:
    correlations = [_autocorrelation(strength), _autocorrelation(magnitude)]
    evidence = _evidence(correlations)
    clarity = min(1.0, max(0.0, float(evidence[:, PERIODS.index(1)].max())))
    if clarity < _LEAST_PULSE / np.sqrt(len(strength)):
        return {"tempo_bpm": np.nan, "tempo_confidence": 0.0, "pulse_clarity": clarity}
    odds = tempo_odds(evidence)
    same = np.abs(np.log(CANDIDATES_BPM / CANDIDATES_BPM[odds.argmax()])) < NEAR
    salience = evidence[:, _SEVERAL].sum(axis=1)
    return {
        "tempo_bpm": float(CANDIDATES_BPM[np.where(same, salience, -np.inf).argmax()]),
        "tempo_confidence": float(odds[same].sum()),
        "pulse_clarity": clarity,
    }


def tempo_odds(
    evidence: Float64[np.ndarray, "candidates 26"],
) -> Float64[np.ndarray, " candidates"]:
    """Computes the probability of each of `CANDIDATES_BPM` from `tempo_evidence`.

    A network with one small hidden layer scores each candidate, and a softmax compares them.
    `benchmarks/tempo_model.py` fits it and measures its accuracy on kinds of music that it was not
    fitted on.
    """
    hidden = np.tanh(evidence @ _fitted()["weights"] + _fitted()["bias"])
    logits = hidden @ _fitted()["output"]
    odds: np.ndarray = np.exp(logits - logits.max())
    return odds / odds.sum()


@cache
def _fitted() -> dict[str, np.ndarray]:
    document = json.loads(FITTED.read_text(encoding="utf-8"))
    return {name: np.array(document[name]) for name in ("weights", "bias", "output")}


def _evidence(
    correlations: list[Float64[np.ndarray, " lags"]],
) -> Float64[np.ndarray, "candidates 26"]:
    octaves = np.log2(CANDIDATES_BPM / _CENTER_BPM)
    lags = np.array(PERIODS) * 60 * FRAMES_PER_SECOND / CANDIDATES_BPM[:, None]
    read = [_read(correlation, lags) for correlation in correlations]
    return np.column_stack([*read, octaves, octaves**2])


def _read(
    correlation: Float64[np.ndarray, " lags"], lags: Float64[np.ndarray, "candidates periods"]
) -> Float64[np.ndarray, "candidates periods"]:
    found = np.interp(lags, np.arange(len(correlation)), correlation)
    return np.where(lags < _LAGS_USED * len(correlation), found, 0.0)


def _autocorrelation(
    strength: Float[np.ndarray, " frames"],
) -> Float[np.ndarray, " lags"]:
    """Computes unbiased autocorrelations, averaged over windows; 0 if the strength is constant."""
    strength = np.convolve(strength, _SMOOTHING, mode="same")
    length = min(len(strength), round(_WINDOW_SECONDS * FRAMES_PER_SECOND))
    hop = round(_WINDOW_HOP_SECONDS * FRAMES_PER_SECOND)
    windows = np.lib.stride_tricks.sliding_window_view(strength, length)[::hop]
    centered = windows - windows.mean(axis=1, keepdims=True)
    spectra = np.abs(np.fft.rfft(centered, 2 * length, axis=1)) ** 2
    products = np.fft.irfft(spectra, axis=1)[:, :length] / np.arange(length, 0, -1)
    steady = products[:, :1] < _STEADY
    coefficients: np.ndarray = np.where(
        steady, 0.0, products / np.where(steady, 1, products[:, :1])
    )
    return coefficients.mean(axis=0)
