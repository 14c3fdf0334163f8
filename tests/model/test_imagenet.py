import urllib.request
from pathlib import Path

import pytest
import torch
import yaml
from torchvision import models

from specrec.config import Architecture, EncoderConfig, FrontEnd
from specrec.errors import ConfigError, ModelError
from specrec.model.backbones import build_backbone
from specrec.model.encoder import Encoder
from specrec.model.imagenet import ImagenetCNN, pretrained_backbone
from specrec.model.model import load_model, save_model

RESNET18_FILE = "resnet18-f37072fd.pth"  # as torchvision names it


def make_network(name: str) -> torch.nn.Module:
    """One of torchvision's networks whose batch norms do something."""
    torch.manual_seed(0)
    network = models.get_model(name, weights=None)
    for part in network.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(part.running_mean, std=0.1)
            torch.nn.init.uniform_(part.running_var, 0.5, 1.5)
    return network.eval()


@pytest.fixture(scope="module")
def resnet18(tmp_path_factory: pytest.TempPathFactory) -> tuple[torch.nn.Module, Path]:
    network, file = make_network("resnet18"), tmp_path_factory.mktemp("weights") / "mine.pth"
    torch.save(network.state_dict(), file)
    return network, file


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder where torch hub looks for its downloads."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every download goes to a port where nobody listens."""
    # urllib keeps the proxies that it found first; what comes after this test has none.
    monkeypatch.setattr(urllib.request, "_opener", None)
    for scheme in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(scheme, "http://127.0.0.1:9")


@pytest.mark.parametrize(
    "name", ["resnet18", "efficientnet_b0", "convnext_tiny", "mobilenet_v3_small"]
)
def test_one_channel_equals_three_equal_channels(name: str, tmp_path: Path) -> None:
    network = make_network(name)
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    backbone = pretrained_backbone(name, str(tmp_path / "weights.pth")).eval()
    picture = torch.randn(2, 1, 64, 96, generator=torch.Generator().manual_seed(1))
    seen: list[torch.Tensor] = []
    network.avgpool.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    with torch.inference_mode():
        network(picture.repeat(1, 3, 1, 1))
        phi = backbone(picture)
    assert phi.shape[1] == backbone.channels
    assert phi.std() > 0
    torch.testing.assert_close(phi, seen[0], rtol=1e-3, atol=1e-4 * float(phi.std()))


@pytest.mark.parametrize("name", ["resnet18", "convnext_tiny"])
def test_a_picture_may_be_as_small_as_one_cell(name: str) -> None:
    backbone = ImagenetCNN(name).eval()
    for bands, frames in [(1, 1), (16, 3), (128, 20)]:
        assert min(backbone(torch.randn(1, 1, bands, frames)).shape) >= 1


def test_torch_hubs_folder_is_searched_first(
    hub: Path, resnet18: tuple[torch.nn.Module, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    network, file = resnet18
    (hub / RESNET18_FILE).write_bytes(file.read_bytes())
    backbone = pretrained_backbone("resnet18", "imagenet")
    expected = network.state_dict()
    torch.testing.assert_close(
        backbone.features.state_dict()["layer4.1.conv2.weight"], expected["layer4.1.conv2.weight"]
    )
    torch.testing.assert_close(
        backbone.features.state_dict()["conv1.weight"],
        sum(expected["conv1.weight"][:, [color]] for color in range(3)),
    )
    assert capsys.readouterr() == ("", "")


def test_weights_that_cant_be_had_are_named_with_their_place(
    hub: Path, offline: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ModelError, match=f"{RESNET18_FILE} can't be downloaded") as caught:
        pretrained_backbone("resnet18", "imagenet")
    message = str(caught.value)
    assert f"put https://download.pytorch.org/models/{RESNET18_FILE} into {hub}" in message
    assert "encoder.pretrained" in message
    assert "\n" not in message
    assert capsys.readouterr() == ("", "")  # off a terminal not even torch hub's announcement
    assert list(hub.iterdir()) == []
    (hub / RESNET18_FILE).write_bytes(b"half a download")
    with pytest.raises(ModelError, match=rf"{RESNET18_FILE} can't be read \(damaged"):
        pretrained_backbone("resnet18", "imagenet")


def test_another_file_is_one_line_that_names_it(tmp_path: Path) -> None:
    name, file = "mobilenet_v3_small", tmp_path / "other.pth"
    state = make_network(name).state_dict()
    torch.save(state, file)
    whole = file.read_bytes()
    stored = [
        (models.mobilenet_v3_large().state_dict(), "size mismatch for"),
        (state | {"features.13.weight": torch.zeros(2)}, "features.13.weight is unexpected"),
        ({"state_dict": state}, "features.0.0.weight is missing"),
        ({1: 2}, "not the weights"),
        (state["features.0.0.weight"], "holds a Tensor"),
    ]
    for value, problem in stored:
        torch.save(value, file)
        with pytest.raises(ModelError, match=problem) as caught:
            pretrained_backbone(name, str(file))
        assert str(file) in str(caught.value)
        assert "\n" not in str(caught.value)
    for content in (b"", b"<html>", whole[:-1000]):
        file.write_bytes(content)
        with pytest.raises(ModelError, match=r"other\.pth: damaged"):
            pretrained_backbone(name, str(file))
    with pytest.raises(ModelError, match=r"absent\.pth: No such file"):
        pretrained_backbone(name, str(tmp_path / "absent.pth"))


def test_classifiers_and_counters_may_differ(
    resnet18: tuple[torch.nn.Module, Path], tmp_path: Path
) -> None:
    state = resnet18[0].state_dict()
    # A network for ten classes, saved by a torch older than the counters of batch norm.
    old = {key: value for key, value in state.items() if not key.endswith("num_batches_tracked")}
    torch.save(old | {"fc.weight": torch.zeros(10, 512)}, tmp_path / "ten.pth")
    backbone = pretrained_backbone("resnet18", str(tmp_path / "ten.pth"))
    assert torch.equal(backbone.features.state_dict()["bn1.weight"], state["bn1.weight"])


def test_only_the_named_families_are_backbones() -> None:
    for name in ("vgg11", "resnet", "resnet1000", "deeplabv3_resnet50", "mel-cnn"):
        with pytest.raises(
            ConfigError, match=f"architecture.backbone must be mel_cnn, .*not {name}"
        ):
            Encoder(FrontEnd(), Architecture(name))


def test_our_own_backbone_has_no_pretrained_weights() -> None:
    with pytest.raises(ConfigError, match=r"encoder\.pretrained must be null for mel_cnn"):
        EncoderConfig(pretrained="imagenet")


def test_an_artefact_needs_no_download(hub: Path, offline: None, tmp_path: Path) -> None:
    torch.manual_seed(0)
    encoder = Encoder(
        FrontEnd(window_seconds=1.0), Architecture("mobilenet_v3_small", embedding_dim=8)
    ).eval()
    save_model(encoder, tmp_path / "model", name="image", license="MIT")
    windows = torch.randn(2, 22_050, generator=torch.Generator().manual_seed(0))
    loaded = load_model(tmp_path / "model", device="cpu").encoder
    torch.testing.assert_close(loaded.embed(windows), encoder.embed(windows), rtol=0, atol=0)


def test_every_configured_encoder_can_be_built() -> None:
    files = sorted((Path(__file__).parents[2] / "conf" / "encoder").glob("*.yaml"))
    names = {yaml.safe_load(file.read_text())["architecture"].get("backbone") for file in files}
    assert {"resnet18", "efficientnet_b0", "convnext_tiny", "mobilenet_v3_large"} <= names
    for name in names - {None}:
        assert build_backbone(Architecture(name), 128).channels > 0
