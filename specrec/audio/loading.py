"""Loads files for a model: checked, mono, float32, at a given sample rate."""

from pathlib import Path

import numpy as np
import soxr

from specrec.audio.decoding import decode
from specrec.audio.waveform import Waveform
from specrec.errors import AudioError, SkipReason
from specrec.shapes import Float32

MIN_SECONDS = 1.0
"""Duration below which files are refused: they have too few spectrogram frames."""

QUALITY = "HQ"
"""soxr's name for its quality with 20 bits and linear phase."""

_SILENCE = 10 ** (-80 / 20)  # peak amplitude; dither at 16 bits lies below it


def load(
    path: Path,
    sample_rate: int,
    start_seconds: float = 0.0,
    length_seconds: float | None = None,
) -> Waveform:
    """Loads a file, or a part of it, as a mono waveform at `sample_rate`.

    The content of whole files is checked, but not that of a part, which may be silent.

    Args:
        path: Any file that libsndfile or FFmpeg reads.
        sample_rate: Samples per second of the result.
        start_seconds: Start of the part, 0 or more.
        length_seconds: Length of the part; None for the rest.

    Raises:
        AudioError: As `specrec.audio.decoding.decode`, and for a whole file as `check`.
    """
    waveform = decode(path, start_seconds, length_seconds)
    if start_seconds == 0.0 and length_seconds is None:
        check(path, waveform)
    return resample(waveform, sample_rate)


def check(path: Path, waveform: Waveform) -> None:
    """Refuses audio that should not be embedded.

    Raises:
        AudioError: With the reason `not_finite`, `too_short` (under `MIN_SECONDS`), `silent`
            (no sample above -80 dBFS) or `constant` (nothing but a DC offset).
    """
    content = Content()
    content.add(waveform.samples)
    content.check(path, waveform.seconds)


class Content:
    """Collects what `check` needs, from samples that may come block by block."""

    def __init__(self) -> None:
        self._not_finite = 0
        self._low, self._high = np.inf, -np.inf

    def add(self, samples: Float32[np.ndarray, " samples"]) -> None:
        """Takes the next samples."""
        if len(samples) == 0:
            return
        low, high = float(samples.min()), float(samples.max())
        if not np.isfinite(low + high):
            self._not_finite += len(samples) - int(np.isfinite(samples).sum())
        self._low, self._high = min(self._low, low), max(self._high, high)

    def check(self, path: Path, seconds: float) -> None:
        """Refuses a track of that duration as `check` does."""
        if self._not_finite:
            samples = "1 sample is" if self._not_finite == 1 else f"{self._not_finite} samples are"
            raise AudioError(path, SkipReason.NOT_FINITE, f"{samples} NaN or infinite")
        if seconds < MIN_SECONDS:
            detail = f"{seconds:.2f} s long, at least {MIN_SECONDS:g} s are needed"
            raise AudioError(path, SkipReason.TOO_SHORT, detail)
        if max(-self._low, self._high) < _SILENCE:
            raise AudioError(path, SkipReason.SILENT, "no sample above -80 dBFS")
        if (self._high - self._low) / 2 < _SILENCE:
            raise AudioError(path, SkipReason.CONSTANT, f"nothing but a constant {self._high:.3f}")


def resample(waveform: Waveform, sample_rate: int) -> Waveform:
    """Resamples a waveform with soxr's high quality."""
    if waveform.sample_rate == sample_rate:
        return waveform
    samples = soxr.resample(waveform.samples, waveform.sample_rate, sample_rate, quality=QUALITY)
    return Waveform(samples, sample_rate)
