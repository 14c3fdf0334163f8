"""The network of MSD_musicnn, a convolutional music tagger, up to its temporal pooling.

Architecture: Pons et al. 2018, "End-to-end learning for music audio tagging at scale". Weights:
Pons and Serra 2019, "musicnn: pre-trained convolutional neural networks for music audio tagging",
trained on the tags of the Million Song Dataset.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from specrec.shapes import Float

EPSILON = 1e-3
"""Epsilon of the batch normalization: TensorFlow's default, used in the network's training."""

FRONT_SHAPES = ((38, 7), (67, 7), (1, 128), (1, 64), (1, 32))
"""Sizes of the front end's filters, in mel bands and frames."""


class MusicnnBlock(nn.Module):
    """Convolution, ReLU and batch normalization in this order, then maximum over frequency."""

    def __init__(self, channels_in: int, channels_out: int, mels: int, frames: int) -> None:
        super().__init__()
        self.pad = nn.ZeroPad2d(((frames - 1) // 2, frames // 2, 0, 0))
        self.convolution = nn.Conv2d(channels_in, channels_out, (mels, frames))
        self.norm = nn.BatchNorm2d(channels_out, eps=EPSILON)

    def forward(self, x: Float[Tensor, "batch c f t"]) -> Float[Tensor, "batch c2 1 t"]:
        """Applies the block; there are as many frames as before."""
        y = self.norm(F.relu(self.convolution(self.pad(x))))
        return F.max_pool2d(y, (y.shape[2], 1))


class Musicnn(nn.Module):
    """Filters in the shapes of timbre and rhythm, then residual layers over time.

    The front end looks at 38 or 67 mel bands for 7 frames (timbre), and at one band for 128, 64
    or 32 frames (rhythm). Its output and those of three layers over time are, side by side, the
    feature map: the original tagger goes on with its maximum and mean over time, and an encoder
    with the mean. It was trained on 96 mel bands and frames of 16 ms.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        """Builds the network.

        Args:
            widths: Number of filters of each of `FRONT_SHAPES`, and of each layer over time.
        """
        super().__init__()
        *front, middle = widths
        self.front = nn.ModuleList(
            MusicnnBlock(1, width, *shape) for width, shape in zip(front, FRONT_SHAPES, strict=True)
        )
        self.middle = nn.ModuleList(
            MusicnnBlock(width, middle, 1, 7) for width in (sum(front), middle, middle)
        )
        self.channels = sum(front) + 3 * middle

    def forward(
        self, log_mel: Float[Tensor, "batch 1 n_mels frames"]
    ) -> Float[Tensor, "batch channels 1 frames"]:
        """Returns the feature map phi, one cell a frame."""
        front = torch.cat([block(log_mel) for block in self.front], dim=1)
        first = self.middle[0](front)
        second = first + self.middle[1](first)
        third = second + self.middle[2](second)
        return torch.cat([front, first, second, third], dim=1)
