"""The convolutional networks that an encoder can have between spectrogram and head."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from torch import Tensor

from specrec.config import MEL_CNN, MUSICNN, PIXELS, Architecture
from specrec.model.mel_cnn import MelCNN
from specrec.model.musicnn import Musicnn
from specrec.model.pixels import Pixels
from specrec.shapes import Float


@runtime_checkable
class Backbone(Protocol):
    """The interface of an encoder's network, which is an `nn.Module`.

    Attributes:
        channels: Number of channels C of the feature map.
    """

    channels: int

    def __call__(
        self, log_mel: Float[Tensor, "batch 1 n_mels frames"]
    ) -> Float[Tensor, "batch channels f t"]:
        """Returns the feature map phi; f and t are at least 1."""

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> Any:
        """Loads weights, as every `nn.Module` does."""

    def state_dict(self) -> dict[str, Any]:
        """Returns the weights, as every `nn.Module` does."""


def build_backbone(architecture: Architecture, n_mels: int) -> Backbone:
    """Makes the network that `architecture.backbone` names, with random weights.

    Args:
        architecture: Name and widths of the network.
        n_mels: Number of mel bands of the spectrograms.

    Raises:
        ConfigError: If there is no network of that name.
    """
    if architecture.backbone == MEL_CNN:
        return MelCNN(architecture.widths, n_mels)
    if architecture.backbone == MUSICNN:
        return Musicnn(architecture.widths)
    if architecture.backbone == PIXELS:
        return Pixels(*architecture.widths)
    from specrec.model.imagenet import ImagenetCNN  # here, for torchvision takes long to load

    return ImagenetCNN(architecture.backbone)
