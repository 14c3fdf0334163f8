"""What titles and file names hold does nothing to a terminal, a playlist or a picture."""

import json
import shutil
import sys
import unicodedata
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

import specrec.cli
from specrec.config import IndexConfig
from specrec.index.build import build_library
from specrec.printing import say_json, visible
from specrec.report.pictures import save_picture
from tests.sounds import make_music

HOSTILE = "\x1b[2J\x9b31m\u202eevil\u2066 $x^{ [/bold] :cat:\r\nerror: no\a"


@pytest.mark.parametrize(
    "text", ["Beyoncé", "音楽", "👩‍👩‍👧", "क्‍ष", "نامه‌ای", "שלום\u200f!", "e\u0301", "\\x1b", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"]
)
def test_what_scripts_need_stays(text: str) -> None:
    assert visible(text) == text


def test_nothing_that_moves_a_cursor_stays() -> None:
    for code in range(sys.maxunicode + 1):
        sign = chr(code)
        kind, turns = unicodedata.category(sign), unicodedata.bidirectional(sign)
        unsafe = kind in ("Cc", "Zl", "Zp", "Cs") or turns in (
            "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"
        )  # fmt: skip
        if unsafe:
            shown = visible(sign)
            assert shown.isprintable()
            assert shown.encode().decode("unicode_escape") == sign


def test_json_is_read_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    document = {"title": HOSTILE, "line": ["\u2028", "\udc80é"]}
    say_json(json.dumps(document, indent=1, ensure_ascii=False))
    printed = capsys.readouterr().out
    assert_harmless(printed)
    assert json.loads(printed) == document


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Path:
    """A library of which the names of a file and of a track are hostile."""
    folder = tmp_path_factory.mktemp("hostile")
    music = make_music(folder / "music", 5)
    (music / "track 1.wav").rename(music / "\x1b]0;x\a\n.wav")
    (music / "track 2.wav").write_bytes(b"")
    (music / "track 2.wav").rename(music / "\x1b[2J.wav")
    table = {"path": ["track 0.wav", "track 3.wav"], "title": [HOSTILE, "Three"], "artist": HOSTILE}
    pd.DataFrame(table).to_csv(music / "manifest.csv", index=False)
    build_library(
        IndexConfig(
            str(music),
            str(folder / "library"),
            str(model_folder),
            workers=1,
            measure_features=False,
        )
    )
    return folder / "library"


@pytest.mark.parametrize(
    "command",
    [
        ["query", "LIBRARY", "track 0.wav"],
        ["query", "LIBRARY", "Three", "--json"],
        ["query", "LIBRARY", "Three", "--m3u"],
        ["path", "LIBRARY", "Three", "track 0.wav", "-n", "2"],
        ["explain", "LIBRARY", "Three", "track 0.wav"],
        ["status", "LIBRARY", "--json"],
        ["query", "LIBRARY", "error no"],  # fits two tracks, which are listed
        ["query", "LIBRARY", HOSTILE + "?"],
        ["query", HOSTILE, "Three"],
        ["remove", "LIBRARY", "track 0.wav", "\x1b]0;x\a\n.wav"],
    ],
)
def test_nothing_hostile_is_printed(
    library: Path,
    tmp_path: Path,
    command: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(library, tmp_path / "library")  # one command changes it
    words = [str(tmp_path / "library") if word == "LIBRARY" else word for word in command]
    monkeypatch.setattr(sys, "argv", ["specrec", *words])
    status = 0
    try:
        specrec.cli.main()
    except SystemExit as exit_:
        status = int(exit_.code or 0)
    shown = capsys.readouterr()
    assert status in (0, 2), shown.err
    assert_harmless(shown.out + shown.err)
    assert "\n" + "error: no" not in shown.out + shown.err
    if "--json" not in command:
        assert "\\x1b" in shown.out + shown.err or "%1B" in shown.out


def test_an_index_run_lists_hostile_names(
    library: Path, model_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from specrec.report.libraries import print_build

    config = IndexConfig(
        str(library.parent / "music"), str(library), str(model_folder), measure_features=False
    )
    print_build(build_library(config), str(library))
    printed = capsys.readouterr().out
    assert_harmless(printed)
    assert "\\x1b[2J.wav" in printed


def test_a_playlist_keeps_every_path_usable(
    library: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        sys, "argv", ["specrec", "query", str(library), "Three", "--m3u", "--duplicates"]
    )
    with pytest.raises(SystemExit):
        specrec.cli.main()
    lines = capsys.readouterr().out.splitlines()
    places = [line for line in lines if not line.startswith("#")]
    files = [Path(unquote(place.removeprefix("file://"))) for place in places]
    assert sorted(file.name for file in files) == ["\x1b]0;x\a\n.wav", "track 0.wav", "track 4.wav"]
    assert all(file.is_file() for file in files)
    assert sum(place.startswith("file://") for place in places) == 1


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_a_picture_takes_any_text_as_it_is(tmp_path: Path, kind: str) -> None:
    figure = Figure(layout="constrained")
    panel = figure.subplots()
    for setter in (panel.set_title, panel.set_xlabel, figure.suptitle):
        setter(HOSTILE + "\udc80 \\bad$")
    panel.set_yticks([0, 1], [HOSTILE, "$\\frac{$ -- -->"])
    panel.legend(panel.plot([0, 1], [0, 1]), [HOSTILE])
    path = tmp_path / f"picture.{kind}"
    save_picture(figure, path, HOSTILE, HOSTILE + "\udc80")
    if kind == "png":
        Image.open(path).verify()
        return
    assert ElementTree.parse(path).getroot().tag.endswith("svg")
    assert_harmless(path.read_text())


def assert_harmless(printed: str) -> None:
    assert all(map(str.isprintable, printed.replace(" ", "").split("\n")))
