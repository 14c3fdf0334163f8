"""Tables in files: read whole, or only some of their columns or rows.

Those that every question needs are Arrow files (IPC), which are memory-mapped as they are: a few
rows are found without reading the others, and all of them take no memory that no file backs. The
rest are Parquet files, which are smaller.

Arrow reads in this thread alone: one of its own that still lets go of something of Python's when
the process ends would end it with an error (arrow #34314).
"""

import hashlib
from collections.abc import Collection, Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from specrec.errors import LibraryError
from specrec.index.files import REMEDY, Sums, check_file
from specrec.shapes import Bool, Int64
from specrec.writing import new_file

if TYPE_CHECKING:
    import pandas as pd  # takes longer to load than a question takes, which needs no frames

_ROWS_A_GROUP = 1 << 16  # which are read together
_MANY = 1000  # rows that are taken faster at once than one by one


def read_arrow_table(path: Path, sums: Sums) -> pa.Table:
    """Reads a Parquet file, after comparing every byte with its checksum.

    Raises:
        LibraryError: If it is missing or damaged.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LibraryError(f"{path}: missing or damaged ({error.strerror}); {REMEDY}") from error
    if hashlib.sha256(content).hexdigest() != sums.get(path.name, {}).get("sha256"):
        raise LibraryError(f"{path}: damaged (its checksum differs); {REMEDY}")
    return pq.ParquetFile(pa.BufferReader(content)).read(use_threads=False)


def read_table(path: Path, sums: Sums) -> "pd.DataFrame":
    """Reads a Parquet file as a frame, as `read_arrow_table` does."""
    return read_arrow_table(path, sums).to_pandas(use_threads=False)


def write_table(path: Path, table: "pd.DataFrame", index: bool | None = None) -> None:
    """Writes a Parquet file.

    Raises:
        StorageError: If it can't be written.
    """
    with new_file(path) as file:  # not by pyarrow's own, which tells neither file nor reason
        table.to_parquet(file, index=index, row_group_size=_ROWS_A_GROUP, write_page_checksum=True)


def write_mapped_table(path: Path, table: "pd.DataFrame") -> None:
    """Writes an Arrow file, as `MappedTable` reads it.

    Raises:
        StorageError: If it can't be written.
    """
    whole = pa.Table.from_pandas(table).combine_chunks()
    with new_file(path) as file, pa.ipc.new_file(file, whole.schema) as writer:
        writer.write_table(whole)


class MappedTable:
    """A table in an Arrow file that is compared with its checksum when opened; memory-mapped.

    Of a large file that is but a sample; so that damage in the rest can't lead out of the file,
    each column is looked through before it is used.

    Raises:
        LibraryError: By any method, if the file is missing or damaged.
    """

    def __init__(self, path: Path, sums: Sums) -> None:
        self._path, self._sums = path, sums
        self._valid: set[str] = set()

    @property
    def types(self) -> pa.Schema:
        """The names and types of its columns."""
        return self._table.schema

    def columns(self, *names: str) -> pa.Table:
        """Some columns, of all rows."""
        table = self._table.select([*names])
        try:
            for name in {*names} - self._valid:
                table[name].validate(full=True)
                self._valid.add(name)
        except pa.ArrowInvalid as error:
            raise self._damaged() from error
        return table

    def rows(self, rows: Int64[np.ndarray, " rows"]) -> "pd.DataFrame":
        """All columns, of some rows, in the order given."""
        found = take_rows(self.columns(*self.types.names), rows)
        return found.to_pandas(use_threads=False).reset_index(drop=True)

    def whole(self) -> "pd.DataFrame":
        """All columns of all rows; numbers may not be changed in place."""
        return self.columns(*self.types.names).to_pandas(split_blocks=True, use_threads=False)

    @cached_property
    def _table(self) -> pa.Table:
        check_file(self._path, self._sums)
        try:
            options = pa.ipc.IpcReadOptions(use_threads=False)
            return pa.ipc.open_file(pa.memory_map(str(self._path)), options=options).read_all()
        except (OSError, pa.ArrowInvalid) as error:
            raise self._damaged() from error

    def _damaged(self) -> LibraryError:
        return LibraryError(f"{self._path}: missing or damaged; {REMEDY}")


class TableFile:
    """A table in a Parquet file that is compared with its checksum when opened; parts are read.

    Of a large file that is but a sample; the pages that are read have checksums of their own.

    Raises:
        LibraryError: By any method, if the file is missing or damaged.
    """

    def __init__(self, path: Path, sums: Sums) -> None:
        self._path, self._sums = path, sums

    @property
    def types(self) -> pa.Schema:
        """The names and types of its columns."""
        return self._file.schema_arrow

    def columns(self, *names: str) -> pa.Table:
        """Some columns, of all rows."""
        try:
            return self._file.read(columns=[*names], use_threads=False)
        except (OSError, pa.ArrowInvalid) as error:
            raise self._damaged() from error

    def rows(self, rows: Int64[np.ndarray, " rows"]) -> "pd.DataFrame":
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
                whole = self._file.read_row_group(int(group), use_threads=False)
            except (OSError, pa.ArrowInvalid) as error:
                raise self._damaged() from error
            parts.append(whole.take(rows[here] - (ends[group] - sizes[group])))
        found = pa.concat_tables(parts).to_pandas(use_threads=False)
        return found.iloc[np.argsort(np.concatenate(order))].reset_index(drop=True)

    def whole(self) -> "pd.DataFrame":
        """All columns of all rows."""
        return read_table(self._path, self._sums)

    @cached_property
    def _file(self) -> pq.ParquetFile:
        check_file(self._path, self._sums)
        try:
            return pq.ParquetFile(self._path, page_checksum_verification=True)
        except (OSError, pa.ArrowInvalid) as error:
            raise self._damaged() from error

    def _damaged(self) -> LibraryError:
        return LibraryError(f"{self._path}: missing or damaged; {REMEDY}")


def take_rows(table: pa.Table, rows: Int64[np.ndarray, " rows"]) -> pa.Table:
    """Some rows of a table, in the order given."""
    if len(rows) > _MANY:
        return table.take(pa.array(rows, pa.int64()))
    # Of a table in pieces, Arrow's own `take` first makes a single one.
    return pa.concat_tables([table.slice(0, 0), *(table.slice(row, 1) for row in rows.tolist())])


def as_array(column: pa.ChunkedArray) -> np.ndarray:
    """The values of a column, and NaN for what a column of numbers lacks; not a copy if it can.

    Arrow's own `to_numpy` does the same, but loads pandas, which takes long.
    """
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        return column.to_numpy()
    parts = [_numbers(chunk) for chunk in column.chunks if len(chunk)]
    kind = column.type.to_pandas_dtype()
    return parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0, kind), *parts])


def _numbers(chunk: pa.Array) -> np.ndarray:
    (known, values), here = chunk.buffers(), slice(chunk.offset, chunk.offset + len(chunk))
    numbers: np.ndarray = np.frombuffer(values, chunk.type.to_pandas_dtype())[here]
    if chunk.null_count:
        bits = np.unpackbits(np.frombuffer(known, np.uint8), bitorder="little")
        numbers = np.where(bits[here], numbers, np.nan)
    return numbers


def find_text(column: pa.ChunkedArray, text: str) -> int | None:
    """The first row of a column of texts that holds a given one, not empty; None if none does.

    It takes no longer than Arrow's own `index`, which takes long to load.
    """
    wanted, before = text.encode(), 0
    for chunk in column.chunks if wanted and not pa.types.is_null(column.type) else ():
        _, bounds, texts = chunk.buffers()
        kind = np.int64 if pa.types.is_large_string(column.type) else np.int32
        starts = np.frombuffer(bounds, kind)[chunk.offset : chunk.offset + len(chunk) + 1]
        joined = texts.slice(int(starts[0]), int(starts[-1] - starts[0])).to_pybytes()
        place = joined.find(wanted)
        while place >= 0:
            row = int(np.searchsorted(starts, starts[0] + place, side="right")) - 1
            bounds_of_row = starts[row : row + 2] - starts[0]
            if bounds_of_row.tolist() == [place, place + len(wanted)]:
                return before + row
            place = joined.find(wanted, place + 1)
        before += len(chunk)
    return None


def is_among(texts: "pd.Series[str]", names: Iterable[str | None]) -> "pd.Series[bool]":
    """Which texts are among some names: many, with which pandas' own `isin` takes long."""
    found: pd.Series[bool] = texts.astype(object).isin(list(names))
    return found


def has(column: pa.ChunkedArray, names: Collection[str]) -> Bool[np.ndarray, " rows"]:
    """Which cells of a column are one of some names."""
    import pyarrow.compute as pc  # takes as long to load as NumPy

    found: np.ndarray = pc.is_in(column, pa.array(sorted(names), column.type)).to_numpy()
    return found
