"""Tables of tracks: CSV or Parquet, one row a track, with a column that names its file."""

from pathlib import Path

import pandas as pd

from specrec.errors import CatalogError

PATH_COLUMNS = ("path", "file", "filename", "filepath", "audio")
_SUFFIXES = (".csv", ".parquet")
_TEXT = {"track_id", "title", "artist", "album", "genre"} | {
    "track_name",
    "artists",
    "album_name",
    "track_genre",
}
_EMPTY = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"]


def is_table(path: Path) -> bool:
    """Whether a path names a CSV or Parquet file."""
    return path.suffix.lower() in _SUFFIXES


def find_table(folder: Path) -> Path | None:
    """The `manifest.csv` or `manifest.parquet` in a folder of audio or beside it, if any."""
    for place in (folder, folder.resolve().parent):
        for suffix in _SUFFIXES:
            if (table := place / f"manifest{suffix}").is_file():
                return table
    return None


def read_table(path: Path) -> pd.DataFrame:
    """Reads a table and finds its path column.

    Args:
        path: A CSV file (UTF-8, with a header) or a Parquet file. Its files are named in a
            column `path`, `file`, `filename`, `filepath` or `audio`, relative to the table's
            folder or absolute.

    Returns:
        All columns, with the files' absolute paths as the index. Empty cells are missing values;
        identifiers (`track_id`) stay text.

    Raises:
        CatalogError: If the table can't be read, names no files, or names one twice.
    """
    table = load_table(path)
    column = next((name for name in PATH_COLUMNS if name in table.columns), None)
    if column is None:
        wanted = ", ".join(PATH_COLUMNS)
        raise CatalogError(f"{path}: no column names the files; name one of its columns {wanted}")
    named = table.dropna(subset=[column])
    folder = path.resolve().parent
    index = pd.Index([str((folder / str(name)).resolve()) for name in named[column]], name="file")
    if index.has_duplicates:
        twice = index[index.duplicated()][0]
        raise CatalogError(f"{path}: {twice} stands in two rows; keep one of them")
    return named.drop(columns=column).set_index(index)


def load_table(path: Path) -> pd.DataFrame:
    """Reads a CSV or Parquet file, whatever its columns.

    A CSV file is UTF-8 text, its cells separated by whichever of comma, semicolon and tab stands
    most often in its header. Identifiers and names stay text, and of them only an empty cell is
    missing: a title may be `1979` and an artist `NA`.

    Raises:
        CatalogError: If it can't be read.
    """
    try:
        if path.suffix.lower() == ".parquet":
            table = pd.read_parquet(path)
            table = table.reset_index(drop=table.index.name is None)
            texts = [name for name in table if name in _TEXT and table[name].isna().all()]
            return table.astype(dict.fromkeys(texts, "string"))
        separator = _separator(path)
        header = pd.read_csv(path, sep=separator, nrows=0).columns
        empty = {name: [""] if name in _TEXT else _EMPTY for name in header}
        text = {name: "string" for name in header if name in _TEXT}
        return pd.read_csv(path, sep=separator, dtype=text, keep_default_na=False, na_values=empty)
    except FileNotFoundError:
        raise CatalogError(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise CatalogError(f"{path}: not text in UTF-8; save it as CSV in UTF-8") from error
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CatalogError(f"{path}: not a table that can be read: {reason}") from error


def _separator(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        header = file.readline()
    return max(",;\t", key=header.count)
