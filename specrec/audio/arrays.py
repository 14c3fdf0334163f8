"""Samples in memory as the model wants them: checked, mono, float32, at a given sample rate."""

from pathlib import Path
from typing import Any

import numpy as np

from specrec.audio.channels import mix
from specrec.audio.loading import check, resample
from specrec.audio.waveform import Waveform
from specrec.config.rule import require
from specrec.errors import AudioError, ConfigError, SkipReason

_RATES = (1_000, 1_000_000)
_MIXED_TOGETHER = 1 << 16  # samples, as in files: whether channels cancel is seen block by block


def waveform_of(audio: Any, sample_rate: float | None, wanted: int, name: str) -> Waveform:
    """Makes of samples what `load` makes of a file that holds them.

    Args:
        audio: NumPy's or another library's array of floating-point samples from -1 to 1, of shape
            (samples,) or (channels, samples).
        sample_rate: Theirs, in Hz.
        wanted: Sample rate of the result, in Hz.
        name: What errors call it.

    Raises:
        AudioError: If they are no samples, or what `load` refuses in a file.
        ConfigError: If the sample rate is missing or out of its range.
    """
    if sample_rate is None:
        raise ConfigError(f"{name} is an array: give its sample_rate, such as 44100")
    low, high = _RATES
    fits = low <= sample_rate <= high and sample_rate == int(sample_rate)
    require(fits, "sample_rate", sample_rate, f"a whole number of Hz from {low} to {high}")
    try:
        samples = np.asarray(audio)
    except (TypeError, ValueError, RuntimeError) as error:  # of a tensor that is not on the CPU
        raise AudioError(
            name, SkipReason.NOT_AUDIO, f"no array ({str(error).splitlines()[0]})"
        ) from error
    if not np.issubdtype(samples.dtype, np.floating):
        detail = f"holds {samples.dtype}; give floating-point samples from -1 to 1"
        raise AudioError(name, SkipReason.NOT_AUDIO, detail)
    channels = samples[None] if samples.ndim == 1 else samples
    if channels.ndim != 2 or channels.shape[0] == 0 or channels.shape[0] > channels.shape[1]:
        detail = f"has the shape {samples.shape}; give (samples,) or (channels, samples)"
        raise AudioError(name, SkipReason.NOT_AUDIO, detail)
    with np.errstate(over="ignore"):  # what is too large for it becomes infinite, and is refused
        channels = channels.astype(np.float32)
    starts = range(0, channels.shape[1], _MIXED_TOGETHER)
    mono = np.concatenate([mix(channels[:, at : at + _MIXED_TOGETHER]) for at in starts])
    waveform = Waveform(mono, int(sample_rate))
    check(Path(name), waveform)
    return resample(waveform, wanted)
