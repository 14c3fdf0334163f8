import json
import re
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

import specrec.cli
from specrec.config import IndexConfig
from specrec.errors import AudioError, LibraryError
from specrec.index.build import BuildReport, build_library
from specrec.recommend.collection import Collection
from specrec.recommend.library import Library
from specrec.recommend.match import compare_neighbors, map_spectrograms
from specrec.report import pictures
from specrec.report.match_picture import draw_match
from tests.libraries import write_planted
from tests.sounds import make_music

runner = CliRunner()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_planted(tmp_path_factory.mktemp("planted"))


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Path:
    """A library of three tracks with audio, and the audio; its model knows no features."""
    folder = tmp_path_factory.mktemp("music")
    audio = make_music(folder / "audio", 3)
    settings = {"workers": 1, "measure_features": False}
    build_library(IndexConfig(str(audio), str(folder / "library"), str(model_folder), **settings))
    return folder


def run(*arguments: object) -> str:
    result = runner.invoke(specrec.cli.app, list(map(str, arguments)))
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_table_adds_up(folder: Path) -> None:
    text = run("explain", folder, "t0", "t1")
    explanation = Library.open(folder).explain("t0", "t1").explanation
    assert "Because both are bright" in " ".join(text.split())
    table = text[: text.index("when ablated:")].splitlines()
    parts = {}
    for line in table:
        if found := re.match(r" (\S.*?) (?:because |both also )? *([+-]\d\.\d{3}) ", line):
            parts[found[1].strip()] = float(found[2])
    assert parts.pop("similarity") == pytest.approx(explanation.similarity, abs=0.001)
    assert sum(parts.values()) == pytest.approx(explanation.similarity, abs=0.003)
    assert len(parts) == 4


def test_both_tracks_values_stand_beside_each_other(folder: Path) -> None:
    lines = [" ".join(line.split()) for line in run("explain", folder, "t0", "t1").splitlines()]
    library = Collection.open(folder)
    for name, text, unit in (
        ("centroid_hz", "brightness {} kHz, top 1 % {} kHz, top 1 %", 1000),
        ("loudness_lufs", "loudness {} LUFS, {}", 1),
    ):
        values = library.features[name][:2] / unit
        shown = [f"{value:.{1 if unit > 1 else 0}f}" for value in values]
        if name == "loudness_lufs":  # measured, and in no embedding
            lower = (library.features[name] < library.features[name][0]).mean()
            side = f"top {100 * (1 - lower):.0f}" if lower > 0.5 else f"lowest {100 * lower:.0f}"
            shown[1] = f"{side} %"
        assert any(line.startswith(text.format(*shown)) for line in lines), (text, shown)


def test_json_has_the_sum_the_passage_and_both_tracks(folder: Path) -> None:
    document = json.loads(run("explain", folder, "t0", "t1", "--json"))
    total = sum(item["value"] for item in document["contributions"]) + document["residual"]
    assert total == pytest.approx(document["similarity"])
    assert document["query"]["track_id"] == "t0"
    assert document["neighbor"]["title"] == "Piece 1"
    assert document["passage"]["query_end"] - document["passage"]["query_start"] == 5
    assert document["reasons"][0]["verdict"] == "because"
    known = Collection.open(folder).features["centroid_hz"]
    readings = document["readings"]["centroid_hz"]
    assert [readings[side]["value"] for side in ("query", "neighbor")] == list(known[:2])
    assert "versus" not in document


def test_why_one_and_not_the_other_adds_up(folder: Path) -> None:
    text = run("explain", folder, "t0", "t1", "--versus", "Piece 2")
    assert "and not Artist 0 - Piece 2" in " ".join(text.split())
    library = Library.open(folder)
    query, near_one, far_one = (library.resolve(name) for name in ("t0", "t1", "t2"))
    parts = compare_neighbors(query, near_one, far_one, library.collection.explainer.directions)
    near, far = (library.explain("t0", name).similarity for name in ("t1", "t2"))
    assert parts.similarities == pytest.approx((near, far))
    assert sum(parts.contributions.values()) + parts.residual == pytest.approx(near - far)


def test_json_says_why_one_and_not_the_other(folder: Path) -> None:
    document = json.loads(run("explain", folder, "t0", "t1", "--versus", "t2", "--json"))
    versus = document["versus"]
    assert versus["track"]["track_id"] == "t2"
    total = sum(versus["contributions"].values()) + versus["residual"]
    assert total == pytest.approx(document["similarity"] - versus["similarity"])


def test_a_reason_stands_under_each_neighbor(folder: Path) -> None:
    text = " ".join(run("query", folder, "t0", "-k", "3").split())
    assert "named features" in text
    for neighbor in Library.open(folder).neighbors("t0", 3):
        after = text[text.index(neighbor.track.title) :]
        assert neighbor.explanation is not None
        assert neighbor.explanation.sentence in after
    assert "named features" not in run("query", folder, "t0", "--no-why")


def test_a_library_that_knows_no_features_gives_no_reasons(music: Path) -> None:
    plain = run("query", music / "library", "track 1", "--no-why")
    assert run("query", music / "library", "track 1").split() == plain.split()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["t0", "Piece 0"], "are the same track"),
        (["t0", "t1", "--versus", "t1"], "are the same track"),
        (["t0", "t1", "--versus", "Piece 0"], "are the same track"),
        (["t0", "t1", "--versus", "no such"], "fits no title"),
        (["t0", "t1", "-o", "x.jpg"], "end in .png or .svg"),
        (["t0", "t1", "-o", "x.png"], "model planted"),  # it is gone
    ],
)
def test_what_cannot_be_explained_is_one_line_with_exit_code_2(
    folder: Path,
    arguments: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["specrec", "explain", str(folder), *arguments])
    with pytest.raises(SystemExit) as exit_:
        specrec.cli.main()
    shown = capsys.readouterr()
    assert exit_.value.code == 2
    assert shown.err.startswith("error: ")
    assert message in shown.err
    assert shown.err.count("\n") == 1
    assert shown.out == ""


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_a_match_is_drawn_as_the_name_ends(
    tmp_path: Path, music: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "_DPI", 50)  # for speed
    picture = tmp_path / f"why{suffix}"
    arguments = [music / "library", "track 0", "track 1"]
    run("plot", "match", *arguments, "-o", picture)
    score = Library.open(music / "library").explain("track 0", "track 1").similarity
    if suffix == ".png":
        described = Image.open(picture).info["Description"]
    else:
        described = picture.read_text()
        assert "similarity by passage" in described  # a comment beside the outlined text
    assert f"similarity {score:.3f}" in described
    run("explain", *arguments, "-o", tmp_path / f"same{suffix}")
    assert (tmp_path / f"same{suffix}").read_bytes() == picture.read_bytes()


def test_a_map_is_not_drawn_of_another_file_than_was_indexed(
    tmp_path: Path, build: Callable[[Path, Path], BuildReport]
) -> None:
    music = make_music(tmp_path / "music", 3)
    build(music, tmp_path / "library")
    library = Library.open(tmp_path / "library")
    pair = library.resolve("track 0"), library.resolve("track 1")
    first, second = map_spectrograms(library.collection.model.encoder, *pair)
    score = library.explain("track 0", "track 1").similarity
    assert first.cells.similarity == pytest.approx(score, abs=1e-6)
    assert second.cells.similarity == pytest.approx(score, abs=1e-6)
    (music / "track 2.wav").replace(music / "track 1.wav")
    with pytest.raises(LibraryError, match=r"track 1\.wav: changed since it was indexed"):
        map_spectrograms(library.collection.model.encoder, *pair)
    (music / "track 1.wav").unlink()
    with pytest.raises(AudioError, match=r"track 1\.wav.*missing"):
        map_spectrograms(library.collection.model.encoder, *pair)


def test_the_picture_is_drawn(tmp_path: Path, build: Callable[[Path, Path], BuildReport]) -> None:
    music = make_music(tmp_path / "music", 3)
    (music / "track 1.wav").rename(music / f"{'長い名前 ' * 16}.wav")
    build(music, tmp_path / "library")
    library = Library.open(tmp_path / "library")
    pair = library.resolve(0), library.resolve(1)
    picture = tmp_path / "new" / "out.png"
    maps = map_spectrograms(library.collection.model.encoder, *pair)
    draw_match(library.explain(*pair), *maps, picture)
    header = picture.read_bytes()[:24]
    assert header.startswith(b"\x89PNG")
    assert struct.unpack(">II", header[16:]) == (1800, 1425)
