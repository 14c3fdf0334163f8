"""Galleries on a page: the first by a number, and low against high."""

from contextlib import suppress

import numpy as np

from specrec.descriptors.vocabulary import noun, value_text
from specrec.errors import QueryError
from specrec.report.page.data import Gallery
from specrec.report.page.tracks import TrackList
from specrec.study.extremes import first_by, low_and_high

_FIRST = 8  # tracks of a gallery
_SIDE = 4  # tracks on each side of a contrast
_CHARTS = ("popularity", "play_count", "plays", "listens", "favorites", "rating")
_TELLING = ("energy", "acousticness", "centroid_hz", "loudness_lufs")


def pick_galleries(track_list: TrackList) -> list[Gallery]:
    """The first tracks by popularity or else by a feature, and two features low against high.

    Raises:
        QueryError: If there are neither features that enough tracks have nor such a column.
    """
    telling = [name for name in _TELLING if name in track_list.ordered]
    chart = next((name for name in _CHARTS if track_list.has_numbers(name)), None)
    if chart is None and not telling:
        raise QueryError(
            "features are known of too few tracks, and no column is such as popularity"
        )
    contrasts = {}
    for name in telling:
        with suppress(QueryError):  # no value on one side of the median: another feature tells
            contrasts[name] = _contrast(track_list, name)
    first = _first(track_list, chart or [*contrasts, *telling][0])
    return [first, *list(contrasts.values())[:2]]


def _first(track_list: TrackList, column: str) -> Gallery:
    values = track_list.numbers(column)
    rows = first_by(values, _FIRST)
    tiles = [track_list.tile(row, _note(column, float(values[row]))) for row in rows]
    known = int(np.isfinite(values).sum())
    note = f"The first {len(rows)} of {known:,} tracks with a value."
    return Gallery(f"Highest {noun(column)}", note, [("", tiles)])


def _contrast(track_list: TrackList, column: str) -> Gallery:
    values = track_list.numbers(column)
    picked = low_and_high(values, _SIDE)
    sides = {
        f"Below {value_text(column, picked.median)}": picked.low,
        f"Above {value_text(column, picked.median)}": picked.high,
    }
    columns = [
        (heading, [track_list.tile(row, _note(column, float(values[row]))) for row in rows])
        for heading, rows in sides.items()
    ]
    note = "Drawn by chance from below and above the library's median."
    return Gallery(f"Low against high {noun(column)}", note, columns)


def _note(column: str, value: float) -> str:
    return f"{noun(column)} {value_text(column, value)}"
