"""Tables of tracks: CSV or Parquet, one row per track, with a column that names its file."""

import hashlib
import os
import re
import unicodedata
from collections.abc import Collection, Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from specrec.catalog.columns import text_columns
from specrec.errors import CatalogError
from specrec.shapes import Bool

PATH_COLUMNS = ("path", "file", "filename", "filepath", "audio")
_SUFFIXES = (".csv", ".tsv", ".parquet")
_EMPTY = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"]
_EXCEL = re.compile(r"\"?sep=(\S|\t)\"?\s*", re.IGNORECASE)  # a line that Excel writes and hides
_NUMBER = r"[-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?"


def is_table(path: Path) -> bool:
    """Whether a path is a table: by its suffix, or because it is a file, which no library is."""
    return path.suffix.lower() in _SUFFIXES or path.is_file()


def find_table(folder: Path) -> Path | None:
    """The manifest (`manifest.csv`, .tsv or .parquet) in a folder of audio or beside it, if any."""
    for place in (folder, folder.resolve().parent):
        for suffix in _SUFFIXES:
            if (table := place / f"manifest{suffix}").is_file():
                return table
    return None


def read_table(
    path: Path,
    audio: Path | None = None,
    among: Iterable[str] | None = None,
    loaded: pd.DataFrame | None = None,
    plain: Collection[str] = (),
) -> pd.DataFrame:
    """Reads a table and finds its path column.

    Args:
        path: A table, as `load_table` reads it. Its files are named in a column `path`, `file`,
            `filename`, `filepath` or `audio`, absolute or relative to the table's folder; with
            slashes of either kind, in either of Unicode's forms.
        audio: A folder that the files' paths may be relative to instead.
        among: Paths of the files whose rows are wanted; rows of others of the same name may be
            among those that are returned. None for all rows.
        loaded: What `load_table` read of it, if it has.
        plain: Names, relative to the table's folder, of files that are known not to be links.

    Returns:
        All columns, with the files' absolute paths as the index. Empty cells are missing values;
        identifiers (`track_id`) stay text.

    Raises:
        CatalogError: If the table can't be read, names no files, or names one twice.
    """
    table = load_table(path) if loaded is None else loaded
    column = _path_column(table, path)
    named = table.dropna(subset=[column])
    if among is not None:
        named = named[_named_so(named[column], among, _folders(path, audio), plain)]
    files = find_named(path, audio, named[column].astype(str))
    index = pd.Index(files, name="file", dtype=object)
    if index.has_duplicates:
        twice = index[index.duplicated()][0]
        raise CatalogError(f"{path}: {twice} stands in two rows; keep one of them")
    return named.drop(columns=column).set_index(index)


def find_named(path: Path, audio: Path | None, names: Iterable[str]) -> list[str]:
    """Finds the absolute paths of files as a table names them; see `read_table`."""
    folders = _folders(path, audio)
    real = RealPaths(folders[0])
    return [_named_file(folders, name, real) for name in names]


def row_hashes(table: pd.DataFrame, path: Path) -> "pd.Series[int]":
    """A hash of the cells of each row of a table, by the name of its file as it stands there.

    Tables with other columns, or other types of them, have no hash in common.

    Args:
        table: What `load_table` read.
        path: Where it is from.

    Raises:
        CatalogError: If it names no files.
    """
    column = _path_column(table, path)
    named = table.dropna(subset=[column])
    cells = named.drop(columns=column)
    # A missing cell has the hash of a text such as "nan".
    cells = pd.concat([cells, cells.isna()], axis=1)
    hashes = pd.util.hash_pandas_object(cells, index=False, categorize=False).to_numpy()
    kind = hashlib.sha256(repr([*cells.dtypes.astype(str).items()]).encode()).digest()
    seed = np.frombuffer(kind, np.uint64)[0]
    names = pd.Index(named[column].astype(str), name="file", dtype=object)
    return pd.Series(hashes ^ seed, names, name="hash")


def names_in(table: pd.DataFrame, path: Path) -> list[str]:
    """The names of files, as they stand in a table.

    Args:
        table: What `load_table` read.
        path: Where it is from.

    Raises:
        CatalogError: If it names no files.
    """
    return table[_path_column(table, path)].dropna().astype(str).tolist()


def _path_column(table: pd.DataFrame, path: Path) -> str:
    column = next((name for name in PATH_COLUMNS if name in table.columns), None)
    if column is None:
        wanted = ", ".join(PATH_COLUMNS)
        raise CatalogError(f"{path}: no column names the files; name one of its columns {wanted}")
    return column


def _folders(path: Path, audio: Path | None) -> list[Path]:
    """The folders to which a table's paths may be relative."""
    folders = [path.resolve().parent, *([] if audio is None else [audio.resolve()])]
    return [*dict.fromkeys(folders)]


def _named_so(
    column: pd.Series, among: Iterable[str], folders: list[Path], plain: Collection[str]
) -> Bool[np.ndarray, " rows"]:
    """Which rows may name one of some files: by its own name, or by a link of another name."""
    names = {_last_name(name) for name in among}

    def may(name: str) -> bool:
        spelled = name.replace("\\", "/")
        return _last_name(name) in names or (
            spelled not in plain
            and any(
                os.path.islink(os.path.join(folder, spelled))  # noqa: PTH114, PTH118
                for folder in folders
            )
        )

    return np.array([bool(names) and may(str(name)) for name in column], dtype=bool)


def _last_name(path: str) -> str:
    """The name of a file without its folders, however a table may spell it."""
    name = path.replace("\0", "").replace("\\", "/").rpartition("/")[2]
    return unicodedata.normalize("NFC", name)


class RealPaths:
    """Finds the absolute paths of many files, without links, as `Path.resolve` does.

    Each folder is looked up once.
    """

    def __init__(self, folder: Path) -> None:
        """Relative paths are those of files in a folder."""
        self._folder = os.fspath(folder)
        self._folders: dict[str, str] = {}

    def find(self, path: str) -> str:
        """The path of a file, which need not exist."""
        path = os.path.join(self._folder, path)  # noqa: PTH118
        folder, name = os.path.split(path)
        if name in ("", ".", "..") or os.path.islink(path):  # noqa: PTH114 (of texts, in no time)
            return os.path.realpath(path)
        known = self._folders.get(folder)
        if known is None:
            known = self._folders[folder] = os.path.realpath(folder)
        return os.path.join(known, name)  # noqa: PTH118


def _named_file(folders: list[Path], name: str, real: RealPaths) -> str:
    """The absolute path of a file that a table names, in the spelling that is on the disk."""
    slashed = name.replace("\0", "").replace("\\", "/")
    # macOS decomposes names; what is typed elsewhere is composed.
    forms = (unicodedata.normalize(form, slashed) for form in ("NFC", "NFD"))
    for spelling in dict.fromkeys((name, slashed, *forms)):
        for folder in folders:
            path = os.path.join(folder, spelling)  # noqa: PTH118
            if os.path.exists(path):  # noqa: PTH110 (for any name, no error)
                return real.find(path)
    return real.find(slashed)


def load_table(path: Path) -> pd.DataFrame:
    """Reads a CSV, TSV or Parquet file, whatever its columns.

    A CSV file is text in UTF-8, or in UTF-16 with its mark. Its cells are separated by what Excel's
    line `sep=` says; by tabs in a TSV file that has them; else by whichever of comma, semicolon,
    tab and bar stands most often in its header. Where that is not the comma, a column may write its
    decimals with one. Identifiers and names stay text, and of them only an empty cell is missing: a
    title may be `1979` and an artist `NA`.

    Raises:
        CatalogError: If it can't be read.
    """
    if path.is_file() and path.suffix.lower() not in _SUFFIXES:
        raise CatalogError(f"{path}: neither a folder nor a table in CSV, TSV or Parquet")
    try:
        return _load_parquet(path) if path.suffix.lower() == ".parquet" else _load_csv(path)
    except FileNotFoundError:
        raise CatalogError(f"{path}: no such file") from None
    except UnicodeError as error:
        raise CatalogError(f"{path}: not text in UTF-8; save it as CSV in UTF-8") from error
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CatalogError(f"{path}: not a table that can be read: {reason}") from error


def _load_parquet(path: Path) -> pd.DataFrame:
    table = pd.read_parquet(path)
    table = table.reset_index(drop=table.index.name is None)
    for name in text_columns(table):
        if pd.api.types.is_numeric_dtype(table[name]) or table[name].isna().all():
            table[name] = table[name].convert_dtypes().astype("string")  # 7, not 7.0
    return table


def _load_csv(path: Path) -> pd.DataFrame:
    with path.open("rb") as file:
        is_wide = file.read(2) in (b"\xff\xfe", b"\xfe\xff")
    encoding = "utf-16" if is_wide else "utf-8-sig"
    with path.open(encoding=encoding) as text:
        header = text.readline()
    excel = _EXCEL.fullmatch(header)
    usual = "\t" if path.suffix.lower() == ".tsv" and "\t" in header else ",;\t|"
    separator = excel[1] if excel else max(usual, key=header.count)
    options = {"sep": separator, "encoding": encoding, "skiprows": 1 if excel else 0}
    names = pd.read_csv(path, nrows=0, **options).columns
    texts = text_columns(names)
    empty = {name: [""] if name in texts else _EMPTY for name in names}
    types = {name: "string" for name in names if name in texts}
    table = pd.read_csv(path, dtype=types, keep_default_na=False, na_values=empty, **options)
    if separator != ",":
        for name in (name for name in names if name not in texts):
            table[name] = _with_point(table[name])
    return table


def _with_point(column: "pd.Series[object]") -> "pd.Series[object]":
    """A column of decimals with commas as numbers; any other column as it is."""
    if pd.api.types.is_numeric_dtype(column):
        return column
    cells = column.dropna().astype(str)
    if not len(cells) or not cells.str.fullmatch(_NUMBER).all():
        return column
    return pd.to_numeric(column.astype("string").str.replace(",", ".", regex=False)).astype(float)
