"""From the checkpoint of MSD_musicnn, as its authors published it, to an encoder."""

import math

import torch
from jaxtyping import Float32
from torch import Tensor, nn

from specrec.config import MUSICNN, Architecture, FrontEnd
from specrec.model.encoder import Encoder
from specrec.model.musicnn import EPSILON, Musicnn, MusicnnBlock
from specrec.model.tf_checkpoint import TensorFlowCheckpoint

FRONT_END = FrontEnd(
    sample_rate=16_000,
    window_seconds=3.0,
    n_fft=512,
    hop_length=256,
    n_mels=96,
    f_min=0.0,
    f_max=8000.0,
    log_floor=1e-4,
)


@torch.no_grad()
def encoder_from_checkpoint(
    checkpoint: TensorFlowCheckpoint,
    head: Float32[Tensor, "dim channels"],
    center: Float32[Tensor, " dim"],
) -> Encoder:
    """Builds the encoder.

    Args:
        checkpoint: MSD_musicnn's; its layers are numbered in the order in which they are built.
        head: What turns the mean of the feature map into an embedding; it needs no bias.
        center: The mean embedding of the training music.

    Raises:
        ModelError: If the checkpoint is damaged or lacks a layer.
    """
    encoder = Encoder(FRONT_END, Architecture(MUSICNN, embedding_dim=len(head)))
    assert isinstance(encoder.backbone, Musicnn)
    _set_normalization(encoder, checkpoint)
    for number, block in enumerate([*encoder.backbone.front, *encoder.backbone.middle]):
        assert isinstance(block, MusicnnBlock)
        _set_block(block, checkpoint, number)
    encoder.head.weight.copy_(head)
    encoder.head.bias.zero_()
    encoder.center.copy_(center)
    return encoder.eval()


def _set_normalization(encoder: Encoder, checkpoint: TensorFlowCheckpoint) -> None:
    """Makes `normalize` do what the network's first layer does with its own spectrogram.

    It takes v = log10(1e4 x + 1) of the mel power x, and we have y = ln(x + 1e-4): so
    v = y / ln 10 + 4, and its mean and variance are moved likewise.
    """
    scale, offset, mean, variance = _norm(checkpoint, "batch_normalization")
    unit = math.log(10)
    variance = (variance + EPSILON) * unit**2 - encoder.normalize.eps
    _fill(encoder.normalize, scale, offset, (mean - 4) * unit, variance)


def _set_block(block: MusicnnBlock, checkpoint: TensorFlowCheckpoint, number: int) -> None:
    convolution = "conv2d" + (f"_{number}" if number else "")
    kernel = torch.from_numpy(checkpoint[f"{convolution}/kernel"])
    bias = torch.from_numpy(checkpoint[f"{convolution}/bias"])
    # From (frames, mels, in, out). The layers over time have their input channels in the place
    # of mels.
    over_time = block.convolution.in_channels > 1
    _fill(block.convolution, kernel.permute((3, 1, 2, 0) if over_time else (3, 2, 1, 0)), bias)
    _fill(block.norm, *_norm(checkpoint, f"batch_normalization_{number + 1}"))


def _norm(checkpoint: TensorFlowCheckpoint, layer: str) -> list[Tensor]:
    """Scale, offset, mean and variance of a batch normalization."""
    kinds = ("gamma", "beta", "moving_mean", "moving_variance")
    return [torch.from_numpy(checkpoint[f"{layer}/{kind}"]) for kind in kinds]


def _fill(layer: nn.Module, *values: Tensor) -> None:
    """Copies values into weight, bias and, of a batch normalization, mean and variance."""
    for name, value in zip(("weight", "bias", "running_mean", "running_var"), values, strict=False):
        getattr(layer, name).copy_(value)
