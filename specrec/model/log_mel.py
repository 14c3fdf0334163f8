"""Computes the log-mel spectrogram, which is the backbone's input."""

from functools import cache

import torch
from torch import Tensor, nn
from torchaudio.functional import melscale_fbanks
from torchaudio.transforms import Spectrogram

from specrec.config import FrontEnd
from specrec.shapes import Float32

QUIET = 1e-6  # -60 dBFS: what is quieter is not brought to full level
_BATCH = 4  # windows at a time: the spectra of more leave the processor's cache


class LogMel(nn.Module):
    """Computes the natural logarithm of a mel power spectrogram.

    The mel scale and the area normalization of its triangles are those of Slaney's Auditory
    Toolbox (1998), as in librosa; frames are centered, with reflection at the ends.
    """

    filters: Tensor

    def __init__(self, front_end: FrontEnd) -> None:
        super().__init__()
        self.log_floor = front_end.log_floor
        self.level_db = front_end.level_db
        self.spectrogram = Spectrogram(front_end.n_fft, hop_length=front_end.hop_length, power=None)
        band = (front_end.n_mels, front_end.f_min, front_end.f_max)
        filters = _mel_filters(front_end.sample_rate, front_end.n_fft, *band)
        self.register_buffer("filters", filters.clone(), persistent=False)

    def forward(
        self, waveforms: Float32[Tensor, "batch samples"]
    ) -> Float32[Tensor, "batch n_mels frames"]:
        """Computes ln(mel power + floor); frames = 1 + samples // hop_length."""
        return torch.log(self.mel(waveforms) + self.log_floor)

    def mel(
        self, waveforms: Float32[Tensor, "batch samples"]
    ) -> Float32[Tensor, "batch n_mels frames"]:
        """Computes the mel power spectrogram of windows brought to the level of the front end."""
        parts = waveforms.split(_BATCH if waveforms.device.type == "cpu" else len(waveforms))
        mel = torch.cat([self.filters @ self._power(part) for part in parts])
        if self.level_db is None:
            return mel
        power = waveforms.square().mean(dim=1).clamp(min=QUIET)
        leveled: Tensor = mel * (10 ** (self.level_db / 10) / power)[:, None, None]
        return leveled

    def _power(
        self, waveforms: Float32[Tensor, "batch samples"]
    ) -> Float32[Tensor, "batch bins frames"]:
        # Not by the magnitude, whose square root takes longer than the Fourier transform.
        real, imaginary = torch.view_as_real(self.spectrogram(waveforms)).unbind(-1)
        return real.square() + imaginary.square()


@cache  # they take longer than all else that makes a small encoder
def _mel_filters(
    sample_rate: int, n_fft: int, n_mels: int, f_min: float, f_max: float
) -> Float32[Tensor, "n_mels bins"]:
    """Makes triangular filters, in double precision: in single, narrow ones err by 0.2 %."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)  # torchaudio takes no dtype
    try:
        filters = melscale_fbanks(
            n_freqs=n_fft // 2 + 1,
            f_min=f_min,
            f_max=f_max,
            n_mels=n_mels,
            sample_rate=sample_rate,
            norm="slaney",
            mel_scale="slaney",
        )
    finally:
        torch.set_default_dtype(before)
    return filters.T.float().contiguous()
