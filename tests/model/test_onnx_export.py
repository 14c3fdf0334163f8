"""An exported model gives what PyTorch gives, for tracks of any length and number."""

import sys
from pathlib import Path

import numpy as np
import pytest

from specrec.cli import main
from specrec.config import Architecture, FrontEnd
from specrec.errors import ModelError
from specrec.model.encoder import Encoder
from specrec.model.model import load_model, save_model
from specrec.model.onnx_export import export_onnx
from specrec.synthesis import STYLES, draw_piece, render


def _music(seconds: float, rate: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    style = [*STYLES.values()][seed % len(STYLES)]
    return render(draw_piece(style, rng, seconds + 1), rate)[: round(seconds * rate)]


@pytest.mark.parametrize("name", ["specrec-base", "level"])
def test_an_exported_model_agrees_with_pytorch(tmp_path: Path, name: str) -> None:
    for needed in ("onnx", "onnxscript"):
        pytest.importorskip(needed, reason="the extra onnx is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    folder: str | Path = name
    if name == "level":
        front_end = FrontEnd(16_000, 2.0, 512, 160, n_mels=64, f_max=8000, level_db=-20.0)
        encoder = Encoder(front_end, Architecture(widths=(8, 16, 16), embedding_dim=24))
        folder = tmp_path / name
        save_model(encoder.eval(), folder, name=name, license="MIT")
    model = load_model(folder, device="cpu")
    out = tmp_path / "model.onnx"
    with pytest.raises(SystemExit) as end:
        main(["models", "export", str(folder), "-o", str(out)])
    assert not end.value.code
    assert [path for path in tmp_path.iterdir() if path.is_file()] == [out]
    session = runtime.InferenceSession(out, providers=["CPUExecutionProvider"])
    assert session.get_modelmeta().custom_metadata_map["fingerprint"] == model.fingerprint
    rate = model.front_end.sample_rate
    for seconds, tracks in ((1.0, 1), (3.3, 3), (17.77, 1)):
        music = np.stack([_music(seconds, rate, seed + 2) for seed in range(tracks)])
        (made,) = session.run(["embedding"], {"samples": music})
        assert made.dtype == np.float32
        np.testing.assert_allclose(made, model.embed(list(music), rate), atol=1e-4)


def test_without_the_extra_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model_folder: Path
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ModelError, match=r"--extra onnx"):
        export_onnx(load_model(model_folder, device="cpu"), tmp_path / "model.onnx")
    assert not [*tmp_path.iterdir()]
