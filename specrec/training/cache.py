"""Decoded audio, kept on disk so that training reads it without decoding again."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd

from specrec.audio.pool import map_paths
from specrec.audio.streaming import WindowPlan, sample_blocks, window_blocks
from specrec.catalog.catalog import Catalog
from specrec.catalog.scan import Skipped
from specrec.errors import AudioError, StorageError
from specrec.shapes import Float32
from specrec.writing import new_file

_SAMPLE = np.dtype("<i2")


class AudioCache:
    """Decoded audio: one memory-mapped int16 array per track, named by the file's content.

    A file that was decoded once, for whichever run, is not decoded again; an interrupted filling
    goes on where it was. However long a file is, little of it is in memory at once.
    """

    def __init__(self, folder: Path, sample_rate: int, plan: WindowPlan | None = None) -> None:
        """Opens the cache in a folder, which is made when it is filled.

        Args:
            folder: The folder.
            sample_rate: Samples per second of what is kept.
            plan: The windows of a track that are kept, one after another; None to keep all of it.
        """
        self.folder = folder / f"{sample_rate}hz"
        self.sample_rate = sample_rate
        self.plan = plan

    def fill(
        self, catalog: Catalog, on_progress: Callable[[int, int], None] | None = None
    ) -> tuple[pd.DataFrame, list[Skipped]]:
        """Decodes the tracks that are not in the cache yet.

        Returns:
            The tracks that can be used, and the files that can't, with their reasons.

        Raises:
            StorageError: If the cache can't be written.
        """
        tracks = catalog.tracks
        absent = tracks[[not self._file(name).exists() for name in tracks["content_id"]]]
        paths = [catalog.file(path) for path in absent["path"]]
        files = dict(zip(paths, map(self._file, absent["content_id"]), strict=True))
        skipped: list[Skipped] = []
        store = partial(_store, files, self.sample_rate, self.plan)
        for position, failure in map_paths(store, paths):
            if isinstance(failure, StorageError):
                raise failure
            if isinstance(failure, AudioError):
                path = absent["path"].iloc[position]
                skipped.append(Skipped(path, failure.reason, failure.detail))
            if on_progress:
                on_progress(position + 1, len(paths))
        unusable = {item.path for item in skipped}
        return tracks[~tracks["path"].isin(unusable)].reset_index(drop=True), skipped

    def samples(self, content_id: str) -> int:
        """The length of a track in samples."""
        return len(self._map(content_id))

    def cut(
        self, content_id: str, starts: Sequence[int], length: int
    ) -> Float32[np.ndarray, "windows length"]:
        """Cuts windows from a track; one that ends early is repeated until it is long enough."""
        stored = self._map(content_id)
        if len(stored) < length:
            stored = np.resize(stored, length)
        cuts = np.stack([stored[start : start + length] for start in starts])
        return cuts.astype(np.float32) / np.float32(32767)

    def _file(self, content_id: str) -> Path:
        return self.folder / f"{content_id}.npy"

    def _map(self, content_id: str) -> np.ndarray:
        mapped: np.ndarray = np.load(self._file(content_id), mmap_mode="r")
        return mapped


def _store(
    files: dict[Path, Path], sample_rate: int, plan: WindowPlan | None, path: Path
) -> StorageError | None:
    """Decodes a file into one of the cache, block by block; called in a worker process.

    That the cache can't be written is not the fault of the file that is read; so it is given back.
    """
    try:
        with new_file(files[path]) as file:
            _write_header(file, 0)
            begin, samples = file.tell(), 0
            for first, block in _blocks(path, sample_rate, plan):
                file.seek(begin + first * _SAMPLE.itemsize)
                file.write(np.round(block.clip(-1, 1) * 32767).astype(_SAMPLE).data)
                samples = first + len(block)
            file.truncate(
                begin + samples * _SAMPLE.itemsize
            )  # an attempt before may have been longer
            file.seek(0)
            _write_header(file, samples)
            assert file.tell() == begin  # NumPy leaves room for any number
    except StorageError as error:
        return error
    return None


def _blocks(
    path: Path, sample_rate: int, plan: WindowPlan | None
) -> Iterator[tuple[int, Float32[np.ndarray, " samples"]]]:
    """Reads what is kept of a file: where each block begins, and its samples."""
    if plan is None:
        yield from sample_blocks(path, sample_rate)
        return
    for block in window_blocks(path, plan):
        yield block.first * block.windows.shape[1], block.windows.ravel()


def _write_header(file: BinaryIO, samples: int) -> None:
    """Writes what a NumPy file of so many samples begins with."""
    header = {"descr": _SAMPLE.str, "fortran_order": False, "shape": (samples,)}
    np.lib.format.write_array_header_1_0(file, header)
