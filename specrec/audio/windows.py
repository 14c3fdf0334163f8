"""Cuts of a track, all of one length, spread evenly so that they cover it."""

import math

import numpy as np
from jaxtyping import Float32, Int64

from specrec.audio.waveform import Waveform


def window_starts(samples: int, window_samples: int) -> Int64[np.ndarray, " windows"]:
    """Start samples of the fewest evenly spaced windows that cover a track.

    A track of at most one window's length has one window, which begins at 0 and is as long as
    the track.

    Args:
        samples: Length of the track, at least 1.
        window_samples: Length of a window, at least 1.
    """
    count = math.ceil(samples / window_samples)
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
