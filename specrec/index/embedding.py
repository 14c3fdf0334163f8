"""Embedding many files: decoding in processes, windows of several tracks in one batch."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32

from specrec.audio.pool import stream_files
from specrec.audio.streaming import WindowBlock, WindowPlan
from specrec.audio.waveform import Waveform
from specrec.audio.windows import cut_windows
from specrec.errors import AudioError, Reason
from specrec.index.reading import read_track
from specrec.index.store import EmbeddedTrack
from specrec.model.encoder import Encoder

_BATCHES_AHEAD = 2  # in the thread's queue: enough that it never waits


def embed_waveform(encoder: Encoder, waveform: Waveform) -> EmbeddedTrack:
    """Embeds one track, whose sample rate is the encoder's."""
    track = _Track(0, seconds=waveform.seconds)
    rows = cut_windows(waveform, encoder.front_end.window_seconds)
    for start in range(0, len(rows), 64):
        track.parts.append(_embed_rows(encoder, rows[start : start + 64]))
    return track.finish()


def embed_file(encoder: Encoder, path: Path) -> EmbeddedTrack:
    """Embeds the whole of one file, in memory that does not grow with its length.

    It is decoded in a worker process: nobody knows what a file from outside does to a decoder.

    Raises:
        AudioError: As `load`; and `crashed`, `timed_out` or `too_large`.
    """
    ((_, made),) = embed_files(encoder, [path], workers=1)
    if isinstance(made, AudioError):
        raise made
    return made


def embed_files(
    encoder: Encoder,
    paths: Sequence[Path],
    workers: int = 0,
    batch_windows: int = 64,
    windows_per_track: int | None = None,
    measure: bool = False,
) -> Iterator[tuple[int, EmbeddedTrack | AudioError]]:
    """Embeds files block by block, so that the memory needed does not grow with their length.

    Worker processes decode, and measure what they decode, while a thread of this one embeds.

    Args:
        encoder: In evaluation mode.
        paths: The files.
        workers: Processes that decode; 0 for one a core.
        batch_windows: Windows embedded at once; a batch holds the windows of several tracks.
        windows_per_track: Windows to embed of a track, spread over it; None to cover it.
        measure: Whether to measure the tracks' features too, on the same samples.

    Yields:
        The position in `paths`, each once but not always in order, with the embedded track or
        what is wrong with the file; `not_finite` also where only what the model makes of it is.
        A track that could only be embedded has no `features`.
    """
    for position, made in _embed_files(
        encoder, paths, workers, batch_windows, windows_per_track, measure
    ):
        if isinstance(made, EmbeddedTrack) and not made.is_finite:
            detail = "what the model makes of it is not finite"
            made = AudioError(paths[position], Reason.NOT_FINITE, detail)
        yield position, made


def _embed_files(
    encoder: Encoder,
    paths: Sequence[Path],
    workers: int,
    batch_windows: int,
    windows_per_track: int | None,
    measure: bool,
) -> Iterator[tuple[int, EmbeddedTrack | AudioError]]:
    front_end = encoder.front_end
    plan = WindowPlan(front_end.sample_rate, front_end.window_seconds, windows_per_track)
    tracks: dict[int, _Track] = {}
    batcher = _Batcher(batch_windows, front_end.window_samples)
    flight: deque[tuple[Batch, Future[np.ndarray]]] = deque()
    thread = ThreadPoolExecutor(1)
    threads = torch.get_num_threads()
    # The decoders need the other cores; idle threads of OpenMP would take them in waiting.
    torch.set_num_threads(max(1, threads // 2))
    try:
        for position, item in stream_files(partial(read_track, plan, measure), paths, workers):
            if isinstance(item, WindowBlock):
                if item.first == 0:
                    tracks[position] = _Track(position)
                track = tracks[position]
                if item.seconds is not None:
                    track.seconds, track.windows = item.seconds, item.first + len(item.windows)
                for batch in batcher.add(track, item.windows):
                    flight.append((batch, thread.submit(_embed_batch, encoder, batch)))
            elif (ended := tracks.pop(position, None)) is not None and ended.windows is not None:
                # An error after the last window is one of measuring.
                ended.ended, ended.features = True, None if isinstance(item, AudioError) else item
                if ended.complete:
                    yield position, ended.finish()
            elif isinstance(item, AudioError):
                yield position, item
            while flight and (len(flight) > _BATCHES_AHEAD or flight[0][1].done()):
                yield from _settle(*flight.popleft())
        for batch in batcher.rest():
            flight.append((batch, thread.submit(_embed_batch, encoder, batch)))
        while flight:
            yield from _settle(*flight.popleft())
    finally:
        thread.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)


@dataclass
class _Track:
    """A track of which some windows are embedded.

    Attributes:
        position: Its place among the files.
        parts: Embeddings of its first windows.
        windows: How many it has in all, once that is known.
        seconds: Its duration, once it is known.
        ended: Whether its file has nothing more to give.
        features: What was measured of it.
    """

    position: int
    parts: list[np.ndarray] = field(default_factory=list)
    windows: int | None = None
    seconds: float = 0.0
    ended: bool = False
    features: dict[str, float] | None = None

    @property
    def complete(self) -> bool:
        return self.ended and sum(map(len, self.parts)) == self.windows

    def finish(self) -> EmbeddedTrack:
        windows = np.concatenate(self.parts)
        return EmbeddedTrack(
            windows.mean(axis=0), windows.astype(np.float16), self.seconds, self.features
        )


Batch = list[tuple[_Track, np.ndarray]]


class _Batcher:
    """Puts windows of any number of tracks into batches of one size."""

    def __init__(self, size: int, window_samples: int) -> None:
        self._size, self._window_samples = size, window_samples
        self._batch: Batch = []
        self._room = size

    def add(self, track: _Track, rows: Float32[np.ndarray, "windows samples"]) -> Iterator[Batch]:
        """Adds a track's next windows; yields the batches that are full."""
        if rows.shape[1] < self._window_samples:  # the one window of a short track
            yield [(track, rows)]
            return
        while len(rows):
            part, rows = rows[: self._room], rows[self._room :]
            self._batch.append((track, part))
            self._room -= len(part)
            if self._room == 0:
                yield from self.rest()

    def rest(self) -> Iterator[Batch]:
        """Yields what is there, if anything, as a batch."""
        if self._batch:
            yield self._batch
        self._batch, self._room = [], self._size


def _embed_batch(encoder: Encoder, batch: Batch) -> Float32[np.ndarray, "windows dim"]:
    return _embed_rows(encoder, np.concatenate([rows for _, rows in batch]))


def _embed_rows(
    encoder: Encoder, rows: Float32[np.ndarray, "windows samples"]
) -> Float32[np.ndarray, "windows dim"]:
    windows = torch.from_numpy(rows)
    device = encoder.center.device
    if device.type == "cuda":
        windows = windows.pin_memory().to(device, non_blocking=True)
    return encoder.embed(windows).numpy()


def _settle(
    batch: Batch, embedded: Future[np.ndarray]
) -> Iterator[tuple[int, EmbeddedTrack | AudioError]]:
    """Hands a batch's embeddings out to its tracks; yields those that are complete."""
    rows, start = embedded.result(), 0
    for track, part in batch:
        track.parts.append(rows[start : start + len(part)])
        start += len(part)
        if track.complete:
            yield track.position, track.finish()
