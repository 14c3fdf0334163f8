import shutil
import warnings
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import specrec.cli
from specrec.config import IndexConfig
from specrec.errors import AudioError, QueryError
from specrec.index.build import build_library
from specrec.recommend.library import Library
from specrec.report import pictures
from specrec.report.galleries import draw_contrast, draw_gallery, draw_neighbors
from specrec.report.pictures import drawable, shortened
from tests.sounds import make_music

runner = CliRunner()


@pytest.fixture(autouse=True)
def _coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_DPI", 50)  # for speed


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Path:
    """A library of six tracks of which four have a popularity."""
    folder = tmp_path_factory.mktemp("gallery")
    music = make_music(folder / "music", 6)
    (music / "manifest.csv").write_text(
        "path,title,popularity\n"
        'track 0.wav,"Line\nbreak $x$ \\frac",10\n'
        "track 1.wav,日本語 🎧,40\n"
        "track 2.wav,Three,20\n"
        "track 3.wav,Four,30\n"
    )
    config = IndexConfig(
        str(music), str(folder / "library"), str(model_folder), workers=1, measure_features=False
    )
    build_library(config)
    return folder


@pytest.fixture(scope="module")
def library(folder: Path) -> Library:
    return Library.open(folder / "library")


def described(path: Path) -> str:
    if path.suffix == ".svg":
        texts = [element.text or "" for element in ET.parse(path).iter()]
        return next(text for text in texts if text.startswith("Mel spectrograms"))
    with Image.open(path) as picture:
        return str(picture.info["Description"])


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_a_gallery_shows_the_first_in_order(library: Library, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "new" / f"gallery{suffix}"
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # of signs that a font lacks
        draw_gallery(library.collection, "popularity", path, k=3)
    text = described(path)
    places = [text.index(name) for name in ("日本語 🎧 (popularity 40)", "Four", "Three")]
    assert places == sorted(places)
    assert "Line" not in text
    draw_gallery(library.collection, "popularity", path, k=1, lowest=True)
    assert "Line break $x$ \\frac (popularity 10)" in described(path)


def test_the_same_gallery_is_the_same_file(library: Library, tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        draw_gallery(library.collection, "popularity", tmp_path / name, k=2)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_low_stands_against_high(library: Library, tmp_path: Path) -> None:
    draw_contrast(library.collection, "popularity", tmp_path / "c.png", count=2)
    low, high = described(tmp_path / "c.png").split("High popularity: above 25")
    assert "Low popularity: below 25" in low
    assert "Line" in low
    assert "Three" in low
    assert "日本語" in high
    assert "Four" in high


def test_a_query_stands_above_its_neighbors(library: Library, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    draw_neighbors(
        library, "Three", tmp_path / "n.png", 2, lambda done, total: steps.append((done, total))
    )
    text = described(tmp_path / "n.png")
    assert "Three (the query)" in text
    for neighbor in library.neighbors("Three", 2):
        assert f"{neighbor.track.title} (similarity {neighbor.similarity:.3f})" in text
    assert steps == [(1, 3), (2, 3), (3, 3)]


def test_a_file_that_is_gone_leaves_an_empty_panel(
    folder: Path, tmp_path: Path, model_folder: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder / "music", copy / "music")
    build_library(
        IndexConfig(
            str(copy / "music"),
            str(copy / "library"),
            str(model_folder),
            workers=1,
            measure_features=False,
        )
    )
    library = Library.open(copy / "library")
    draw_gallery(library.collection, "popularity", tmp_path / "all.png", k=2)
    (copy / "music" / "track 1.wav").unlink()
    draw_gallery(library.collection, "popularity", tmp_path / "one.png", k=2)
    with Image.open(tmp_path / "all.png") as whole, Image.open(tmp_path / "one.png") as part:
        assert whole.size == part.size
        colorful = [
            np.ptp(np.asarray(image.convert("RGB")), axis=2) > 20 for image in (whole, part)
        ]
    half = colorful[0].shape[1] // 2
    assert colorful[0][:, : half - 17].mean() > 0.2
    assert colorful[1][:, : half - 17].mean() < 0.01  # the first stands on the left
    (copy / "music" / "track 3.wav").unlink()
    with pytest.raises(AudioError, match="no such file"):
        draw_gallery(library.collection, "popularity", tmp_path / "none.png", k=2)
    assert not (tmp_path / "none.png").exists()


def test_another_suffix_is_refused_before_any_work(library: Library, tmp_path: Path) -> None:
    for name in ("a.jpg", "a"):
        with pytest.raises(QueryError, match="only PNG and SVG"):
            draw_gallery(library.collection, "no such column", tmp_path / name)


def test_the_command_draws(folder: Path, tmp_path: Path) -> None:
    library = str(folder / "library")
    for number, arguments in enumerate(
        [
            ["gallery", library, "popularity", "--tracks", "1"],
            ["contrast", library, "popularity", "--tracks", "1", "--seed", "3"],
            ["neighbors", library, "Three", "-k", "1"],
        ]
    ):
        path = tmp_path / f"{number}.png"
        result = runner.invoke(specrec.cli.app, ["plot", *arguments, "-o", str(path)])
        assert result.exit_code == 0, result.output
        assert path.read_bytes().startswith(b"\x89PNG")


def test_the_tracks_of_a_library_are_drawn(folder: Path, tmp_path: Path) -> None:
    arguments = ["spectrograms", str(folder / "library"), "-o", str(tmp_path), "--workers", "1"]
    result = runner.invoke(specrec.cli.app, arguments)
    assert result.exit_code == 0, result.output
    assert "6 pictures, 6 drawn now, 0 skipped" in " ".join(result.stdout.split())
    assert {path.name for path in tmp_path.iterdir()} == {f"track {i}.png" for i in range(6)}


def test_a_wrong_plot_is_one_line_with_exit_code_2(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for arguments, message in [
        (["gallery", str(folder / "library"), "popularit"], "did you mean popularity"),
        (["contrast", str(folder / "library"), "title"], "no numbers"),
        (["neighbors", str(folder / "library"), "nothing like it"], "fits no title"),
        (["gallery", str(tmp_path), "popularity"], "no library there"),
    ]:
        output = str(tmp_path / "x.png")
        monkeypatch.setattr("sys.argv", ["specrec", "plot", *arguments, "-o", output])
        with pytest.raises(SystemExit) as exit_:
            specrec.cli.main()
        shown = capsys.readouterr()
        assert exit_.value.code == 2
        assert shown.err.startswith("error: ")
        assert message in shown.err
        assert shown.err.count("\n") == 1


def test_titles_are_cut_and_lettered() -> None:
    assert drawable("Jo\u0301ga\n live") == "Jóga live"
    assert drawable("a\U0010fffdb") == "a□b"  # private use: in no font
    assert drawable("a\u200d\ufe0fb") in ("ab", "a\u200d\ufe0fb")
    assert shortened("abcdef", 6) == "abcdef"
    assert shortened("abcdefg", 6) == "abcde…"
    assert shortened("日本語の題", 10) == "日本語の題"
    assert shortened("日本語の題名", 10) == "日本語の…"
