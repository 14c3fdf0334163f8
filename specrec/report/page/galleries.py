"""Galleries on a page: the first by a number, and low against high."""

import numpy as np
import pandas as pd

from specrec.errors import QueryError
from specrec.explain.english import WORDS, reading_text
from specrec.recommend.library import Library
from specrec.recommend.picking import first_by, low_and_high, numbers
from specrec.report.page.asked import tile_of
from specrec.report.page.contents import ordered_features
from specrec.report.page.data import Gallery

_FIRST = 8  # tracks of a gallery
_SIDE = 4  # tracks on each side of a contrast
_CHARTS = ("popularity", "play_count", "plays", "listens", "favorites", "rating")
_TELLING = ("energy", "acousticness", "centroid_hz", "loudness_lufs")


def pick_galleries(library: Library) -> list[Gallery]:
    """The first tracks by popularity or else by a feature, and two features low against high.

    Raises:
        QueryError: If the library has neither features nor a column of numbers.
    """
    contrasts = [name for name in _TELLING if name in ordered_features(library)][:2]
    chart = next((name for name in _CHARTS if _has_numbers(library.tracks, name)), None)
    if chart is None and not contrasts:
        raise QueryError("no features are known, and no column such as popularity")
    galleries = [_first(library, chart or contrasts[0])]
    return galleries + [_contrast(library, name) for name in contrasts]


def _has_numbers(tracks: pd.DataFrame, name: str) -> bool:
    return name in tracks and bool(pd.to_numeric(tracks[name], errors="coerce").nunique() > 1)


def _first(library: Library, column: str) -> Gallery:
    values = numbers(library, column)
    rows = first_by(values, _FIRST)
    tiles = [tile_of(library, library.track(row), _note(column, float(values[row]))) for row in rows]
    known = int(np.isfinite(values).sum())
    return Gallery(f"Highest {_noun(column)}", f"The first {len(rows)} of {known:,} tracks with a"
                   " value.", [("", tiles)])  # fmt: skip


def _contrast(library: Library, column: str) -> Gallery:
    values = numbers(library, column)
    picked = low_and_high(values, _SIDE)
    sides = {
        f"Below {_value(column, picked.median)}": picked.low,
        f"Above {_value(column, picked.median)}": picked.high,
    }
    columns = [
        (heading, [tile_of(library, library.track(row), _note(column, float(values[row]))) for row in rows])
        for heading, rows in sides.items()
    ]
    note = "Drawn by chance from below and above the library's median."
    return Gallery(f"Low against high {_noun(column)}", note, columns)


def _noun(column: str) -> str:
    return WORDS[column].noun if column in WORDS else column.replace("_", " ")


def _value(column: str, value: float) -> str:
    return reading_text(column, value) if column in WORDS else f"{value:,.6g}"


def _note(column: str, value: float) -> str:
    return f"{_noun(column)} {_value(column, value)}"
