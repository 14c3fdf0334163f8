"""`train.py`, and `specrec train`, as a user runs it."""

from pathlib import Path

import pandas as pd
import pytest
import torch

from specrec.config import IndexConfig
from specrec.index.build import build_library
from specrec.model.model import load_model
from tests import commands
from tests.end_to_end.scripts import TINY, one_line_error, run
from tests.sounds import make_music


@pytest.fixture(scope="module")
def labeled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("labeled") / "Música, it's (old) = ${oc.env:HOME}"
    make_music(folder, 12)
    names = [f"track {i}.wav" for i in range(12)]
    table = pd.DataFrame({"path": names, "family": [i // 3 for i in range(12)]})
    table.to_csv(folder / "manifest.csv", index=False)
    return folder


def test_two_processes_write_a_model_that_index_uses_and_one_resumes(
    labeled: Path, tmp_path: Path
) -> None:
    arguments = [
        f"data.audio={labeled}", *TINY, "data.label=family", "training.label_weight=0.5",
        "training.accelerator=cpu", "training.batch_size=64",  # more tracks than a process has
    ]  # fmt: skip
    two = ["training.devices=2", "training.strategy=ddp"]
    done = run("train.py", *arguments, *two, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    output = tmp_path / "out" / "train" / "tiny"
    model = load_model(output / "model", device="cpu")
    encoder, card = model.encoder, model.card
    assert card.name == "tiny"
    assert encoder.center.abs().sum() > 0
    assert card.training["recipe"]["training"]["epochs"] == 2
    assert 0 <= card.figures["valid/window_p1"] <= 1
    figures = pd.read_csv(output / "logs" / "version_0" / "metrics.csv")
    assert {"train/nt_xent", "train/label", "valid/track_map", "valid/nt_xent"} <= {*figures}
    assert any((output / "tensorboard").iterdir())
    assert figures["epoch"].max() == 1

    again = commands.run("train", *arguments, "training.epochs=4", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    checkpoint = torch.load(output / "checkpoints" / "last.ckpt", weights_only=True)
    assert checkpoint["epoch"] == 3
    resumed = pd.read_csv(output / "logs" / "version_1" / "metrics.csv")["epoch"].dropna()
    assert set(resumed) == {2, 3}

    library = str(tmp_path / "library")
    settings = IndexConfig(str(labeled), library, str(output / "model"), measure_features=False)
    assert build_library(settings).tracks == 12


def test_missing_weights_are_one_line_before_any_audio_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # nobody listens there
    done = commands.run("train", "encoder=mobilenet_v3", "data.audio=nowhere", cwd=tmp_path)
    message = one_line_error(done)
    assert "mobilenet_v3_large-5c1a4163.pth can't be downloaded" in message
    assert str(tmp_path / "hub" / "checkpoints") in message
    assert done.stdout == ""
