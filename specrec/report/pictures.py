"""Figures to files: PNG or SVG by the name's end, in signs that the fonts at hand can write."""

import io
import unicodedata
import warnings
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from specrec.errors import QueryError
from specrec.printing import visible
from specrec.writing import storing, write_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito 2008, "Color universal design": told apart with any color vision.
PALETTE = BLUE, ORANGE, GREEN, PINK, SKY, RED = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00",
)  # fmt: skip
GREY, GRID = "#777777", "#DDDDDD"

_DPI = 150
_FAMILIES = (
    "DejaVu Sans",
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Noto Sans JP",
    "Noto Sans SC",
    "Noto Sans KR",
    "Source Han Sans",
    "WenQuanYi Micro Hei",
    "IPAGothic",
    "Droid Sans Fallback",
    "Hiragino Sans",
    "PingFang SC",
    "Apple SD Gothic Neo",
    "Yu Gothic",
    "Microsoft YaHei",
    "Malgun Gothic",
    "Arial Unicode MS",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Noto Emoji",
    "Segoe UI Symbol",
    "Symbola",
)
_MISSING = "\N{WHITE SQUARE}"


def check_picture(path: Path) -> None:
    """Refuses a file that is to be drawn before any work is done for it.

    Raises:
        QueryError: If its name ends neither in `.png` nor in `.svg`.
        StorageError: If it can't be written.
    """
    _check_name(path)
    check_writable(path)


def check_writable(path: Path) -> None:
    """Makes sure that a file can be written, before the work for it; makes its folder.

    Raises:
        StorageError: If it can't.
    """
    with storing(path):
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


def clean_axes(panel: "Axes", grid: Literal["x", "y"] = "x") -> None:
    """Leaves of a panel's frame what is read: two axes, and a grid behind the figures."""
    panel.spines[["top", "right"]].set_visible(False)
    panel.grid(axis=grid, color=GRID, linewidth=0.8)
    panel.set_axisbelow(True)
    panel.tick_params(labelsize=9)


def _lines(text: str) -> str:
    return "\n".join(map(visible, text.split("\n")))


@cache
def families() -> tuple[str, ...]:
    """The font families for all text: each gives the signs that those before it lack."""
    from matplotlib import font_manager

    installed = set(font_manager.get_font_names())
    return tuple(name for name in _FAMILIES if name in installed)


def drawable(text: str) -> str:
    """A text on one line, with a square for each sign that no font at hand has.

    Signs that only change how their neighbors look, such as a joiner, are left out if they are
    missing.
    """
    line = unicodedata.normalize("NFC", visible(" ".join(text.split())))
    return "".join(filter(None, map(_sign, line)))


def shortened(text: str, most: int) -> str:
    """A text cut to a width, counted in Latin letters; Chinese or Japanese ones count two."""
    room = most
    for place, sign in enumerate(text):
        room -= 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        if room < 0:
            return text[: max(0, place - 1)].rstrip() + "…"
    return text


def _sign(sign: str) -> str:
    if ord(sign) in _known():
        return sign
    return "" if unicodedata.category(sign) in ("Mn", "Cf", "Cc", "Sk") else _MISSING


@cache
def _known() -> frozenset[int]:
    from matplotlib import font_manager

    files = (font_manager.findfont(name) for name in families())
    return frozenset(code for file in files for code in font_manager.get_font(file).get_charmap())
