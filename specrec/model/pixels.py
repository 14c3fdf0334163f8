"""The picture of a spectrogram as it is: the idea that specrec began with, as a model."""

from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from specrec.shapes import Float


class Pixels(nn.Module):
    """Makes a small picture of a spectrogram, each of whose pixels is a channel.

    It has no weights. The embedding of a window is its picture, that of a track the mean of its
    windows' pictures; less the mean picture of some music, their cosine says how alike two
    pictures are.

    Attributes:
        channels: Number of pixels.
    """

    def __init__(self, bands: int, steps: int) -> None:
        """Sets the size of the picture.

        Args:
            bands: Rows of the picture, each the mean of as many mel bands.
            steps: Columns of the picture: parts of a window's time.
        """
        super().__init__()
        self._size = bands, steps
        self.channels = bands * steps

    def forward(
        self, log_mel: Float[Tensor, "batch 1 n_mels frames"]
    ) -> Float[Tensor, "batch channels 1 1"]:
        """The pixels of each spectrogram."""
        return adaptive_avg_pool2d(log_mel, self._size).flatten(1)[:, :, None, None]
