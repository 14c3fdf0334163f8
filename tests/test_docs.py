"""README, docs/ and examples/: their Python runs, their commands and files exist."""

import importlib
import json
import os
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest
import soundfile

import specrec
from specrec.cli import app
from specrec.synthesis.library import write_library

COMMAND: Any = app
ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
WITH_COMMANDS = [
    *PAGES,
    ROOT / "benchmarks/README.md",
    *sorted((ROOT / "specrec/model/weights").glob("*/README.md")),
]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


class Block(NamedTuple):
    line: int
    language: str
    text: str


def blocks(page: Path, *languages: str) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = [
        Block(text.count("\n", 0, match.start()) + 1, match[1], match[2])
        for match in BLOCK.finditer(text)
    ]
    return [block for block in found if block.language in languages]


def commands(page: Path) -> Iterator[list[str]]:
    """The words of each command, those of `specrec` from their own name on."""
    for block in blocks(page, "sh", "console"):
        for line in block.text.replace("\\\n", "").splitlines():
            if block.language == "sh" or line.startswith("$ "):
                yield from _simple_commands(line.removeprefix("$ "))


def _simple_commands(line: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    for word in [*lexer, "&&"]:
        if set(word) <= set("&|;<>"):
            start = words.index("specrec") if "specrec" in words else 0
            if words[start:]:
                yield words[start:]
            words = []
        else:
            words.append(word)


def check(words: list[str]) -> None:
    """Raises if the command line would be refused."""
    command, words = COMMAND, words[1:]
    while hasattr(command, "commands"):
        _, command, words = command.resolve_command(click.Context(command), words)
    command.make_context(command.name, words)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demo, smaller, and what else the pages speak of."""
    folder = tmp_path_factory.mktemp("docs")
    audio = folder / "specrec-demo/audio"
    write_library(audio, tracks=20, seconds=11)
    specrec.Library.build(audio, folder / "specrec-demo/library", workers=1)
    files = sorted(audio.rglob("*.flac"))
    for name, file in (("song.mp3", files[0]), ("other.flac", files[1])):
        samples, rate = soundfile.read(file)
        soundfile.write(folder / name, samples, rate)
    (folder / "music").symlink_to(files[0].parent)
    (folder / "out").mkdir()
    (folder / "out/library").symlink_to(folder / "specrec-demo/library")
    return folder


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=name_of)
def test_commands_are_taken(page: Path) -> None:
    for words in commands(page):
        if words[0] == "specrec":
            check(words)
        elif words[0] == "python" and words[1] != "-m":
            assert (ROOT / words[1]).is_file(), words


def test_a_command_that_is_not_taken_is_noticed() -> None:
    with pytest.raises(click.UsageError, match="--bogus"):
        check(["specrec", "query", "out/library", "x", "--bogus"])
    with pytest.raises(click.UsageError, match="neighbor"):
        check(["specrec", "explain", "out/library", "x"])
    with pytest.raises(click.UsageError, match="nonsense"):
        check(["specrec", "nonsense"])


# In a process of its own: the type checks of these tests refuse what OmegaConf makes of a tuple.
COMPOSE = """
import json, sys
from specrec.compose import run_composed
from specrec.config import IndexConfig, TrainConfig
schemas = {"index": IndexConfig, "train": TrainConfig}
for name, *overrides in json.load(sys.stdin):
    print(name, *overrides, file=sys.stderr)
    composed = []
    run_composed(name, schemas[name], composed.append, overrides)
    assert isinstance(composed[0], schemas[name])
"""


def test_settings_are_taken(tmp_path: Path) -> None:
    given = [
        words[1:]
        for page in WITH_COMMANDS
        for words in commands(page)
        if words[:2] in (["specrec", "index"], ["specrec", "train"])
    ]
    assert len(given) > 10
    refused = ["index", "audio=x", "library=y", "bogus=1"]
    done = subprocess.run(
        [sys.executable, "-c", COMPOSE],
        input=json.dumps([*given, refused]),
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    *taken, last, error = done.stderr.splitlines()
    assert [*taken, last] == [" ".join(words) for words in [*given, refused]]
    assert done.returncode == 2
    assert "bogus" in error


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_options_and_files_in_the_text_exist(page: Path) -> None:
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    for code in re.findall(r"`([^`]+)`", text):
        words = code.split()
        if words[0] == "specrec" and len(words) > 1 and words[1].islower():
            command = COMMAND
            while hasattr(command, "commands") and words[1:] and words[1][0] != "-":
                command = command.get_command(click.Context(command), words.pop(1))
            known = {option for item in command.params for option in item.opts} | {"--help"}
            given = {word for word in words if word.startswith("--")} - {"--cfg"}
            assert given <= known, code
        for file in re.findall(r"(?:benchmarks|conf|examples|specrec)/[\w./-]+\.\w+", code):
            assert (ROOT / file).is_file(), code
    for target in re.findall(r"\]\(([^)#]+)", text):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=name_of)
def test_python_runs(page: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    namespace: dict[str, Any] = {}
    for block in blocks(page, "python"):
        code = "\n" * block.line + block.text  # so that a traceback says the page's line
        exec(compile(code, str(page), "exec"), namespace)


def test_the_script_recommends(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)
    query = specrec.Library.open("out/library").tracks["title"][0]
    given = ["out/library", query, "--playlist", "found.m3u8"]
    monkeypatch.setattr(sys, "argv", ["recommend.py", *given])
    runpy.run_path(str(ROOT / "examples/recommend.py"), run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(" 1 ")
    whole, named, residual = map(float, re.findall(r"[+-]?\d\.\d+", lines[-1]))
    assert whole == pytest.approx(named + residual, abs=0.002)
    first, *paths = (place / "found.m3u8").read_text(encoding="utf-8").splitlines()
    assert first == "#EXTM3U"
    assert paths
    assert all(Path(path).is_file() for path in paths)


def test_the_notebook_runs_and_is_stored_without_outputs(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As plain code: a Jupyter kernel would take longer to start than the cells to run."""
    monkeypatch.chdir(place)
    notebook = json.loads((ROOT / "examples/tour.ipynb").read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells)
    namespace: dict[str, Any] = {}
    for number, cell in enumerate(cells):
        exec(compile("".join(cell["source"]), f"cell {number}", "exec"), namespace)
    assert (place / "match.png").stat().st_size > 10_000
    assert sum(namespace["parts"].values()) == pytest.approx(namespace["match"].similarity)


def test_the_reference_has_all_public_names() -> None:
    names = re.findall(r"^::: (\S+)", (ROOT / "docs/reference.md").read_text(), re.MULTILINE)
    for name in names:
        module, _, attribute = name.rpartition(".")
        assert hasattr(importlib.import_module(module), attribute), name
    documented = {name.rpartition(".")[2] for name in names}
    assert set(specrec.__all__) - {"SpecrecError"} <= documented  # that is one of `errors`


def test_ci_runs_the_tests_as_the_readme_says() -> None:
    run = {line.strip() for line in (ROOT / ".ci/run").read_text().splitlines()}
    (command,) = (line for line in run if line.endswith(" pytest"))
    assert command in [block.text.strip() for block in blocks(ROOT / "README.md", "sh")]
