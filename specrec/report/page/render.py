"""A page as one file of HTML: everything it needs stands in it."""

import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from specrec.report.page.data import Page, Unavailable
from specrec.report.page.media import EXCERPT_SECONDS
from specrec.report.text import clock
from specrec.writing import write_file

_HERE = Path(__file__).parent
_SECTIONS = {
    "summary": "Summary",
    "skipped": "Skipped files",
    "map": "Map",
    "clusters": "Clusters",
    "gallery": "Gallery",
    "cues": "Visual cues",
    "neighbors": "Neighbors",
    "comparison": "Sound against features",
    "evaluation": "Evaluation",
    "glossary": "Glossary",
    "made": "How it was made",
}
# The shapes of map.js, so that no cluster is told by its color alone.
_MARKS = (
    "M-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0",
    "M-5.5-5.5h11v11h-11z",
    "M0-7L6.5 5.5h-13z",
    "M0-7.5L7.5 0L0 7.5L-7.5 0z",
    "M0 7L6.5-5.5h-13z",
    "M-2.4-7h4.8v4.6h4.6v4.8h-4.6v4.6h-4.8v-4.6h-4.6v-4.8h4.6z",
    "M-7-3.3h14v6.6h-14z",
    "M-3.3-7h6.6v14h-6.6z",
)


def render(page: Page) -> str:
    """The page as HTML that asks no network for anything."""
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["tied"] = _tied
    environment.tests["unavailable"] = lambda section: isinstance(section, Unavailable)
    playable = [path for path, medium in page.media.items() if medium.sound is not None]
    numbers = {path: number for number, path in enumerate(playable)}
    return environment.get_template("page.html").render(
        page=page,
        sections=_SECTIONS.items(),
        mark=_mark,
        clock=clock,
        excerpt_seconds=f"{EXCERPT_SECONDS:g}",
        numbers=numbers,
        sounds=_embedded([page.media[path].sound for path in playable]),
        points=None if isinstance(page.map, Unavailable) else _embedded(page.map.points),
        style=_file("style.css"),
        script=Markup("\n").join([_file("page.js"), _file("map.js")]),
    )


def write_page(page: Page, path: Path) -> int:
    """Writes the page.

    Returns:
        Its size in bytes.

    Raises:
        StorageError: If the file can't be written.
    """
    content = render(page).encode("utf-8", "replace")  # a name on disk may be no Unicode
    write_file(path, content)
    return len(content)


def _tied(text: str) -> str:
    """A text in which no line breaks before a percent sign."""
    return text.replace(" %", "\u00a0%")


def _mark(number: int) -> str:
    """The shape of a cluster, as map.js has it."""
    return _MARKS[(number + 3 * (number // len(_MARKS))) % len(_MARKS)]


def _file(name: str) -> Markup:
    return Markup((_HERE / name).read_text(encoding="utf-8"))


def _embedded(value: Any) -> Markup:
    """JSON that no text in it can end: a `<` is written as its code."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028"))
