import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from specrec.model import fetch
from specrec.training.musicnn_head import main
from tests.model.package import write_wheel
from tests.sounds import make_music


def test_the_command_writes_the_head_of_the_training_tracks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    music, wheel = make_music(tmp_path / "music", 6), write_wheel(tmp_path / fetch.WHEEL)
    split = ["train", "train", "train", "test", "test", "train"]
    names = [f"track {i}.wav" for i in range(6)]
    pd.DataFrame({"path": names, "split": split}).to_csv(music / "manifest.csv", index=False)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    monkeypatch.setitem(fetch.SHA256, fetch.WHEEL, digest)
    monkeypatch.setattr("specrec.training.musicnn_head.DIM", 3)
    main(music, wheel, tmp_path / "head.safetensors")
    head = load_file(tmp_path / "head.safetensors")
    assert head["weight"].shape == (3, 257)
    assert head["weight"].dtype == np.float16
    assert head["center"].shape == (3,)
    assert np.isfinite(head["weight"]).all()
    with_test = (music / "manifest.csv").read_text().replace("test", "train")
    (music / "manifest.csv").write_text(with_test)
    main(music, wheel, tmp_path / "more.safetensors")
    assert not np.allclose(load_file(tmp_path / "more.safetensors")["center"], head["center"])
