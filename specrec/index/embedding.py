"""Embedding many files: decoding in processes, windows of several tracks in one batch."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32

from specrec.audio.pool import load_many
from specrec.audio.waveform import Waveform
from specrec.audio.windows import cut_windows
from specrec.errors import AudioError
from specrec.index.store import EmbeddedTrack
from specrec.model.encoder import Encoder


def embed_waveform(encoder: Encoder, waveform: Waveform) -> EmbeddedTrack:
    """Embeds one track, whose sample rate is the encoder's."""
    ((_, embedded),) = _embed_batch(encoder, [(0, waveform)], batch_windows=64)
    return embedded


def embed_files(
    encoder: Encoder, paths: Sequence[Path], workers: int = 0, batch_windows: int = 64
) -> Iterator[tuple[int, EmbeddedTrack | AudioError]]:
    """Embeds files.

    Args:
        encoder: In evaluation mode.
        paths: The files.
        workers: Processes that decode; 0 for one a core.
        batch_windows: Windows embedded at once; a batch holds the windows of several tracks.

    Yields:
        The position in `paths`, each once but not always in order, with the embedded track or
        what is wrong with the file.
    """
    front_end = encoder.front_end
    pending: list[tuple[int, Waveform]] = []
    waiting = 0.0
    for position, loaded in load_many(paths, front_end.sample_rate, workers):
        if isinstance(loaded, AudioError):
            yield position, loaded
            continue
        pending.append((position, loaded))
        waiting += max(1.0, loaded.seconds / front_end.window_seconds)
        if waiting >= batch_windows:
            yield from _embed_batch(encoder, pending, batch_windows)
            pending, waiting = [], 0.0
    yield from _embed_batch(encoder, pending, batch_windows)


def _embed_batch(
    encoder: Encoder, tracks: Sequence[tuple[int, Waveform]], batch_windows: int
) -> Iterator[tuple[int, EmbeddedTrack]]:
    cuts = [cut_windows(waveform, encoder.front_end.window_seconds) for _, waveform in tracks]
    # Only a track shorter than a window has rows of another length; it goes alone.
    whole = [cut for cut in cuts if cut.shape[1] == encoder.front_end.window_samples]
    embedded = iter(_embed_rows(encoder, np.concatenate(whole), batch_windows) if whole else ())
    for (position, waveform), cut in zip(tracks, cuts, strict=True):
        if cut.shape[1] == encoder.front_end.window_samples:
            windows = np.stack([next(embedded) for _ in cut])
        else:
            windows = _embed_rows(encoder, cut, batch_windows)
        yield (
            position,
            EmbeddedTrack(windows.mean(axis=0), windows.astype(np.float16), waveform.seconds),
        )


def _embed_rows(
    encoder: Encoder, rows: Float32[np.ndarray, "windows samples"], batch_windows: int
) -> Float32[np.ndarray, "windows dim"]:
    parts = torch.from_numpy(rows).split(batch_windows)
    return torch.cat([encoder.embed(part) for part in parts]).numpy()
