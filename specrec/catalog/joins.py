"""A table of features joined to tracks: Spotify's, Echo Nest's, or one's own."""

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from specrec.catalog.feature_table import FeatureTable, read_feature_table
from specrec.catalog.tables import PATH_COLUMNS, RealPaths, load_table, read_table
from specrec.errors import CatalogError

CLIP = re.compile(r"clip_(\d+)")
"""Name, without suffix, of the audio that belongs to a row of a table."""

_FILLED = ("artist", "album", "genre", "year")  # where a file's tags say nothing


@dataclass(frozen=True)
class Joined:
    """What came of joining a table.

    Attributes:
        path: The table's file.
        rows: How many rows it has.
        tracks: How many tracks the rows stand for.
        empty_cells: How many of its cells hold nothing.
        files: How many files were looked up.
        known: How many of them the table knows.
    """

    path: Path
    rows: int
    tracks: int
    empty_cells: int
    files: int
    known: int


def join_features(root: Path, tracks: pd.DataFrame, path: Path) -> tuple[pd.DataFrame, Joined]:
    """Adds the columns of a table that the tracks do not have yet.

    Rows are found by file if the table has a column of files (`path`, `file` ...), else by
    `track_id`, else by number: the file `clip_<row>.<any>` belongs to the row of that number,
    which stands in an unnamed first column or is the row's place, from 0. Rows of one track_id
    are one track (`feature_table`), whichever of them a clip is numbered by. The table names
    artist, album, genre and year where a file's tags do not, and the title of a file that has
    only its file name. What a table does not say stays missing.

    Args:
        root: The folder to which the tracks' paths are relative.
        tracks: The tracks, with the columns path and track_id.
        path: A CSV, TSV or Parquet file.

    Returns:
        The tracks, and what came of it.

    Raises:
        CatalogError: If the table can't be read or knows none of the tracks.
    """
    raw = load_table(path)
    by_path = any(name in raw for name in PATH_COLUMNS)
    if by_path:  # one more column of that name would name no file
        raw = read_table(path).drop(columns="file", errors="ignore").reset_index()
    table = read_feature_table(raw, path)
    places = _places(root, tracks, table, by_path)
    known = int(places.notna().sum())
    if not known:
        raise CatalogError(
            f"{path}: knows none of the tracks; name files in a column path, give their track_id,"
            " or call them clip_<row>"
        )
    cells = table.tracks.drop(columns=["track_id", "rows", "file"], errors="ignore")
    if "genre" in cells:
        cells["genre"] = cells["genre"].map("; ".join).astype("string").replace("", pd.NA)
    found = cells.reindex(places.to_numpy()).set_axis(tracks.index)
    joined = pd.concat([tracks, found[[name for name in found if name not in tracks]]], axis=1)
    for name in _FILLED:
        if name in tracks and name in found:
            joined[name] = tracks[name].fillna(found[name].astype(tracks[name].dtype))
    if "title" in tracks and "title" in found:
        unnamed = tracks["title"] == tracks["path"].map(lambda name: Path(name).stem)
        joined["title"] = tracks["title"].mask(unnamed & found["title"].notna(), found["title"])
    report = Joined(path, table.row_count, len(table), table.empty_cells, len(tracks), known)
    return joined, report


def _places(
    root: Path, tracks: pd.DataFrame, table: FeatureTable, by_path: bool
) -> "pd.Series[float]":
    """The place in a table of each track; NaN for those it does not know."""
    if by_path:
        files = tracks["path"].map(RealPaths(root).find)
        return files.map(pd.Series(range(len(table)), table.tracks["file"]))
    if table.tracks["track_id"].isin(tracks["track_id"]).any():
        return tracks["track_id"].map(pd.Series(range(len(table)), table.tracks["track_id"]))
    return tracks["path"].map(_row_number).map(table.place_of_row())


def _row_number(path: str) -> float:
    """The number in `clip_<row>`; NaN for other names."""
    named = CLIP.fullmatch(Path(path).stem)
    return float(named[1]) if named else float("nan")
