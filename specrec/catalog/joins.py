"""A table of features joined to tracks: Spotify's, Echo Nest's, or one's own."""

import re
from pathlib import Path

import pandas as pd

from specrec.catalog.tables import PATH_COLUMNS, load_table, read_table
from specrec.errors import CatalogError

_CLIP = re.compile(r"clip_(\d+)")
_NUMBERED = "Unnamed: 0"  # what pandas calls a first column without a name


def join_features(root: Path, tracks: pd.DataFrame, path: Path) -> tuple[pd.DataFrame, int]:
    """Adds the columns of a table that the tracks do not have yet.

    Rows are found by file if the table has a column of files (`path`, `file` ...), else by
    `track_id`, else by number: the file `clip_<row>.<any>` belongs to the row of that number,
    which stands in an unnamed first column or is the row's place, from 0. Of several rows with
    one track_id the first counts. What a table does not say stays missing.

    Args:
        root: The folder to which the tracks' paths are relative.
        tracks: With path and track_id.
        path: A CSV or Parquet file.

    Returns:
        The tracks, and how many of them the table knows.

    Raises:
        CatalogError: If the table can't be read or knows none of the tracks.
    """
    table = load_table(path)
    if any(name in table for name in PATH_COLUMNS):
        table = read_table(path)
        keys = pd.Series([str((root / file).resolve()) for file in tracks["path"]], tracks.index)
    elif "track_id" in table and table["track_id"].isin(tracks["track_id"]).any():
        table = table.drop_duplicates("track_id").set_index("track_id")
        keys = tracks["track_id"]
    else:
        if _NUMBERED in table:
            table = table.set_index(_NUMBERED)
        keys = tracks["path"].map(_row_number)
    known = int(keys.isin(table.index).sum())
    if not known:
        raise CatalogError(
            f"{path}: knows none of the {len(tracks)} tracks; name files in a column path, give"
            " their track_id, or call them clip_<row>"
        )
    new = [name for name in table if name not in tracks and name not in (_NUMBERED, "track_id")]
    joined = table[new].reindex(keys.to_numpy()).set_axis(tracks.index)
    return pd.concat([tracks, joined], axis=1), known


def _row_number(path: str) -> float:
    """The number in `clip_<row>`; NaN for other names."""
    named = _CLIP.fullmatch(Path(path).stem)
    return float(named[1]) if named else float("nan")
