"""What the tests of libraries in Milvus share."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from specrec.recommend.library import Library
from specrec.scale.milvus.address import parse_address
from specrec.scale.milvus.push import Pushed, push_library
from tests.libraries import TRACKS
from tests.recommend.test_filters import TABLE


def texts(values: Iterable[str | None]) -> "pd.Series[str]":
    return pd.Series(list(values), dtype="string")


HOSTILE = [
    'it\'s "so"',
    "100% {x} a_b",
    "back\\slash",
    "line\nbreak",
    'x" or key >= 0 or "',
    "ÄÖ ß",
]
_REPEATED = pd.concat([TABLE] * (TRACKS // len(TABLE)), ignore_index=True)
ALBUMS = [f"Album {row // 8}" for row in range(TRACKS)]
COLUMNS: dict[str, Any] = {
    "artist": texts(
        f"Artist {row % 40}" + "; ARTIST 11" * (row % 10 == 0) if row % 9 else None
        for row in range(TRACKS)
    ),
    "album": texts(ALBUMS),
    "note": texts(HOSTILE[row % len(HOSTILE)] if row % 4 else None for row in range(TRACKS)),
    **{str(name): _REPEATED[name] for name in _REPEATED},
}
"""The columns of the tests of conditions, and some whose texts could break out of one."""


def with_duplicates(folder: Path) -> Library:
    """Opens a library in which every fifth track is a file of the recording before it."""
    library = Library.open(folder)
    rows = np.arange(len(library))
    library.collection.generation.duplicate_groups = rows - (rows % 5 == 4)
    return library


def push(library: Library, place: str, windows: bool = True) -> Pushed:
    return push_library(library.collection, parse_address(place), windows)


def ids(found: Any) -> list[str]:
    return [neighbor.track.track_id for neighbor in found]


def nearest(library: Library, k: int = 200) -> list[str]:
    return ids(library.neighbors("t200", k, explain=False))


def close(one: Any, other: Any) -> bool:
    """Whether two answers are equal, numbers to 1e-5."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(close(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(close, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return one == pytest.approx(other, abs=1e-5)
    return bool(one == other)
