"""From samples to the log-mel spectrogram that the backbone sees."""

import torch
from jaxtyping import Float32
from torch import Tensor, nn
from torchaudio.transforms import MelSpectrogram

from specrec.config import FrontEnd


class LogMel(nn.Module):
    """Natural logarithm of a mel power spectrogram.

    The mel scale and the area normalization of its triangles are those of Slaney's Auditory
    Toolbox (1998), as in librosa; frames are centered, with reflection at the ends.
    """

    def __init__(self, front_end: FrontEnd) -> None:
        super().__init__()
        self.log_floor = front_end.log_floor
        self.mel = MelSpectrogram(
            sample_rate=front_end.sample_rate,
            n_fft=front_end.n_fft,
            hop_length=front_end.hop_length,
            n_mels=front_end.n_mels,
            f_min=front_end.f_min,
            f_max=front_end.f_max,
            norm="slaney",
            mel_scale="slaney",
            power=2.0,
        )

    def forward(
        self, waveforms: Float32[Tensor, "batch samples"]
    ) -> Float32[Tensor, "batch n_mels frames"]:
        """Computes ln(mel power + floor); frames = 1 + samples // hop_length."""
        log_mel: Tensor = torch.log(self.mel(waveforms) + self.log_floor)
        return log_mel
