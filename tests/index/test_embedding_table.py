"""Files become a table of embeddings, in their order; bad ones cost nothing else."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from specrec.cli import main
from specrec.descriptors.measure import NAMES
from specrec.model.model import Model, load_model
from tests.sounds import make_music


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_music(tmp_path_factory.mktemp("embed") / "music", 4)
    (folder / "broken.wav").write_bytes(b"RIFF\x24\0\0\0WAVEfmt ")
    (folder / "notes.txt").write_text("no music")
    return folder


@pytest.fixture(scope="module")
def model(model_folder: Path) -> Model:
    return load_model(model_folder, device="cpu")


def run(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as end:
        main(["embed", *map(str, arguments)])
    return int(end.value.code or 0)


def test_rows_are_files_in_order(
    music: Path,
    model: Model,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(music.parent)
    out = tmp_path / "new" / "embeddings.parquet"
    last = Path("music/track 3.wav")
    assert run(last, "music", "missing.wav", "-o", out, "--model", model.folder) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in ("broken.wav", "missing.wav", "4 files", "2 skipped"))
    table = pd.read_parquet(out)
    paths = [f"music/track {place}.wav" for place in (3, 0, 1, 2)]
    assert table["path"].tolist() == paths
    np.testing.assert_allclose(np.stack(table["embedding"]), model.embed(paths), atol=1e-5)
    np.testing.assert_allclose(table["duration_seconds"], [3, 1.5, 2, 2.5], atol=1e-3)
    schema = pq.read_schema(out)
    assert schema.field("embedding").type.list_size == model.dim
    card = json.loads(schema.metadata[b"specrec"])
    assert card == {"model": "random", "fingerprint": model.fingerprint, "license": "MIT"}


def test_windows_and_features_in_both_formats(music: Path, model: Model, tmp_path: Path) -> None:
    options = ["--model", model.folder, "--windows", "--features"]
    paths = [music / "track 3.wav", music / "track 0.wav"]
    for name in ("a.parquet", "a.npz"):
        assert run(*paths, "-o", tmp_path / name, *options) == 0
    table, arrays = pd.read_parquet(tmp_path / "a.parquet"), np.load(tmp_path / "a.npz")
    assert str(arrays["fingerprint"]) == model.fingerprint
    assert set(arrays.files) == {*table.columns, "model", "fingerprint", "license"}
    expected = np.concatenate([model.embed_windows(path) for path in paths])
    for vectors in (np.stack(table["embedding"]), arrays["embedding"]):
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(vectors, expected, atol=1e-5)
    for name in table.columns.drop("embedding"):
        np.testing.assert_array_equal(table[name].to_numpy(), arrays[name])
    assert table["window"].tolist() == [0, 1, 0]  # 3 s and 1.5 s in windows of 2 s
    assert table["start_seconds"].tolist() == [0, 1, 0]
    np.testing.assert_allclose(table["end_seconds"], [2, 3, 1.5], atol=1e-3)
    assert set(NAMES) <= set(table.columns)
    assert table["loudness_lufs"].notna().all()
    assert table["loudness_lufs"].nunique() == 2


def test_what_the_probe_says_has_columns(music: Path, tmp_path: Path) -> None:
    assert run(music / "track 0.wav", "-o", tmp_path / "a.parquet", "--features") == 0
    table = pd.read_parquet(tmp_path / "a.parquet")
    base = load_model("specrec-base", device="cpu")
    assert base.probe is not None
    (vector,) = table["embedding"]
    told = base.probe.predict(np.asarray(vector)[None])
    assert table["predicted_energy"][0] == pytest.approx(told["energy"][0])


def test_nothing_is_written_where_nothing_can_be(
    music: Path, model: Model, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, folder = music / "broken.wav", tmp_path / "empty"
    folder.mkdir()
    for inputs, output, said in (
        ([bad], "a.parquet", "broken.wav"),
        ([bad, tmp_path / "none.wav"], "a.npz", "1 more"),
        ([folder], "a.npz", "no audio files"),
        ([music], "a.csv", ".parquet or .npz"),
    ):
        assert run(*inputs, "-o", tmp_path / output, "--model", model.folder) == 2
        error = capsys.readouterr().err
        assert error.startswith("error: ")
        assert said in error
        assert error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]
