"""Resampling of whole batches."""

import torch
from torch import Tensor, nn

from specrec.shapes import Float32


def resample(
    waveforms: Float32[Tensor, "batch samples"], rate: int, wanted: int
) -> Float32[Tensor, "batch resampled"]:
    """Resamples in the spectrum, which is the fastest for whole batches.

    Args:
        waveforms: Audio; what is at its end wraps around to its beginning.
        rate: Its sample rate in Hz.
        wanted: The sample rate that is wanted, in Hz.
    """
    samples = round(waveforms.shape[1] * wanted / rate)
    bins = samples // 2 + 1
    spectrum = torch.fft.rfft(waveforms)[:, :bins]
    padded = nn.functional.pad(spectrum, (0, bins - spectrum.shape[1]))
    resampled: Tensor = torch.fft.irfft(padded, n=samples) * (samples / waveforms.shape[1])
    return resampled
