"""Tracks of a library picked by a number: the first by a column, low against high."""

import difflib
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from specrec.concepts.vocabulary import load_vocabulary
from specrec.descriptors.features import FEATURES
from specrec.errors import QueryError
from specrec.recommend.collection import Collection
from specrec.shapes import Float64

_UNORDERED = {name for name, feature in FEATURES.items() if feature.kind == "class"}


@dataclass(frozen=True)
class Contrast:
    """Tracks below and above a median.

    Attributes:
        median: Median of the tracks with a value.
        low: Rows with a value below it, the lowest first.
        high: Rows with a value above it, the highest first.
    """

    median: float
    low: list[int]
    high: list[int]


def find_column(collection: Collection, name: str) -> str:
    """Finds what is meant by the name of a feature, a column, or a concept, such as `piano`.

    Raises:
        QueryError: If there is nothing of that name; those are proposed that are alike.
    """
    own = [*_columns(collection)]
    named = {concept.column: concept.feature for concept in load_vocabulary()}
    if name in own or (name in named.values() and collection.stats.tells(name)):
        return name
    column = "_".join(re.findall(r"\w+", name.casefold()))
    if column in collection.concepts:
        return named[column]
    columns = [*own, *collection.concepts]
    close = difflib.get_close_matches(name, columns, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(columns)}"
    raise QueryError(f"no column, feature or concept {name} in the library; {hint}")


def numbers(collection: Collection, name: str) -> Float64[np.ndarray, " tracks"]:
    """A feature or concept of all tracks, or another column; NaN where nothing is known.

    Raises:
        QueryError: If there is no such column, it holds no numbers, or they have no order.
    """
    name = find_column(collection, name)
    columns = _columns(collection)
    if name not in columns:
        return collection.stats.values(name)
    if name in _UNORDERED:
        raise QueryError(f"{name}: its values have no order; name another feature")
    column = pd.to_numeric(columns[name], errors="coerce")
    values = column.to_numpy(np.float64, na_value=np.nan)
    finite: np.ndarray = np.where(np.isfinite(values), values, np.nan)
    if np.isnan(finite).all():
        raise QueryError(f"{name}: holds no numbers; name another column")
    return finite


def _columns(collection: Collection) -> dict[str, "pd.Series[float]"]:
    """All columns by name; features go before a table's column of the same name."""
    return {
        str(name): table[name]
        for table in (collection.tracks, collection.features)
        for name in table
    }


def first_by(values: Float64[np.ndarray, " tracks"], k: int, lowest: bool = False) -> list[int]:
    """Rows of the `k` highest values, or of the lowest, in that order; NaN is left out."""
    order = np.argsort(values if lowest else -values, kind="stable")
    return [int(row) for row in order[: min(k, int(np.isfinite(values).sum()))]]


def low_and_high(values: Float64[np.ndarray, " tracks"], count: int = 5, seed: int = 0) -> Contrast:
    """Picks tracks from below the median and as many from above, any of them with equal chance.

    Args:
        values: One a track; NaN is left out.
        count: Tracks on each side; fewer where there are fewer.
        seed: Seed of the random choice.

    Raises:
        QueryError: If there is no value, or none is below the median, or none above.
    """
    if not np.isfinite(values).any():
        raise QueryError("no track has a value there; name another column")
    median = float(np.nanmedian(values))
    below, above = np.flatnonzero(values < median), np.flatnonzero(values > median)
    if not len(below) or not len(above):
        side = "above" if len(below) else "below"
        raise QueryError(f"no value is {side} the median, {median:g}; name another column")
    rng = np.random.default_rng(seed)
    low, high = (rng.choice(rows, min(count, len(rows)), replace=False) for rows in (below, above))
    return Contrast(
        median,
        sorted(map(int, low), key=lambda row: values[row]),
        sorted(map(int, high), key=lambda row: -values[row]),
    )
