"""Views: what can be done to a window that leaves it the same music.

Everything works on a whole batch, on its device. Each view draws its own amounts, from nothing
to the configured largest. What changes the music (another track, another color) and what only
veils it (noise, level, masks) are kept apart: a teacher hears the first, not the second.
"""

import torch
from torch import Tensor
from torch.nn.functional import interpolate
from torchaudio.functional import mask_along_axis_iid

from specrec.config import AugmentConfig, ViewConfig
from specrec.shapes import Bool, Float32

_FILTER_POINTS = 8
_QUIET = 1e-4  # RMS below which a window counts as silence
_MIX_RANGE_DB = 20
_DAMAGED = 1 / 6  # share of the views that each kind of damage befalls


def change_views(
    waveforms: Float32[Tensor, "views samples"], settings: ViewConfig, generator: torch.Generator
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


def damage_views(
    waveforms: Float32[Tensor, "views samples"], sample_rate: int, generator: torch.Generator
) -> Float32[Tensor, "views samples"]:
    """Overdrives some views, puts some into a room, and cuts the treble or bass of some.

    Each happens to one view in six. A band limit of 3 to 10 kHz is what other sample rates, old
    recordings and codecs do; of a room, the echo falls by 60 dB in 0.2 to 2 seconds.
    """
    draw = torch.rand(6, len(waveforms), 1, generator=generator)
    drive = 10 ** (1.5 * draw[0] * (draw[1] < _DAMAGED))
    level = _rms(waveforms)
    driven = torch.tanh(waveforms / level * drive) / drive
    driven = torch.where(drive > 1, driven * level / _rms(driven), waveforms)
    samples = waveforms.shape[1]
    spectrum = torch.fft.rfft(driven)
    seconds = torch.arange(samples) / sample_rate
    decay = 10 ** (-3 * seconds / (0.2 * 10 ** draw[2]))
    echo = torch.randn(driven.shape, generator=generator) * decay
    echo = echo / echo.square().sum(dim=1, keepdim=True).sqrt()
    share = draw[3].sqrt() * (torch.rand(draw[3].shape, generator=generator) < _DAMAGED)
    echo = echo * share
    echo[:, :1] += 1 - share
    hertz = torch.fft.rfftfreq(samples, 1 / sample_rate)
    highest = torch.where(draw[4] < _DAMAGED, 3000 * 3.3 ** (draw[4] / _DAMAGED), sample_rate)
    lowest = torch.where(draw[5] < _DAMAGED, 80 * 6 ** (draw[5] / _DAMAGED), 1.0)
    response = 1 / (1 + (hertz / highest) ** 12) / (1 + (lowest / hertz.clamp(min=0.1)) ** 4)
    return torch.fft.irfft(spectrum * torch.fft.rfft(echo) * response, n=samples)


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


def mix_spectrograms(
    log_mel: Float32[Tensor, "views n_mels frames"],
    targets: Float32[Tensor, "views dim"],
    probability: float,
    generator: torch.Generator,
) -> tuple[Float32[Tensor, "views n_mels frames"], Float32[Tensor, "views dim"]]:
    """Mixes the sound of another view into some, and its targets in proportion.

    The powers of two sounds add up, on average; what a tagger says of the sum lies between what
    it says of each (Zhang et al. 2018, "mixup"; Wang et al. 2021 mix AudioSet's power spectra).
    """
    shift = int(torch.randint(1, max(2, len(log_mel)), (), generator=generator))
    share = torch.rand(len(log_mel), 1, generator=generator) * 0.5
    share = share * (torch.rand(len(log_mel), 1, generator=generator) < probability)
    share = share.to(log_mel.device)
    other, expected = log_mel.roll(shift, dims=0), targets.roll(shift, dims=0)
    power = (1 - share[..., None]) * log_mel.exp() + share[..., None] * other.exp()
    return power.log(), (1 - share) * targets + share * expected


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
