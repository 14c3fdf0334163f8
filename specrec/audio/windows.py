"""Cuts a track into windows of one length, evenly spaced so that they cover it."""

import math

import numpy as np

from specrec.audio.waveform import Waveform
from specrec.shapes import Float32, Float64, Int64

REMAINDER = 0.02
"""Share of a window that may stay uncovered."""


def window_starts(
    samples: int, window_samples: int, at_most: int | None = None
) -> Int64[np.ndarray, " windows"]:
    """Computes the start samples of the fewest evenly spaced windows that cover a track.

    A remainder of up to 2 % of a window, such as an encoder's padding, may stay uncovered. A track
    that is no longer than a window has one window, which is as long as the track.

    >>> window_starts(1000, 400)
    array([  0, 300, 600])
    >>> window_starts(1000, 400, at_most=1)
    array([300])

    Args:
        samples: Length of the track, at least 1.
        window_samples: Length of a window, at least 1.
        at_most: Most windows; if more would be needed, each is in the middle of its share of the
            track. None for as many as needed.
    """
    count = max(1, math.ceil(samples / window_samples - REMAINDER))
    if at_most is not None and count > at_most:
        middles = (np.arange(at_most) + 0.5) * samples / at_most
        return (middles - window_samples / 2).round().astype(np.int64)
    last = max(0, samples - window_samples)
    return np.linspace(0, last, count).round().astype(np.int64)


def cut_windows(
    waveform: Waveform, window_seconds: float
) -> Float32[np.ndarray, "windows window_samples"]:
    """Cuts a track into the windows of `window_starts`.

    Returns:
        One row per window; a single shorter row if the track is shorter than a window.
    """
    length = min(round(window_seconds * waveform.sample_rate), len(waveform.samples))
    starts = window_starts(len(waveform.samples), length)
    return np.stack([waveform.samples[start : start + length] for start in starts])


def window_spans(
    windows: int, seconds: float, window_seconds: float
) -> Float64[np.ndarray, "windows two"]:
    """Computes start and end, in seconds, of the windows that `window_starts` places."""
    length = min(window_seconds, seconds)
    if windows < seconds / length - REMAINDER - 1e-6:  # too few to cover it
        starts = (np.arange(windows) + 0.5) * seconds / windows - length / 2
    else:
        starts = np.linspace(0.0, max(0.0, seconds - length), windows)
    return np.stack([starts, starts + length], axis=1)
