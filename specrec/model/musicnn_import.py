"""Converts the checkpoint of MSD_musicnn, as its authors published it, into an encoder.

Weight decay has zeroed nine in ten filters of the front end: their output is constant. They are
left out, which changes no result and saves most of the time.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from specrec.config import MUSICNN, Architecture, FrontEnd
from specrec.model.encoder import Encoder
from specrec.model.musicnn import EPSILON, FRONT_SHAPES, Musicnn, MusicnnBlock
from specrec.model.tf_checkpoint import TensorFlowCheckpoint
from specrec.shapes import Bool, Float32

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
_DEAD = 1e-3  # a filter's absolute sum; those that died are below 2e-5, the others above 4e-2


class _Layer(NamedTuple):
    """A convolution with a kernel (frames, mels, in, out), and the normalization after it."""

    kernel: Tensor
    bias: Tensor
    scale: Tensor
    offset: Tensor
    mean: Tensor
    variance: Tensor


def encoder_from_checkpoint(
    checkpoint: TensorFlowCheckpoint,
    head: Float32[Tensor, "dim channels"] | None = None,
    center: Float32[Tensor, " dim"] | None = None,
) -> Encoder:
    """Builds the encoder.

    Args:
        checkpoint: The checkpoint of MSD_musicnn.
        head: Matrix from the mean of the feature map to the embedding; None for the identity.
        center: Mean embedding of the training music; None for zero.

    Raises:
        ModelError: If the checkpoint is damaged or lacks a layer.
    """
    front, middle = _without_dead_filters(
        [_read_layer(checkpoint, number) for number in range(5)],
        [_read_layer(checkpoint, number) for number in range(5, 8)],
    )
    widths = [len(layer.bias) for layer in [*front, middle[0]]]
    channels = sum(widths[:-1]) + 3 * widths[-1]
    head = torch.eye(channels) if head is None else head
    encoder = Encoder(FRONT_END, Architecture(MUSICNN, tuple(widths), len(head)))
    assert isinstance(encoder.backbone, Musicnn)
    _set_normalization(encoder.normalize, checkpoint)
    for block, layer in zip(encoder.backbone.front, front, strict=True):
        _fill_block(block, layer, layer.kernel.permute(3, 2, 1, 0))
    for block, layer in zip(encoder.backbone.middle, middle, strict=True):
        # In the layers over time the channels have the place of the mels.
        _fill_block(block, layer, layer.kernel.permute(3, 1, 2, 0))
    _fill(encoder.head, head, torch.zeros(len(head)))
    encoder.center.copy_(torch.zeros(len(head)) if center is None else center)
    return encoder.eval()


def _read_layer(checkpoint: TensorFlowCheckpoint, number: int) -> _Layer:
    """Reads a layer; layers are numbered in the order in which they are built."""
    convolution = "conv2d" + (f"_{number}" if number else "")
    kernel, bias = (checkpoint[f"{convolution}/{kind}"] for kind in ("kernel", "bias"))
    norm = read_norm(checkpoint, f"batch_normalization_{number + 1}")
    return _Layer(torch.from_numpy(kernel), torch.from_numpy(bias), *norm)


def _without_dead_filters(
    front: list[_Layer], middle: list[_Layer]
) -> tuple[list[_Layer], list[_Layer]]:
    """Replaces the dead filters of the front end by a single one, whose output is 1.

    The first layer over time sums their constant outputs, times its kernel, into the weights for
    that filter. A bias would not be the same, since the input is padded with zeros.
    """
    alive = [_alive(layer) for layer in front]
    constants = torch.cat([_output_of_nothing(layer) for layer in front])
    constants[torch.cat(alive)] = 0
    kernel = middle[0].kernel
    gathered = (kernel * constants[:, None, None]).sum(dim=1, keepdim=True)
    kept = kernel[:, torch.cat(alive)]
    one = _Layer(
        torch.zeros(*FRONT_SHAPES[-1][::-1], 1, 1),
        *(torch.tensor([value]) for value in (1.0, 1.0, 0.0, 0.0, 1.0 - EPSILON)),
    )
    front = [
        _Layer(*(values[..., chosen] for values in layer))
        for layer, chosen in zip(front, alive, strict=True)
    ]
    front[-1] = _Layer(*(torch.cat(pair, dim=-1) for pair in zip(front[-1], one, strict=True)))
    return front, [middle[0]._replace(kernel=torch.cat([kept, gathered], dim=1)), *middle[1:]]


def dead_filter_outputs(checkpoint: TensorFlowCheckpoint) -> Float32[Tensor, " filters"]:
    """Computes the constant output of each dead filter of the front end; NaN for the others."""
    front = [_read_layer(checkpoint, number) for number in range(len(FRONT_SHAPES))]
    constants = torch.cat([_output_of_nothing(layer) for layer in front])
    constants[torch.cat([_alive(layer) for layer in front])] = torch.nan
    return constants


def _alive(layer: _Layer) -> Bool[Tensor, " out"]:
    alive: Tensor = layer.kernel.abs().sum((0, 1, 2)) > _DEAD
    return alive


def _output_of_nothing(layer: _Layer) -> Float32[Tensor, " out"]:
    """Computes the output that each filter would have if its kernel were zero."""
    deviation = torch.sqrt(layer.variance + EPSILON)
    return (layer.bias.relu() - layer.mean) / deviation * layer.scale + layer.offset


def _set_normalization(normalize: nn.BatchNorm1d, checkpoint: TensorFlowCheckpoint) -> None:
    """Sets the normalization that the network's first layer does.

    It takes v = log10(1e4 x + 1) of the mel power x, and we have y = ln(x + 1e-4): so
    v = y / ln 10 + 4, and its mean and variance are converted in the same way.
    """
    scale, offset, mean, variance = read_norm(checkpoint, "batch_normalization")
    unit = math.log(10)
    variance = (variance + EPSILON) * unit**2 - normalize.eps
    _fill(normalize, scale, offset, (mean - 4) * unit, variance)


def read_norm(checkpoint: TensorFlowCheckpoint, layer: str) -> list[Tensor]:
    """Reads scale, offset, mean and variance of a batch normalization."""
    kinds = ("gamma", "beta", "moving_mean", "moving_variance")
    return [torch.from_numpy(checkpoint[f"{layer}/{kind}"]) for kind in kinds]


def _fill_block(block: nn.Module, layer: _Layer, kernel: Tensor) -> None:
    assert isinstance(block, MusicnnBlock)
    _fill(block.convolution, kernel, layer.bias)
    _fill(block.norm, layer.scale, layer.offset, layer.mean, layer.variance)


@torch.no_grad()
def _fill(layer: nn.Module, *values: Tensor) -> None:
    """Copies values into weight, bias and, of a batch normalization, mean and variance."""
    for name, value in zip(("weight", "bias", "running_mean", "running_var"), values, strict=False):
        getattr(layer, name).copy_(value)
