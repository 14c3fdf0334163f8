"""Tables of features as they are published: Spotify's tracks, Echo Nest's, or one's own."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from specrec.catalog.columns import NUMBERS, SHARES, items, our_names
from specrec.catalog.tables import load_table
from specrec.errors import CatalogError
from specrec.shapes import Int64

NUMBERED = "Unnamed: 0"  # what pandas calls a first column without a name


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """A table of tracks and their features.

    Attributes:
        path: The file it was read from; None for a frame of which that is unknown.
        tracks: One row per track: `track_id`, `rows` (the numbers of all its rows, a list), then
            the table's columns, those of published tables under our names (`our_names`): title,
            artist (several joined by `; `), album, genre (a sorted list), year, duration_seconds.
            Whole numbers are Int64, others Float64, text string, truth values boolean; an empty
            cell is missing.
        row_count: How many rows the table has.
        empty_cells: How many of its cells hold nothing.
    """

    path: Path | None
    tracks: pd.DataFrame
    row_count: int
    empty_cells: int

    def __len__(self) -> int:
        return len(self.tracks)

    def place_of_row(self) -> "pd.Series[int]":
        """The place in `tracks` of each row of the table, by the row's number."""
        counts = self.tracks["rows"].map(len).to_numpy(np.int64)
        numbers = np.concatenate([np.zeros(0, np.int64), *self.tracks["rows"]])
        return pd.Series(np.repeat(np.arange(len(self)), counts), numbers.astype(np.int64))


def read_feature_table(table: Path | pd.DataFrame, path: Path | None = None) -> FeatureTable:
    """Reads a table of features; rows of one `track_id` become one track.

    Of several rows for a track, all genres are kept, and the first row's other values. A row's
    number is in an unnamed first column, or is its place, from 0; it is also the `track_id`
    of a row that has none. A `tempo` of 0 says that none was found, and is missing, as an infinite
    number is. Shares are from 0 to 1, or in percent where their column's name says `%`.

    Args:
        table: A CSV, TSV or Parquet file, or what was read from one.
        path: The file a frame was read from, if any.

    Raises:
        CatalogError: If it can't be read, has no rows or a column of that name, or a feature is no
            number, or goes beyond 0 and 1 where Spotify gives it between them.
    """
    path = table if isinstance(table, Path) else path
    read = load_table(table) if isinstance(table, Path) else table.reset_index(drop=True)
    if not len(read):
        raise CatalogError(f"{path or 'the table'}: has no rows")
    if "rows" in read:
        raise CatalogError(f"{path or 'the table'}: a column may not be named rows; rename it")
    numeric = read.select_dtypes("number").columns
    read[numeric] = read[numeric].replace([np.inf, -np.inf], np.nan)
    ours = our_names(read.columns)
    for column in read.columns:
        if (name := ours.get(column, column)) in NUMBERS:
            read[column] = _checked(read[column], name in SHARES, str(path or "the table"))
    read = read.rename(columns=ours)
    empty_cells = int(read.isna().to_numpy().sum())
    numbers = _numbers(read)
    own = read["track_id"].astype("string") if "track_id" in read else pd.NA
    track_id = pd.Series(own, read.index, dtype="string").fillna(pd.Series(numbers).astype(str))
    cells = _in_our_units(
        read.drop(columns=["track_id", NUMBERED], errors="ignore").convert_dtypes()
    )
    codes, _ = pd.factorize(track_id)
    first = ~track_id.duplicated()
    tracks = cells[first].reset_index(drop=True)
    if "genre" in cells:
        genres = pd.DataFrame({"code": codes, "genre": cells["genre"].to_numpy()}).dropna()
        genres["genre"] = genres["genre"].map(items)
        genres = genres.explode("genre")
        tracks["genre"] = _lists(genres["code"].to_numpy(), genres["genre"], len(tracks))
    tracks.insert(0, "track_id", track_id[first].to_numpy())
    tracks.insert(1, "rows", _lists(codes, pd.Series(numbers), len(tracks)))
    tracks["track_id"] = tracks["track_id"].astype("string")
    return FeatureTable(path, tracks, len(read), empty_cells)


def _checked(column: pd.Series, is_share: bool, table: str) -> pd.Series:
    """A feature as numbers; refuses what isn't a number, or a share beyond its range.

    A share in a column called `energy_%`, say, is in percent.
    """
    values = pd.to_numeric(column, errors="coerce")
    text = column[values.isna() & column.notna()]
    if len(text):
        raise CatalogError(
            f"{table}: {column.name} is {text.iloc[0]!r} in one row, which is no number; correct"
            " it, or give the column another name"
        )
    if not is_share:
        return values
    most = 100 if "%" in str(column.name) else 1
    beyond = values[(values < 0) | (values > most)]
    if len(beyond):
        raise CatalogError(
            f"{table}: {column.name} is {beyond.iloc[0]:g} in one row; bring it to 0 to {most}, or"
            " give the column another name"
        )
    return values / most


def _numbers(table: pd.DataFrame) -> Int64[np.ndarray, " rows"]:
    """The number of each row."""
    if NUMBERED in table and pd.api.types.is_integer_dtype(table[NUMBERED]):
        named = table[NUMBERED]
        if named.notna().all() and named.is_unique:
            return named.to_numpy(np.int64)
    return np.arange(len(table))


def _in_our_units(table: pd.DataFrame) -> pd.DataFrame:
    """The table with durations in seconds, years, artists joined by `; `, and no tempo of 0."""
    cells = table.copy()
    if "duration_ms" in cells and "duration_seconds" not in cells:
        cells = cells.rename(columns={"duration_ms": "duration_seconds"})
        milliseconds = pd.to_numeric(cells["duration_seconds"], errors="coerce")
        cells["duration_seconds"] = milliseconds / 1000
    if "tempo" in cells:
        cells["tempo"] = cells["tempo"].mask(cells["tempo"] <= 0)
    if "artist" in cells:
        artists = cells["artist"].map(items, na_action="ignore").map("; ".join, na_action="ignore")
        cells["artist"] = artists.astype("string").replace("", pd.NA)
    if "year" in cells and not pd.api.types.is_numeric_dtype(cells["year"]):
        years = cells["year"].astype("string").str.extract(r"^\s*([12]\d{3})(?!\d)", expand=False)
        cells["year"] = pd.to_numeric(years).astype("Int64")
    return cells


def _lists(
    codes: Int64[np.ndarray, " values"], values: pd.Series, count: int
) -> list[list[object]]:
    """A sorted list of the distinct values of each code below `count`, without missing ones."""
    pairs = pd.DataFrame({"code": codes, "value": values.to_numpy()}).dropna().drop_duplicates()
    pairs = pairs.sort_values(["code", "value"])
    ends = np.searchsorted(pairs["code"], np.arange(count + 1))
    sorted_values = pairs["value"].tolist()
    return [sorted_values[start:end] for start, end in pairwise(ends)]
