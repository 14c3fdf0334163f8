"""Decoded audio, kept on disk so that training reads it without decoding again."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float32

from specrec.audio.pool import load_many
from specrec.audio.waveform import Waveform
from specrec.catalog.catalog import Catalog
from specrec.catalog.scan import Skipped
from specrec.errors import AudioError
from specrec.writing import write_array


class AudioCache:
    """Decoded audio: one memory-mapped int16 array per track, named by the file's content.

    A file that was decoded once, for whichever run, is not decoded again; an interrupted filling
    goes on where it was.
    """

    def __init__(self, folder: Path, sample_rate: int) -> None:
        self.folder = folder / f"{sample_rate}hz"
        self.sample_rate = sample_rate

    def fill(
        self, catalog: Catalog, on_progress: Callable[[int, int], None] | None = None
    ) -> tuple[pd.DataFrame, list[Skipped]]:
        """Decodes the tracks that are not in the cache yet.

        Returns:
            The tracks that can be used, and the files that can't, with their reasons.
        """
        tracks = catalog.tracks
        absent = tracks[[not self._file(name).exists() for name in tracks["content_id"]]]
        paths = [catalog.file(path) for path in absent["path"]]
        skipped: list[Skipped] = []
        for position, loaded in load_many(paths, self.sample_rate):
            row = absent.iloc[position]
            if isinstance(loaded, AudioError):
                skipped.append(Skipped(row["path"], loaded.reason, loaded.detail))
            else:
                self._store(row["content_id"], loaded)
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

    def _store(self, content_id: str, waveform: Waveform) -> None:
        stored = np.round(waveform.samples.clip(-1, 1) * 32767).astype(np.int16)
        write_array(self._file(content_id), stored)
