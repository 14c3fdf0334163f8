"""The tagger mn04_as as a teacher: 527 classes of AudioSet (Schmid et al. 2023, "EfficientAT").

The teacher hears exactly the view that the student hears, whatever was mixed into it (Beyer et al.
2022, "Knowledge distillation: a good teacher is patient and consistent").
"""

from pathlib import Path

import torch
from torch import Tensor, nn
from torchaudio.compliance.kaldi import get_mel_banks
from torchvision.models.mobilenetv3 import MobileNetV3, _mobilenet_v3_conf
from torchvision.ops import SqueezeExcitation

from specrec.errors import ModelError
from specrec.shapes import Float32
from specrec.training.resample import resample

_RATE, _N_FFT, _WINDOW, _HOP, _MELS, _F_MAX = 32_000, 1024, 800, 320, 128, 15_000.0
_PRE_EMPHASIS = 0.97


class MN04(nn.Module):
    """MobileNetV3-large at width 0.4 over Kaldi mels, trained on AudioSet; 1.0 million parameters.

    Its embedding is the layer before the classes: 512 numbers.
    """

    dim = 512
    window: Tensor
    filters: Tensor

    def __init__(self) -> None:
        super().__init__()
        blocks, _ = _mobilenet_v3_conf("mobilenet_v3_large", width_mult=0.4)
        network = MobileNetV3(blocks, last_channel=self.dim, num_classes=527)
        first = network.features[0][0]
        network.features[0][0] = nn.Conv2d(1, first.out_channels, 3, 2, padding=1, bias=False)
        for module in network.modules():
            if isinstance(module, SqueezeExcitation):
                module.scale_activation = nn.Sigmoid()
        self.features, self.classifier = network.features, network.classifier
        self.register_buffer("window", torch.hann_window(_WINDOW, periodic=False), persistent=False)
        filters, _ = get_mel_banks(_MELS, _N_FFT, _RATE, 0.0, _F_MAX, 100.0, -500.0, 1.0)
        self.register_buffer("filters", nn.functional.pad(filters, (0, 1)), persistent=False)

    @torch.inference_mode()
    def forward(
        self, waveforms: Float32[Tensor, "batch samples"], sample_rate: int
    ) -> Float32[Tensor, "batch 512"]:
        """Embeds views.

        Args:
            waveforms: Audio of a second or more.
            sample_rate: The sample rate of the audio in Hz.
        """
        image = self._spectrogram(resample(waveforms, sample_rate, _RATE)).unsqueeze(1)
        phi = self.features(image.contiguous(memory_format=torch.channels_last))
        embedding: Tensor = self.classifier[:2](phi.float().mean(dim=(2, 3)))
        return embedding

    def _spectrogram(self, waveforms: Tensor) -> Tensor:
        emphasized = waveforms[:, 1:] - _PRE_EMPHASIS * waveforms[:, :-1]
        frames = torch.stft(
            emphasized, _N_FFT, _HOP, _WINDOW, self.window, center=True, return_complex=True
        )
        power = frames.real.square() + frames.imag.square()
        log_mel: Tensor = ((self.filters @ power + 1e-5).log() + 4.5) / 5
        return log_mel


def load_mn04(path: Path) -> MN04:
    """Reads the teacher's weights, a state dict as its authors name the layers.

    Raises:
        ModelError: If the file can't be read or holds other weights.
    """
    teacher = MN04()
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        teacher.load_state_dict(dict(_renamed(name, value) for name, value in state.items()))
    except (OSError, RuntimeError, AttributeError, ValueError) as error:
        raise ModelError(f"teacher {path}: {str(error).splitlines()[0]}") from error
    teacher.requires_grad_(False)
    return teacher.to(memory_format=torch.channels_last).eval()


def _renamed(name: str, value: Tensor) -> tuple[str, Tensor]:
    """A layer as torchvision names and shapes it: its squeeze-excitation is a 1 x 1 convolution."""
    excitation = "conc_se_layers" in name and name.endswith("weight")
    for theirs, ours in (
        ("conc_se_layers.0.", ""),
        ("classifier.2.", "classifier.0."),
        ("classifier.5.", "classifier.3."),
    ):
        name = name.replace(theirs, ours)
    return name, value[:, :, None, None] if excitation else value
