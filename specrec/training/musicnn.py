"""The tagger MSD_musicnn as a teacher: 50 tags of the Million Song Dataset.

Its network up to the pooling is `specrec.model.musicnn`; here are the layers after it. Weights and
architecture: Pons and Serra 2019, "musicnn: pre-trained convolutional neural networks for music
audio tagging".
"""

import tempfile
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from specrec.errors import ModelError
from specrec.model.encoder import Encoder
from specrec.model.fetch import open_checkpoint, unpack_package
from specrec.model.musicnn import EPSILON
from specrec.model.musicnn_import import (
    FRONT_END,
    dead_filter_outputs,
    encoder_from_checkpoint,
    read_norm,
)
from specrec.model.tf_checkpoint import TensorFlowCheckpoint
from specrec.shapes import Float32
from specrec.training.resample import resample

TAGS = (
    "rock", "pop", "alternative", "indie", "electronic", "female vocalists", "dance", "00s",
    "alternative rock", "jazz", "beautiful", "metal", "chillout", "male vocalists", "classic rock",
    "soul", "indie rock", "Mellow", "electronica", "80s", "folk", "90s", "chill", "instrumental",
    "punk", "oldies", "blues", "hard rock", "ambient", "acoustic", "experimental",
    "female vocalist", "guitar", "Hip-Hop", "70s", "party", "country", "easy listening", "sexy",
    "catchy", "funk", "electro", "heavy metal", "Progressive rock", "60s", "rnb", "indie pop",
    "sad", "House", "happy",
)  # fmt: skip
"""The tags, in the order of the outputs."""

_WINDOW = FRONT_END.window_samples


class MusicnnTagger(nn.Module):
    """Says how likely each of 50 tags is; it was trained on windows of three seconds."""

    def __init__(self, encoder: Encoder, hidden: nn.Linear, classes: nn.Linear) -> None:
        super().__init__()
        self.encoder, self.hidden, self.classes = encoder, hidden, classes

    @torch.inference_mode()
    def hear(
        self, waveforms: Float32[Tensor, "batch samples"], sample_rate: int
    ) -> Float32[Tensor, "batch 200"]:
        """Computes the last hidden layer, of which the tags' logits are a linear map, `classes`.

        Args:
            waveforms: Audio of three seconds or more; longer ones are heard in windows.
            sample_rate: The sample rate of the audio in Hz.
        """
        heard = resample(waveforms, sample_rate, FRONT_END.sample_rate)
        windows = 1 + -(-max(0, heard.shape[1] - _WINDOW) // _WINDOW)
        starts = torch.linspace(0, heard.shape[1] - _WINDOW, windows).long().tolist()
        said = [self._hear_window(heard[:, start : start + _WINDOW]) for start in starts]
        return torch.stack(said).mean(dim=0)

    def _hear_window(self, windows: Tensor) -> Tensor:
        phi = self.encoder.feature_map(self.encoder.log_mel(windows))[:, :, 0]
        pooled = torch.cat([phi.amax(dim=2), phi.mean(dim=2)], dim=1)
        return F.relu(self.hidden(pooled))


def load_musicnn(package: Path) -> MusicnnTagger:
    """Reads the tagger's weights.

    Args:
        package: The wheel or source package `musicnn`, version 0.1.0, or a folder with what was
            in it.

    Raises:
        ModelError: If the package is absent, another, or damaged.
    """
    try:
        checkpoint = _open_package(package)
    except (OSError, KeyError, ValueError) as error:
        raise ModelError(f"{package} is not the package of musicnn ({error})") from error
    tagger = MusicnnTagger(
        encoder_from_checkpoint(checkpoint),
        _hidden_layer(checkpoint),
        _dense(checkpoint, "dense_1", "batch_normalization_10"),
    )
    return tagger.requires_grad_(False).eval()


def _open_package(package: Path) -> TensorFlowCheckpoint:
    if package.is_dir():
        return open_checkpoint(package)
    with tempfile.TemporaryDirectory() as scratch:
        unpack_package(package, Path(scratch))
        return open_checkpoint(Path(scratch))


def _hidden_layer(checkpoint: TensorFlowCheckpoint) -> nn.Linear:
    """Reads the layer after the pooling, for the channels that the encoder's feature map has.

    The original takes maximum and mean of each channel side by side, of dead filters too: what
    these add is constant.
    """
    whole = _dense(checkpoint, "dense", "batch_normalization_9")
    constants = dead_filter_outputs(checkpoint)
    dead = ~constants.isnan()
    by_channel = whole.weight.unflatten(1, (-1, 2))
    front, middle = by_channel.split([len(dead), by_channel.shape[1] - len(dead)], dim=1)
    # The encoder has one channel of ones in place of all dead filters.
    ones = torch.zeros(len(front), 1, 2)
    living = torch.cat([front[:, ~dead], ones, middle], dim=1)
    layer = nn.Linear(2 * living.shape[1], len(living))
    layer.weight.data = living.permute(0, 2, 1).flatten(1).contiguous()
    layer.bias.data = whole.bias + front[:, dead].sum(dim=2) @ constants[dead]
    return layer


def _dense(checkpoint: TensorFlowCheckpoint, name: str, norm: str) -> nn.Linear:
    """Reads a dense layer, with the batch normalization before it taken into its weights."""
    kernel, bias = (torch.from_numpy(checkpoint[f"{name}/{kind}"]) for kind in ("kernel", "bias"))
    scale, offset, mean, variance = read_norm(checkpoint, norm)
    scale = scale / torch.sqrt(variance + EPSILON)
    layer = nn.Linear(*kernel.shape)
    layer.weight.data = (kernel * scale[:, None]).T.contiguous()
    layer.bias.data = bias + (offset - mean * scale) @ kernel
    return layer
