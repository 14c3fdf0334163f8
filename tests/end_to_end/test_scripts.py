"""The root scripts, run as a user runs them."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import torch
from torchvision import models

from specrec.model.imagenet import pretrained_backbone
from specrec.model.model import load_model
from specrec.recommend.library import Library
from tests.sounds import make_music

ROOT = Path(__file__).parents[2]
TINY = [
    "name=tiny",
    "encoder.front_end.window_seconds=1.0",
    "encoder.architecture.widths=[8,8,8,16]",
    "encoder.architecture.embedding_dim=16",
    "training.batch_size=4",
    "training.epochs=2",
    "data.valid_fraction=0.4",
    "training.probe=false",
]


def run(script: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)


def one_line_error(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_index_builds_and_says_what_it_did(tmp_path: Path, model_folder: Path) -> None:
    music = make_music(tmp_path / "music", 3)
    (music / "bad.mp3").write_text("text")
    arguments = [f"audio={music}", "library=library", f"model={model_folder}"]
    done = run("index.py", *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "3 tracks, 3 embedded now, 1 skipped" in done.stdout
    assert "bad.mp3" in done.stdout
    assert done.stderr == ""  # no progress bar away from a terminal
    assert len(Library.open(tmp_path / "library")) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["library", "music"]
    assert "nothing new" in run("index.py", *arguments, cwd=tmp_path).stdout


def test_errors_are_one_line_with_exit_code_2(tmp_path: Path, model_folder: Path) -> None:
    good = [f"audio={tmp_path}", "library=library", f"model={model_folder}"]
    assert "audio is not set" in one_line_error(run("index.py", "library=x", cwd=tmp_path))
    assert "no audio files" in one_line_error(run("index.py", *good, cwd=tmp_path))
    assert "bogus" in one_line_error(run("index.py", *good, "bogus=1", cwd=tmp_path))
    message = one_line_error(run("index.py", *good, "batch_size=0", cwd=tmp_path))
    assert "batch_size must be 1 or more, not 0" in message
    assert "workers" in one_line_error(run("index.py", *good, "workers=many", cwd=tmp_path))
    bad_model = [f"audio={tmp_path}", "library=library", "model=nonsense"]
    assert "nonsense" in one_line_error(run("index.py", *bad_model, cwd=tmp_path))
    message = one_line_error(
        run("train.py", f"data.audio={tmp_path}", "training.temperature=-1", cwd=tmp_path)
    )
    assert "training.temperature must be above 0, not -1" in message
    message = one_line_error(run("train.py", "data.audio=x", "+experiment=nope", cwd=tmp_path))
    assert "nope" in message
    message = one_line_error(
        run("train.py", f"data.audio={tmp_path}", "training.distill_weight=1", cwd=tmp_path)
    )
    assert "data.teachers.dim must be such that they add up to embedding_dim" in message


def test_a_killed_or_interrupted_index_run_goes_on(tmp_path: Path, model_folder: Path) -> None:
    music = make_music(tmp_path / "music", 50)
    arguments = [
        f"audio={music}",
        "library=library",
        f"model={model_folder}",
        "workers=1",
        "measure_features=false",
    ]
    command = [sys.executable, str(ROOT / "index.py"), *arguments, "batch_size=1"]
    for stop in (signal.SIGINT, signal.SIGKILL):
        with subprocess.Popen(
            command,
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
            # What a shell starts in the background inherits that Ctrl-C is ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        ) as process:
            _wait_for_children(process.pid)
            time.sleep(0.3)
            process.send_signal(stop)
            _, message = process.communicate(timeout=60)
        if stop == signal.SIGINT:
            assert process.returncode == 130
            assert "run the same command again" in message
        else:
            assert process.returncode == -signal.SIGKILL
        assert not (tmp_path / "library" / "CURRENT").exists()  # it was at work
    done = run("index.py", *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(Library.open(tmp_path / "library")) == 50


def _wait_for_children(pid: int) -> None:
    """Until a process has started others."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    deadline = time.monotonic() + 60
    while not children.read_text() and time.monotonic() < deadline:
        time.sleep(0.02)


def test_a_full_disk_is_one_line_and_costs_no_finished_track(
    tmp_path: Path, model_folder: Path
) -> None:
    music = make_music(tmp_path / "music", 4)
    arguments = [
        f"audio={music}",
        "library=library",
        f"model={model_folder}",
        "workers=1",
        "measure_features=false",
    ]
    # No file may grow beyond a kilobyte: writing fails as on a full disk. Bytecode would be cut
    # short, too, and stay so.
    done = subprocess.run(
        [sys.executable, str(ROOT / "index.py"), *arguments],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
    )
    assert "File too large" in one_line_error(done)
    assert not (tmp_path / "library" / "CURRENT").exists()
    done = run("index.py", *arguments, cwd=tmp_path)
    assert "4 tracks" in done.stdout


@pytest.fixture(scope="module")
def labeled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("labeled")
    make_music(folder, 12)
    names = [f"track {i}.wav" for i in range(12)]
    table = pd.DataFrame({"path": names, "family": [i // 3 for i in range(12)]})
    table.to_csv(folder / "manifest.csv", index=False)
    return folder


def test_train_writes_a_model_that_index_uses_and_resumes(labeled: Path, tmp_path: Path) -> None:
    arguments = [f"data.audio={labeled}", *TINY, "data.label=family", "training.label_weight=0.5"]
    done = run("train.py", *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    output = tmp_path / "out" / "train" / "tiny"
    model = load_model(output / "model", device="cpu")
    encoder, card = model.encoder, model.card
    assert encoder.center.abs().sum() > 0
    assert card.training["recipe"]["training"]["epochs"] == 2
    assert 0 <= card.figures["valid/window_p1"] <= 1
    figures = pd.read_csv(output / "logs" / "version_0" / "metrics.csv")
    assert {"train/nt_xent", "train/label", "valid/track_map", "valid/nt_xent"} <= {*figures}
    assert any((output / "tensorboard").iterdir())
    assert figures["epoch"].max() == 1

    again = run("train.py", *arguments, "training.epochs=4", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    checkpoint = torch.load(output / "checkpoints" / "last.ckpt", weights_only=True)
    assert checkpoint["epoch"] == 3
    resumed = pd.read_csv(output / "logs" / "version_1" / "metrics.csv")["epoch"].dropna()
    assert set(resumed) == {2, 3}

    wider = [*arguments, "encoder.architecture.embedding_dim=32"]
    assert "another encoder" in one_line_error(run("train.py", *wider, cwd=tmp_path))

    model = f"model={output / 'model'}"
    indexed = run(
        "index.py",
        f"audio={labeled}",
        "library=library",
        model,
        "measure_features=false",
        cwd=tmp_path,
    )
    assert indexed.returncode == 0, indexed.stderr
    assert "12 tracks" in indexed.stdout


def test_two_processes_train_together(labeled: Path, tmp_path: Path) -> None:
    done = run(
        "train.py", f"data.audio={labeled}", *TINY,
        "training.accelerator=cpu", "training.devices=2", "training.strategy=ddp",
        "training.batch_size=64",  # more tracks than a process has
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    document = json.loads(
        (tmp_path / "out" / "train" / "tiny" / "model" / "model.json").read_text()
    )
    assert document["name"] == "tiny"


def test_fine_tuning_starts_from_weights(labeled: Path, tmp_path: Path) -> None:
    weights = tmp_path / "weights.pth"
    torch.save(models.get_model("mobilenet_v3_small", weights=None).state_dict(), weights)
    start = pretrained_backbone("mobilenet_v3_small", str(weights)).state_dict()
    arguments = [
        f"data.audio={labeled}", *TINY, "encoder=mobilenet_v3",
        "encoder.architecture.backbone=mobilenet_v3_small", f"encoder.pretrained={weights}",
        "training.epochs=1", "training.learning_rate=1e-6",
    ]  # fmt: skip
    done = run("train.py", *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    key = "features.features.1.block.0.0.weight"
    encoder = load_model(tmp_path / "out" / "train" / "tiny" / "model", device="cpu").encoder
    tuned = encoder.backbone.state_dict()[key]
    assert not torch.equal(tuned, start[key])
    torch.testing.assert_close(tuned, start[key], rtol=0, atol=1e-4)


def test_missing_weights_are_one_line_before_any_audio_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # nobody listens there
    done = run("train.py", "encoder=resnet18", "data.audio=nowhere", cwd=tmp_path)
    message = one_line_error(done)
    assert "resnet18-f37072fd.pth can't be downloaded" in message
    assert str(tmp_path / "hub" / "checkpoints") in message
    assert done.stdout == ""


def test_too_few_tracks_is_one_line(tmp_path: Path) -> None:
    make_music(tmp_path / "music", 3)
    done = run("train.py", f"data.audio={tmp_path / 'music'}", *TINY, cwd=tmp_path)
    assert "at least 4 and 2 are needed" in one_line_error(done)
