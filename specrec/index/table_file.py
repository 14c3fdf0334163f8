"""Tables in Parquet files: read whole, or only some of their columns or rows."""

import hashlib
import io
from collections.abc import Collection
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from jaxtyping import Bool, Int64

from specrec.errors import LibraryError
from specrec.index.files import REMEDY, Sums, check_file
from specrec.writing import new_file

_ROWS_A_GROUP = 1 << 16  # which are read together


def read_table(path: Path, sums: Sums) -> pd.DataFrame:
    """Reads a Parquet file, after comparing every byte with its checksum.

    Raises:
        LibraryError: If it is missing or damaged.
    """
    return pd.read_parquet(io.BytesIO(_read_checked(path, sums)))


def read_arrow(path: Path, sums: Sums) -> pa.Table:
    """Reads a Parquet file as `read_table` does, as a table of Arrow's."""
    return pq.read_table(io.BytesIO(_read_checked(path, sums)))


def _read_checked(path: Path, sums: Sums) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LibraryError(f"{path}: missing or damaged ({error.strerror}); {REMEDY}") from error
    if hashlib.sha256(content).hexdigest() != sums.get(path.name, {}).get("sha256"):
        raise LibraryError(f"{path}: damaged (its checksum differs); {REMEDY}")
    return content


def write_table(path: Path, table: pd.DataFrame, index: bool | None = None) -> None:
    """Writes a Parquet file.

    Raises:
        StorageError: If it can't be written.
    """
    with new_file(path) as file:  # not by pyarrow's own, which tells neither file nor reason
        table.to_parquet(file, index=index, row_group_size=_ROWS_A_GROUP, write_page_checksum=True)


class TableFile:
    """A table of which parts are read, in a file that is compared with its checksum when opened.

    Of a large file that is but a sample; the pages that are read have checksums of their own.

    Raises:
        LibraryError: By any method, if the file is missing or damaged.
    """

    def __init__(self, path: Path, sums: Sums) -> None:
        self._path, self._sums = path, sums

    @property
    def names(self) -> list[str]:
        """The names of its columns."""
        return list(self._file.schema_arrow.names)

    def columns(self, *names: str) -> pa.Table:
        """Some columns, of all rows."""
        try:
            return self._file.read(columns=[*names])
        except (OSError, pa.ArrowInvalid) as error:
            raise self._damaged() from error

    def rows(self, rows: Int64[np.ndarray, " rows"]) -> pd.DataFrame:
        """All columns, of some rows, in the order given."""
        metadata = self._file.metadata
        sizes = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
        ends = np.cumsum(sizes, dtype=np.int64)
        groups = np.searchsorted(ends, rows, side="right")
        parts, order = [self._file.schema_arrow.empty_table()], [np.zeros(0, np.int64)]
        for group in np.unique(groups):
            here = np.flatnonzero(groups == group)
            order.append(here)
            try:
                whole = self._file.read_row_group(int(group))
            except (OSError, pa.ArrowInvalid) as error:
                raise self._damaged() from error
            parts.append(whole.take(rows[here] - (ends[group] - sizes[group])))
        found = pa.concat_tables(parts).to_pandas()
        return found.iloc[np.argsort(np.concatenate(order))].reset_index(drop=True)

    @cached_property
    def _file(self) -> pq.ParquetFile:
        check_file(self._path, self._sums)
        try:
            return pq.ParquetFile(self._path, page_checksum_verification=True)
        except (OSError, pa.ArrowInvalid) as error:
            raise self._damaged() from error

    def _damaged(self) -> LibraryError:
        return LibraryError(f"{self._path}: missing or damaged; {REMEDY}")


def has(column: pa.ChunkedArray, names: Collection[str]) -> Bool[np.ndarray, " rows"]:
    """Which cells of a column are one of some names."""
    found: np.ndarray = pc.is_in(column, pa.array(sorted(names), column.type)).to_numpy()
    return found
