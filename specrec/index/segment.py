"""A segment: the embeddings of some tracks, in files that never change.

segments/<key>/000001/
    contents.parquet   one row per content_id: where its rows are, or why there are none
    embeddings.npy     float32, (tracks, dim), centered, not scaled
    windows.npy        float16, (windows, dim)
    segment.json       sizes and checksums of these three
"""

import shutil
import zlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from specrec.errors import LibraryError
from specrec.index.files import (
    REMEDY,
    Sums,
    check_file,
    check_sizes,
    checksums,
    damaged_files,
    map_rows,
    read_sealed,
    write_sealed,
)
from specrec.index.table_file import TableFile, has, read_table, write_table
from specrec.shapes import Float, Float16, Float32
from specrec.writing import new_file, storing, to_disk

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "content_id": "string",
    "row": "int64",  # in embeddings.npy; -1 where there is a reason instead
    "first_window": "int64",
    "window_count": "int64",
    "duration_seconds": "float64",
    "reason": "string",
    "detail": "string",
    "embedding_crc": "Int64",  # CRC-32 of its row, and of its windows; unknown before format 4
    "windows_crc": "Int64",
    "stand_in": "boolean",  # half of it was damaged, and is made of the other half
}
TABLE, EMBEDDINGS, WINDOWS, SUMS = (
    "contents.parquet",
    "embeddings.npy",
    "windows.npy",
    "segment.json",
)
_HEADER_BYTES = 128

Rows = tuple[Float32[np.ndarray, " dim"], Float[np.ndarray, "_ dim"]]
"""What is stored of a track: its embedding, and those of its windows in half precision."""


class Segment:
    """A segment on disk; its parts are read when first used.

    Raises:
        LibraryError: By any of the properties, if its file is missing or damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def name(self) -> str:
        """Key and number (`<key>/000001`), by which generations refer to the segment."""
        return f"{self.folder.parent.name}/{self.folder.name}"

    @cached_property
    def sums(self) -> Sums:
        """Size and checksum of each file, by name."""
        sums = read_sealed(self.folder / SUMS)
        try:  # before format 4 it had no checksum of its own
            for name in (TABLE, EMBEDDINGS, WINDOWS):
                int(sums[name]["bytes"])
                str(sums[name]["sha256"])
        except (KeyError, TypeError, ValueError) as error:
            raise LibraryError(f"{self.folder / SUMS}: damaged; {REMEDY}") from error
        return sums

    @cached_property
    def contents(self) -> "pd.DataFrame":
        """The table of what the segment holds, with `COLUMNS`."""
        stored = read_table(self.folder / TABLE, self.sums)
        return stored.reindex(columns=[*COLUMNS]).astype(COLUMNS)

    def find(self, content_ids: Collection[str]) -> "pd.DataFrame":
        """The rows of `contents` of some content_ids; the others are not read."""
        table = TableFile(self.folder / TABLE, self.sums)
        rows = table.rows(np.flatnonzero(has(table.columns("content_id")[0], content_ids)))
        return rows.reindex(columns=[*COLUMNS]).astype(COLUMNS)

    @cached_property
    def embeddings(self) -> Float32[np.ndarray, "tracks dim"]:
        """Embeddings of the tracks; memory-mapped. Callers that copy them check `embedding_crc`."""
        return map_rows(self.folder / EMBEDDINGS, np.float32)

    @cached_property
    def windows(self) -> Float16[np.ndarray, "windows dim"]:
        """Window embeddings of all tracks; memory-mapped and not checked."""
        return map_rows(self.folder / WINDOWS, np.float16)

    @cached_property
    def checked_windows(self) -> Float16[np.ndarray, "windows dim"]:
        """The window embeddings, checked once by the file: for tracks without a checksum."""
        check_file(self.folder / WINDOWS, self.sums)
        return self.windows

    def check(self) -> None:
        """Compares the sizes of its files with those that were written."""
        check_sizes(self.folder, self.sums)

    def damage(self, *names: str) -> list[str]:
        """Reads every byte of some files, or all, and says what is wrong, one line each."""
        chosen = names or self.sums.keys()
        return damaged_files(self.folder, {name: self.sums[name] for name in chosen})

    @property
    def is_incomplete(self) -> bool:
        """Whether some of its files are missing."""
        names = (TABLE, EMBEDDINGS, WINDOWS, SUMS)
        return not all((self.folder / name).is_file() for name in names)


def write_segment(folder: Path, contents: "pd.DataFrame", tracks: Iterable[Rows]) -> Segment:
    """Writes a segment, which appears at once and complete.

    Args:
        folder: Folder of the new segment.
        contents: The table with `COLUMNS`; checksums are filled in.
        tracks: Embedding and windows of those contents that have a row, in their order; they are
            never all in memory.

    Raises:
        StorageError: If it can't be written.
    """
    with _appearing(folder) as making:
        _write_files(making, contents, tracks)
    return Segment(folder)


def copy_segment(segment: Segment, folder: Path) -> Segment:
    """Makes a segment the same as another one, which appears at once and complete.

    On one disk they share their files, which never change.

    Raises:
        StorageError: If it can't be written.
    """
    with _appearing(folder) as making, storing(folder):
        making.mkdir(parents=True)
        for path in segment.folder.iterdir():
            try:
                (making / path.name).hardlink_to(path)
            except OSError:  # another disk, or one without links
                shutil.copyfile(path, making / path.name)
                to_disk(making / path.name)
    return Segment(folder)


@contextmanager
def _appearing(folder: Path) -> Iterator[Path]:
    """Gives a folder to be filled, which takes its name and place when the block has ended."""
    making = folder.with_name(folder.name + ".tmp")
    shutil.rmtree(making, ignore_errors=True)
    try:
        yield making
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)  # it would only make a full disk fuller
        raise
    with storing(folder):
        to_disk(making)
        making.rename(folder)
        for place in (folder.parent, folder.parent.parent):  # the first of its key makes both
            to_disk(place)


def _write_files(making: Path, contents: "pd.DataFrame", tracks: Iterable[Rows]) -> None:
    with new_file(making / EMBEDDINGS) as one, new_file(making / WINDOWS) as other:
        sums = _write_rows(one, other, tracks)
    found = contents["row"] >= 0
    table = contents.reindex(columns=[*COLUMNS]).astype(COLUMNS)
    for place, name in enumerate(("embedding_crc", "windows_crc")):
        table.loc[found, name] = [pair[place] for pair in sums]
    write_table(making / TABLE, table, index=False)
    write_sealed(making / SUMS, checksums(making))


def crc(rows: np.ndarray) -> int:
    """Computes the CRC-32 of the bytes of an array."""
    return zlib.crc32(np.ascontiguousarray(rows).data)


def _write_rows(
    embeddings: BinaryIO, windows: BinaryIO, tracks: Iterable[Rows]
) -> list[tuple[int, int]]:
    """Writes two NumPy files, whose numbers of rows are known only at the end."""
    sums: list[tuple[int, int]] = []
    window_count, dim = 0, 0
    for file in (embeddings, windows):
        file.write(bytes(_HEADER_BYTES))
    for embedding, rows in tracks:
        row = np.ascontiguousarray(embedding, dtype=np.float32)
        parts = np.ascontiguousarray(rows, dtype=np.float16)
        embeddings.write(row.data)
        windows.write(parts.data)
        sums.append((crc(row), crc(parts)))
        window_count, dim = window_count + len(parts), len(row)
    for file, count, dtype in (
        (embeddings, len(sums), np.float32),
        (windows, window_count, np.float16),
    ):
        file.seek(0)
        file.write(_header((count, dim), dtype))
    return sums


def _header(shape: tuple[int, int], dtype: type[np.floating]) -> bytes:
    """Makes a NumPy header of version 1.0, padded to the same length for every shape."""
    text = f"{{'descr': '{np.dtype(dtype).str}', 'fortran_order': False, 'shape': {shape}, }}"
    return b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little") + (text.ljust(117) + "\n").encode()
