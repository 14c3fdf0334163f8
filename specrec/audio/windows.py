"""Cuts of a track, all of one length, spread evenly so that they cover it."""

import math

import numpy as np
from jaxtyping import Float32, Float64, Int64

from specrec.audio.waveform import Waveform

REMAINDER = 0.02
"""Share of a window that may be left uncovered."""


def window_starts(
    samples: int, window_samples: int, at_most: int | None = None
) -> Int64[np.ndarray, " windows"]:
    """Start samples of the fewest evenly spaced windows that cover a track.

    A remainder of up to 2 % of a window is left between them: what an encoder pads does not count.
    A track of at most one window's length has one window, which begins at 0 and is as long as
    the track.

    Args:
        samples: Length of the track, at least 1.
        window_samples: Length of a window, at least 1.
        at_most: If more windows than this would be needed, this many, each in the middle of its
            share of the track; None for all.
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
        Shape (windows, window_samples); one shorter row if the track is shorter than a window.
    """
    length = min(round(window_seconds * waveform.sample_rate), len(waveform.samples))
    starts = window_starts(len(waveform.samples), length)
    return np.stack([waveform.samples[start : start + length] for start in starts])


def window_spans(
    windows: int, seconds: float, window_seconds: float
) -> Float64[np.ndarray, "windows two"]:
    """Start and end of a track's windows in seconds, as `window_starts` places them."""
    length = min(window_seconds, seconds)
    if windows < seconds / length - REMAINDER - 1e-6:  # too few to cover it
        starts = (np.arange(windows) + 0.5) * seconds / windows - length / 2
    else:
        starts = np.linspace(0.0, max(0.0, seconds - length), windows)
    return np.stack([starts, starts + length], axis=1)
