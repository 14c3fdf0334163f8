import json
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

import specrec.cli
from specrec.index.build import BuildReport
from specrec.recommend.account import account_for, difference, hear
from specrec.recommend.library import Library
from specrec.report.explained import draw_account
from tests.libraries import write_planted
from tests.sounds import make_music

runner = CliRunner()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_planted(tmp_path_factory.mktemp("planted"))


def run(*arguments: object) -> str:
    result = runner.invoke(specrec.cli.app, list(map(str, arguments)))
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_table_adds_up(folder: Path) -> None:
    text = run("explain", folder, "t0", "t1")
    explanation = Library.open(folder).explain("t0", "t1")
    assert "Because both are bright" in " ".join(text.split())
    shown = [line.split() for line in text.splitlines() if line.startswith("  ")]
    parts = {
        " ".join(words[:place]): float(words[place])
        for words in shown
        for place in [next((i for i, w in enumerate(words) if w[0] in "+-"), 0)]
        if place
    }
    assert parts.pop("similarity") == pytest.approx(explanation.similarity, abs=0.001)
    assert sum(parts.values()) == pytest.approx(explanation.similarity, abs=0.003)
    assert len(parts) == 4


def test_json_has_the_sum_the_passage_and_both_tracks(folder: Path) -> None:
    document = json.loads(run("explain", folder, "t0", "t1", "--json"))
    total = sum(item["value"] for item in document["contributions"]) + document["residual"]
    assert total == pytest.approx(document["similarity"])
    assert document["query"]["track_id"] == "t0"
    assert document["neighbor"]["title"] == "Piece 1"
    assert document["passage"]["query_end"] - document["passage"]["query_start"] == 5
    assert document["reasons"][0]["verdict"] == "because"


def test_why_one_and_not_the_other_adds_up(folder: Path) -> None:
    text = run("explain", folder, "t0", "t1", "--versus", "Piece 2")
    assert "and not Artist 0 - Piece 2" in " ".join(text.split())
    library = Library.open(folder)
    parts = difference(library, "t0", "t1", "t2")
    near, far = (library.explain("t0", name).similarity for name in ("t1", "t2"))
    assert parts.similarities == pytest.approx((near, far))
    assert sum(parts.contributions.values()) + parts.residual == pytest.approx(near - far)


def test_a_reason_stands_under_each_neighbor(folder: Path) -> None:
    text = " ".join(run("query", folder, "t0", "-k", "3").split())
    for neighbor in Library.open(folder).neighbors("t0", 3):
        after = text[text.index(neighbor.track.title) :]
        assert neighbor.explanation.sentence in after
    assert "without a name" not in run("query", folder, "t0", "--no-why")


def test_a_track_is_not_explained_by_itself(folder: Path) -> None:
    result = runner.invoke(specrec.cli.app, ["explain", str(folder), "t0", "Piece 0"])
    assert "are the same track" in str(result.exception)


def test_the_picture_is_drawn(tmp_path: Path, build: Callable[[Path, Path], BuildReport]) -> None:
    music = make_music(tmp_path / "music", 3)
    (music / "track 1.wav").rename(music / f"{'長い名前 ' * 16}.wav")
    build(music, tmp_path / "library")
    library = Library.open(tmp_path / "library")
    pair = [str(name) for name in library.tracks["track_id"][:2]]
    draw_account(account_for(library, *pair), *hear(library, *pair), tmp_path / "out.png")
    header = (tmp_path / "out.png").read_bytes()[:24]
    assert header.startswith(b"\x89PNG")
    assert struct.unpack(">II", header[16:]) == (1800, 1425)
