"""The examples in docstrings, read from the source: `testmod` misses decorated functions."""

import ast
import doctest
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import specrec
from specrec.config import IndexConfig
from specrec.index.build import build_library
from specrec.recommend.library import Library
from tests.sounds import make_music

_PACKAGE = Path(specrec.__file__).parent


def docstrings(path: Path) -> Iterator[tuple[int, str]]:
    """The line and the text of each docstring of a file that has examples."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            text = ast.get_docstring(node)
            if text is not None and ">>>" in text:
                yield getattr(node, "lineno", 1), text


MODULES = sorted(
    path.relative_to(_PACKAGE.parent).with_suffix("").as_posix().replace("/", ".")
    for path in _PACKAGE.rglob("*.py")
    if any(docstrings(path))
)


@pytest.fixture(scope="session")
def small_library(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Library:
    """The `library` of the examples: six tracks, `track 0` to `track 5`."""
    folder = tmp_path_factory.mktemp("docstrings")
    audio, library = make_music(folder / "music", 6), folder / "library"
    build_library(
        IndexConfig(str(audio), str(library), str(model_folder), workers=1, measure_features=False)
    )
    return Library.open(library)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_run(name: str, small_library: Library, model_folder: Path) -> None:
    module = import_module(name)
    names = {
        **vars(module),
        "library": small_library,
        "library_folder": small_library.collection.folder,
        "music_folder": small_library.collection.audio_root,
        "model_folder": model_folder,
    }
    path = Path(str(module.__file__))
    said: list[str] = []
    for line, text in docstrings(path):
        example = doctest.DocTestParser().get_doctest(text, dict(names), name, str(path), line)
        doctest.DocTestRunner().run(example, out=said.append)
    assert not said, "".join(said)
