import hashlib
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import specrec.cli
from specrec.config import IndexConfig
from specrec.errors import ModelError
from specrec.index.build import build_library
from specrec.model import fetch
from specrec.model.model import load_model
from specrec.model.probe import PROBE_FILE
from specrec.model.registry import SHIPPED, find_model, models_folder
from specrec.recommend.collection import Collection
from tests.model.package import random_tensors, write_wheel
from tests.sounds import make_music


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where fetched models go in these tests."""
    monkeypatch.setenv("SPECREC_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wheel(tmp_path_factory.mktemp("wheel") / fetch.WHEEL)


@pytest.fixture
def pinned(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, with its hash in the place of the real one's."""
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    monkeypatch.setitem(fetch.SHA256, fetch.WHEEL, digest)
    return wheel


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty package index of our own, for pip as for uv, and no other."""
    folder = tmp_path / "simple" / "musicnn"
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("<html><body></body></html>")
    for name in list(os.environ):
        if name.startswith("PIP_"):
            monkeypatch.delenv(name)
    for name in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX"):
        monkeypatch.setenv(name, folder.parent.as_uri())
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    monkeypatch.setenv("UV_NO_CACHE", "1")
    return folder


def test_a_file_becomes_a_model_that_indexes(pinned: Path, place: Path, tmp_path: Path) -> None:
    folder = fetch.fetch_model("musicnn", pinned)
    assert folder == place / "musicnn" == find_model("musicnn")
    assert sorted(path.name for path in place.iterdir()) == ["musicnn"]
    model = load_model(folder, device="cpu")
    encoder, card = model.encoder, model.card
    assert (card.name, card.license) == ("musicnn", "ISC")
    assert "musicnn 0.1.0" in card.training["origin"]
    assert (folder / "LICENSE.md").read_text() == "ISC"
    expected = random_tensors()["conv2d_6/kernel"]
    second = encoder.backbone.middle[1].convolution.weight  # type: ignore[union-attr, index]
    np.testing.assert_array_equal(second.detach()[3, 10, 0], expected[:, 10, 0, 3])
    music = make_music(tmp_path / "music", 3)
    build_library(
        IndexConfig(
            str(music), str(tmp_path / "library"), "musicnn", workers=1, measure_features=False
        )
    )
    assert Collection.open(tmp_path / "library").embeddings.shape == (3, len(encoder.center))


def test_a_probe_of_other_weights_is_left_out(pinned: Path) -> None:
    folder = fetch.fetch_model("musicnn", pinned)  # whose weights are made up
    assert (fetch.SHIPPED / "musicnn" / PROBE_FILE).is_file()
    assert not (folder / PROBE_FILE).exists()


def test_fetching_again_replaces_and_gives_the_same(pinned: Path, place: Path) -> None:
    before = load_model(fetch.fetch_model("musicnn", pinned)).fingerprint
    (place / "musicnn" / "model.safetensors").write_bytes(b"damaged")
    assert load_model(fetch.fetch_model("musicnn", pinned)).fingerprint == before


def test_a_source_package_will_do(
    pinned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "musicnn.tar.gz"
    with zipfile.ZipFile(pinned) as archive:
        archive.extractall(tmp_path / "unpacked")
    with tarfile.open(source, "w:gz") as archive:
        archive.add(tmp_path / "unpacked", "musicnn-0.1.0")
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    monkeypatch.setitem(fetch.SHA256, fetch.SDIST, digest)
    from_source = load_model(fetch.fetch_model("musicnn", source)).card
    assert from_source == load_model(fetch.fetch_model("musicnn", pinned)).card


def test_the_users_index_is_asked(pinned: Path, index: Path) -> None:
    (index / fetch.WHEEL).write_bytes(pinned.read_bytes())
    (index / "index.html").write_text(f'<a href="{fetch.WHEEL}">{fetch.WHEEL}</a>')
    assert load_model(fetch.fetch_model("musicnn")).name == "musicnn"


def test_another_file_than_the_pinned_is_refused(wheel: Path, index: Path, place: Path) -> None:
    with pytest.raises(ModelError, match=r"neither musicnn-0\.1\.0-py3.*SHA-256 is [0-9a-f]{64}"):
        fetch.fetch_model("musicnn", wheel)
    (index / fetch.WHEEL).write_bytes(wheel.read_bytes())
    (index / "index.html").write_text(f'<a href="{fetch.WHEEL}">{fetch.WHEEL}</a>')
    with pytest.raises(ModelError, match="could not be downloaded"):
        fetch.fetch_model("musicnn")
    assert list(place.iterdir()) == []


@pytest.mark.usefixtures("index")
def test_what_cannot_be_had_is_one_line_that_says_what_to_do(place: Path) -> None:
    program = "import sys; sys.argv[0] = 'specrec'; from specrec.cli import main; main()"
    command = [sys.executable, "-c", program, "models", "fetch", "musicnn"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: musicnn==0.1.0 could not be downloaded (")
    assert "(pip download --no-deps musicnn==0.1.0) and give it with --file" in done.stderr
    assert done.stderr.count("\n") == 1
    with pytest.raises(ModelError, match="no model resnet to fetch; there is musicnn"):
        fetch.fetch_model("resnet")
    with pytest.raises(FileNotFoundError):
        fetch.fetch_model("musicnn", place / "absent.whl")


def test_a_shipped_name_goes_before_a_fetched_and_that_before_a_path(
    model_folder: Path, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelError, match="specrec models fetch musicnn"):
        find_model("musicnn")
    monkeypatch.chdir(tmp_path)
    for folder in (tmp_path, place):
        for name in ("specrec-base", "musicnn"):
            (folder / name).mkdir(parents=True)
            (folder / name / "model.json").write_bytes((model_folder / "model.json").read_bytes())
    assert find_model("specrec-base") == SHIPPED / "specrec-base"
    assert find_model("musicnn") == place / "musicnn"
    (place / "musicnn" / "model.json").unlink()
    assert find_model("musicnn") == Path("musicnn")


def test_models_are_kept_with_the_users_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPECREC_MODELS")
    monkeypatch.setenv("HOME", "/home/ana")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert models_folder() == Path("/home/ana/.local/share/specrec/models")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert models_folder() == Path("/data/specrec/models")


def test_the_list_says_what_is_there_and_what_is_not(pinned: Path) -> None:
    runner = CliRunner()
    result = runner.invoke(specrec.cli.app, ["models", "list"])
    assert result.exit_code == 0, result.output
    assert "specrec-base" in result.stdout
    assert "specrec models fetch musicnn" in result.stdout
    folder = fetch.fetch_model("musicnn", pinned)
    result = runner.invoke(specrec.cli.app, ["models", "list"])
    assert "specrec models fetch" not in result.stdout
    document = json.loads(runner.invoke(specrec.cli.app, ["models", "list", "--json"]).stdout)
    assert document["to_fetch"] == []
    listed = {model["name"]: model for model in document["models"]}
    assert set(listed) == {"specrec-base", "musicnn", "pixels"}
    assert listed["musicnn"]["folder"] == str(folder)
    assert listed["musicnn"]["sample_rate"] == 16_000
    assert listed["musicnn"]["size_bytes"] == (folder / "model.safetensors").stat().st_size
    stored = json.loads((folder / "model.json").read_text())["figures"]["test"]
    measured = listed["musicnn"]["figures"]
    assert set(measured) == {"precision_at_1", "precision_at_10", "mean_average_precision"}
    for name, value in measured.items():
        assert value == stored["musicnn"][name]["value"]
    assert stored["protocol"] in " ".join(result.stdout.split())
    assert f"{measured['precision_at_1']:.3f}" in result.stdout
    rows = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8").splitlines()
    for name in ("specrec-base", "musicnn"):
        row = next(row for row in rows if row.startswith("|") and name in row)
        assert f"| {listed[name]['figures']['mean_average_precision']:.3f} (" in row
