"""Views: what can be done to a window that leaves it the same music.

Everything works on a whole batch, on its device. Each view draws its own amounts, from nothing
to the configured largest. What changes the music (another track, another color) and what only
veils it (noise, level, masks) are kept apart: a live teacher hears the first, not the second.
"""

import torch
from jaxtyping import Bool, Float32
from torch import Tensor
from torch.nn.functional import interpolate
from torchaudio.functional import mask_along_axis_iid

from specrec.config import AugmentConfig

_FILTER_POINTS = 8
_QUIET = 1e-4  # RMS below which a window counts as silence
_MIX_RANGE_DB = 20


def change_views(
    waveforms: Float32[Tensor, "views samples"], settings: AugmentConfig, generator: torch.Generator
) -> tuple[Float32[Tensor, "views samples"], Bool[Tensor, " views"]]:
    """Mixes another track into some views, and equalizes all of them.

    Returns:
        The views, and which of them hold another track.
    """
    mixed = torch.rand(len(waveforms), 1, generator=generator) < settings.mix_probability
    shift = int(torch.randint(1, len(waveforms), (), generator=generator))
    other = waveforms.roll(shift, dims=0)
    ratio = _ratio(_uniform(waveforms, settings.mix_db - _MIX_RANGE_DB, settings.mix_db, generator))
    amount = mixed.to(waveforms.device) * ratio * _rms(waveforms) / _rms(other)
    changed = _filter(waveforms + other * amount, settings.eq_db, generator)
    return changed, mixed.squeeze(1).to(waveforms.device)


def veil_views(
    waveforms: Float32[Tensor, "views samples"], settings: AugmentConfig, generator: torch.Generator
) -> Float32[Tensor, "views samples"]:
    """Adds noise and changes the level."""
    noise = torch.randn(waveforms.shape, generator=generator).to(waveforms.device)
    amount = _ratio(_uniform(waveforms, settings.noise_db - 40, settings.noise_db, generator))
    noisy = waveforms + noise * amount * _rms(waveforms)
    return noisy * _ratio(_uniform(waveforms, -settings.gain_db, settings.gain_db, generator))


def mask_spectrograms(
    log_mel: Float32[Tensor, "views n_mels frames"], settings: AugmentConfig
) -> Float32[Tensor, "views n_mels frames"]:
    """Masks one frequency band and one stretch of time per view (Park et al. 2019, "SpecAugment").

    The masked cells take the batch's mean, so that a mask is neither silence nor noise. The
    positions come from torch's global generator, which Lightning seeds.
    """
    fill = float(log_mel.mean())
    image = log_mel.unsqueeze(1)
    image = mask_along_axis_iid(image, settings.frequency_mask, fill, axis=2)
    image = mask_along_axis_iid(image, settings.time_mask, fill, axis=3)
    masked: Tensor = image.squeeze(1)
    return masked


def _uniform(waveforms: Tensor, low: float, high: float, generator: torch.Generator) -> Tensor:
    draw = torch.rand(len(waveforms), 1, generator=generator)
    return (low + (high - low) * draw).to(waveforms.device)


def _rms(waveforms: Tensor) -> Tensor:
    return waveforms.square().mean(dim=1, keepdim=True).sqrt().clamp(min=_QUIET)


def _ratio(decibels: Tensor) -> Tensor:
    return torch.pow(10.0, decibels / 20)


def _filter(waveforms: Tensor, eq_db: float, generator: torch.Generator) -> Tensor:
    """A random zero-phase equalizer, whose gain in dB runs straight from point to point."""
    spectrum = torch.fft.rfft(waveforms)
    points = (2 * torch.rand(len(waveforms), 1, _FILTER_POINTS, generator=generator) - 1) * eq_db
    curve = interpolate(points.to(waveforms.device), spectrum.shape[1], mode="linear")
    return torch.fft.irfft(spectrum * _ratio(curve.squeeze(1)), n=waveforms.shape[1])
