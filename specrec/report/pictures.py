"""Figures to files: PNG or SVG by the name's end, with a text for those who can't see them."""

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, cast

from specrec.errors import QueryError
from specrec.printing import visible
from specrec.writing import write_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DPI = 150


def check_picture(path: Path) -> None:
    """Refuses a file that is to be drawn before any work is done for it.

    Raises:
        QueryError: If its name ends neither in `.png` nor in `.svg`.
        OSError: If it can't be written.
    """
    _check_name(path)
    check_writable(path)


def check_writable(path: Path) -> None:
    """Makes sure that a file can be written, before the work for it; makes its folder.

    Raises:
        OSError: If it can't.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    there = path.exists()
    path.open("ab").close()
    if not there:
        path.unlink()


def _check_name(path: Path) -> None:
    if path.suffix.lower() not in (".png", ".svg"):
        raise QueryError(f"{path}: only PNG and SVG are written; let it end in .png or .svg")


def save_picture(figure: "Figure", path: Path, title: str, description: str) -> None:
    """Writes a figure; its metadata holds a title and a description.

    Its texts are taken as they are: `$` begins no formula, and what XML forbids is written out.

    Raises:
        QueryError: If its name ends neither in `.png` nor in `.svg`.
        StorageError: If the file can't be written.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    _check_name(path)
    FigureCanvasAgg(figure)
    for text in cast(list[Text], figure.findobj(Text)):
        text.set_parse_math(False)
        text.set_text(_lines(text.get_text()))
    metadata: dict[str, str | None] = {
        "Title": visible(title),
        "Description": visible(description),
    }
    kind = path.suffix.lower()[1:]
    if kind == "svg":
        metadata["Date"] = None  # the same figure, the same file
    file = io.BytesIO()
    # The second is for texts that are made on drawing.
    with (
        rc_context({"svg.hashsalt": "specrec", "text.parse_math": False}),
        warnings.catch_warnings(),
    ):
        # A font may lack the signs of a title; boxes stand for them.
        warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)
        figure.savefig(file, format=kind, dpi=_DPI, metadata=metadata)
    drawn = file.getvalue()
    # The names of ticks come only now; XML has no escape for a control.
    write_file(path, _lines(drawn.decode()).encode() if kind == "svg" else drawn)


def _lines(text: str) -> str:
    return "\n".join(map(visible, text.split("\n")))
