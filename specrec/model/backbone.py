"""The convolutional network between the spectrogram and the linear head."""

from jaxtyping import Float
from torch import Tensor, nn


class Backbone(nn.Module):
    """What an encoder asks of its network.

    Attributes:
        channels: Channels C of the feature map.
    """

    channels: int

    def forward(
        self, log_mel: Float[Tensor, "batch 1 n_mels frames"]
    ) -> Float[Tensor, "batch channels f t"]:
        """Returns the feature map phi; f and t are at least 1."""
        raise NotImplementedError
