"""Torchvision's image networks as backbones, with random weights or those learned on ImageNet.

This is imported only when such a network is used: importing torchvision takes a second or two.
"""

import io
import sys
from collections import OrderedDict
from contextlib import redirect_stdout
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import torch
from torch import Tensor, nn
from torch.nn.functional import pad
from torchvision import models

from specrec.config import IMAGENET, MEL_CNN, MUSICNN
from specrec.errors import ConfigError, ModelError
from specrec.shapes import Float

_FAMILIES = ("resnet", "efficientnet", "convnext", "mobilenet_v3")
_SMALLEST = 32  # cells a side: these networks halve a picture five times
_CLASSIFIER = ("avgpool", "fc", "classifier")


class ImagenetCNN(nn.Module):
    """The convolutional part of a ResNet, EfficientNet, ConvNeXt or MobileNetV3, on one channel.

    These networks were trained on pictures whose three channels have zero mean and unit variance
    each. A mel spectrogram whose bands have been brought there by `Encoder.normalize` is, in the
    same units, a gray picture, and the first convolution, its weights summed over the colors, sees
    in it exactly what it would see in three equal channels. No pixel value is involved, so
    ImageNet's own mean and deviation have no place here; and the zeros with which the convolutions
    pad are each band's mean, as they are the mean color of ImageNet.

    The layer norm between ConvNeXt's pooling and its classifier is left out with the classifier:
    after the backbone an encoder is linear.
    """

    def __init__(self, name: str) -> None:
        """Builds the network with random weights.

        Args:
            name: Torchvision's name, such as `resnet18`.

        Raises:
            ConfigError: If torchvision has no such network of these families.
        """
        super().__init__()
        self.features = _color_features(name)
        _to_one_channel(self.features)
        with torch.no_grad():
            picture = torch.zeros(1, 1, _SMALLEST, _SMALLEST)
            self.channels = self.eval()(picture).shape[1]
        self.train()

    def forward(
        self, log_mel: Float[Tensor, "batch 1 n_mels frames"]
    ) -> Float[Tensor, "batch channels f t"]:
        """Returns the feature map phi; an input below 32 x 32 cells is padded first."""
        bands, frames = (max(0, _SMALLEST - size) for size in log_mel.shape[2:])
        phi: Tensor = self.features(pad(log_mel, (0, frames, 0, bands)))
        return phi


def pretrained_backbone(name: str, source: str) -> ImagenetCNN:
    """Makes a backbone with weights learned on pictures.

    Args:
        name: Torchvision's name, such as `resnet18`.
        source: `imagenet` for torchvision's default weights, downloaded once to torch hub's
            folder; or a file with a state dict of the whole network. Its classifier is ignored.

    Raises:
        ConfigError: If torchvision has no such network of these families.
        ModelError: If the weights can't be loaded or do not fit the network.
    """
    features = _color_features(name)
    file, state = _downloaded(name) if source == IMAGENET else _read(Path(source).expanduser())
    if not isinstance(state, dict):
        raise ModelError(f"{file}: holds a {type(state).__name__}, not a network's state dict")
    kept = {key: state[key] for key in state if str(key).split(".")[0] not in _CLASSIFIER}
    try:
        missing, unexpected = features.load_state_dict(kept, strict=False)
        wrong = [f"{key} is missing" for key in missing]
        wrong += [f"{key} is unexpected" for key in unexpected]
    except (RuntimeError, AttributeError) as error:  # another shape; a key that is no string
        wrong = [str(error).splitlines()[-1].strip()]
    if wrong:
        raise ModelError(f"{file}: not the weights of torchvision's {name} ({wrong[0]})")
    _to_one_channel(features)
    backbone = ImagenetCNN(name)
    backbone.features = features
    return backbone


def _color_features(name: str) -> nn.Sequential:
    """Makes torchvision's network for three channels, with its keys, without the classifier."""
    if not name.startswith(_FAMILIES) or name not in models.list_models(module=models):
        raise ConfigError(
            f"architecture.backbone must be {MEL_CNN}, {MUSICNN}, or a ResNet, EfficientNet,"
            f" ConvNeXt or MobileNetV3 of torchvision, such as resnet18, not {name}"
        )
    children = models.get_model(name, weights=None).named_children()
    # In all four families what precedes the pooling is applied in the order of definition.
    return nn.Sequential(
        OrderedDict((key, part) for key, part in children if key not in _CLASSIFIER)
    )


def _to_one_channel(features: nn.Sequential) -> None:
    first = next(part for part in features.modules() if isinstance(part, nn.Conv2d))
    first.in_channels = 1
    first.weight = nn.Parameter(first.weight.detach().sum(dim=1, keepdim=True))


def _downloaded(name: str) -> tuple[Path, Any]:
    weights = models.get_model_weights(name).DEFAULT
    file = Path(torch.hub.get_dir()) / "checkpoints" / Path(urlparse(weights.url).path).name
    shown = sys.stderr.isatty()
    try:
        # Torch hub announces a download on the standard output, which belongs to results.
        with redirect_stdout(sys.stderr if shown else io.StringIO()):
            state = weights.get_state_dict(
                progress=shown, check_hash=True, map_location="cpu", weights_only=True
            )
    except Exception as error:
        failed = "read" if file.exists() else "downloaded"
        raise ModelError(
            f"no ImageNet weights for {name}: {file.name} can't be {failed} ({_problem(error)});"
            f" put {weights.url} into {file.parent}, or set encoder.pretrained to its path"
        ) from error
    return file, state


def _read(file: Path) -> tuple[Path, Any]:
    try:
        return file, torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ModelError(f"encoder.pretrained: {file}: {_problem(error)}") from error


def _problem(error: Exception) -> str:
    """Describes an error in one line; loading a foreign file may raise any exception."""
    if isinstance(error, OSError | HTTPException) or "hash" in str(error):
        return str(getattr(error, "strerror", None) or error).splitlines()[0]
    return "damaged, or no file of PyTorch's"
