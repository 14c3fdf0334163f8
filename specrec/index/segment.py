"""A segment: what the encoder made of some contents, in files that never change.

segments/<key>/000001/
    contents.parquet   one row a content: where its rows are, or why there are none
    embeddings.npy     float32, (tracks, dim), centered, not scaled
    windows.npy        float16, (windows, dim)
    segment.json       sizes and checksums of the three
"""

import json
import os
import shutil
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float16, Float32

from specrec.index.files import check_sizes, checksums, to_disk

COLUMNS = {
    "content_id": "string",
    "row": "int64",  # in embeddings.npy; -1 where there is a reason instead
    "first_window": "int64",
    "window_count": "int64",
    "duration_seconds": "float64",
    "reason": "string",
    "detail": "string",
}
_SUMS = "segment.json"


class Segment:
    """A segment on disk; its parts are read when first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def name(self) -> str:
        """Its key and number, by which generations refer to it."""
        return f"{self.folder.parent.name}/{self.folder.name}"

    @cached_property
    def contents(self) -> pd.DataFrame:
        """What it holds, with `COLUMNS`."""
        return pd.read_parquet(self.folder / "contents.parquet")

    @cached_property
    def embeddings(self) -> Float32[np.ndarray, "tracks dim"]:
        """Memory-mapped."""
        return np.load(self.folder / "embeddings.npy", mmap_mode="r")

    @cached_property
    def windows(self) -> Float16[np.ndarray, "windows dim"]:
        """Memory-mapped."""
        return np.load(self.folder / "windows.npy", mmap_mode="r")

    def check(self) -> None:
        """Compares the sizes of its files with those that were written.

        Raises:
            LibraryError: If one is missing or of another size.
        """
        check_sizes(self.folder, self.sums())

    def sums(self) -> dict[str, dict[str, object]]:
        """Size and checksum of each file."""
        return dict(json.loads((self.folder / _SUMS).read_text()))


def write_segment(
    folder: Path,
    contents: pd.DataFrame,
    embeddings: Iterable[Float32[np.ndarray, "some dim"]],
    windows: Iterable[Float16[np.ndarray, "some dim"]],
) -> Segment:
    """Writes a segment, which appears at once and complete.

    Args:
        folder: Where it will be.
        contents: With `COLUMNS`.
        embeddings: In parts, which are never all in memory.
        windows: Likewise.
    """
    making = folder.with_name(folder.name + ".tmp")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    contents.astype(COLUMNS).to_parquet(making / "contents.parquet", index=False)
    _write_rows(making / "embeddings.npy", embeddings, np.float32)
    _write_rows(making / "windows.npy", windows, np.float16)
    (making / _SUMS).write_text(json.dumps(checksums(making), indent=2) + "\n")
    for file in making.iterdir():
        to_disk(file)
    to_disk(making)
    making.rename(folder)
    to_disk(folder.parent)
    return Segment(folder)


def _write_rows(path: Path, parts: Iterable[np.ndarray], dtype: type[np.floating]) -> None:
    """Writes a NumPy file whose number of rows is known only at its end."""
    rows, dim = 0, 0
    with path.open("wb") as file:
        header = _header((0, 0), dtype)
        file.write(header)
        for part in parts:
            file.write(np.ascontiguousarray(part, dtype=dtype).data)
            rows, dim = rows + len(part), part.shape[1]
        file.seek(0, os.SEEK_SET)
        file.write(_header((rows, dim), dtype))


def _header(shape: tuple[int, int], dtype: type[np.floating]) -> bytes:
    """A header of version 1.0, padded to the same length for every shape."""
    text = f"{{'descr': '{np.dtype(dtype).str}', 'fortran_order': False, 'shape': {shape}, }}"
    return b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little") + (text.ljust(117) + "\n").encode()
