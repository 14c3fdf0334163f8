"""Our own backbone: a small residual network over the mel spectrogram."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from specrec.shapes import Float


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions and a short cut (He et al. 2016, "Deep residual learning")."""

    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels_in, channels_out, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels_out),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or channels_in != channels_out:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels_in, channels_out, 1, stride, bias=False),
                nn.BatchNorm2d(channels_out),
            )
        self.activation = nn.ReLU(inplace=True)

    def forward(self, x: Float[Tensor, "batch c f t"]) -> Float[Tensor, "batch c2 f2 t2"]:
        """Applies the block; a stride of 2 halves both axes."""
        y: Tensor = self.activation(self.body(x) + self.shortcut(x))
        return y


class MelCNN(nn.Module):
    """A small residual network over a mel spectrogram.

    The stem takes patches of 4 x 4 cells at once, which is where most of a CPU's time would
    otherwise go; the stages keep a map of one cell per 16 mels and 16 frames. An offset for each
    row tells them how high in the spectrum they are, which convolutions alone can't know.
    """

    def __init__(self, widths: Sequence[int], n_mels: int) -> None:
        """Builds the network.

        Args:
            widths: Number of channels of each stage. The second and third halve both axes.
            n_mels: Number of mel bands of the spectrogram.
        """
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(1, widths[0], 5, stride=4, padding=2, bias=False),
            nn.BatchNorm2d(widths[0]),
        )
        self.height = nn.Parameter(torch.zeros(widths[0], (n_mels + 3) // 4, 1))
        narrow = [widths[0], *widths[:-1]]
        self.stages = nn.Sequential(
            *(
                ResidualBlock(before, after, stride=2 if stage in (1, 2) else 1)
                for stage, (before, after) in enumerate(zip(narrow, widths, strict=True))
            )
        )
        self.channels = widths[-1]

    def forward(
        self, log_mel: Float[Tensor, "batch 1 n_mels frames"]
    ) -> Float[Tensor, "batch channels f t"]:
        """Returns the feature map phi."""
        # An image of one channel has no layout, so the stem falls back on the slower one.
        low = self.stem(log_mel).contiguous(memory_format=torch.channels_last)
        # In the type of the map, lest the sum is float32 where the rest is bfloat16.
        phi: Tensor = self.stages(torch.relu(low + self.height.to(low.dtype)))
        return phi
