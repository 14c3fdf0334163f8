"""Titles as the fonts at hand can write them."""

import unicodedata
from functools import cache

from matplotlib import font_manager

from specrec.printing import visible

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


@cache
def families() -> tuple[str, ...]:
    """The font families for all text: each gives the signs that those before it lack."""
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
    files = (font_manager.findfont(name) for name in families())
    return frozenset(code for file in files for code in font_manager.get_font(file).get_charmap())
