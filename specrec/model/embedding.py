"""Embeds tracks: decodes in worker processes, and batches windows of several tracks.

Needs no torch until something is embedded: worker processes import this.
"""

import math
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from specrec.audio.pool import stream_files
from specrec.audio.streaming import WindowBlock, WindowPlan, window_blocks
from specrec.audio.waveform import Waveform
from specrec.audio.windows import cut_windows
from specrec.errors import AudioError, SkipReason
from specrec.shapes import Float, Float32

if TYPE_CHECKING:  # for torch takes long to load
    from specrec.model.encoder import Encoder

_BATCHES_AHEAD = 2  # in the thread's queue: enough that it never waits
_HALF_MAX = float(np.finfo(np.float16).max)


@dataclass(frozen=True, eq=False)
class Embedded:
    """The embedding of a track, and of its windows.

    Attributes:
        embedding: Centered embedding, not of unit length: the mean of the windows' embeddings.
        windows: Centered embeddings of its windows, in order; float32, but float16 if they come
            from a library.
        seconds: Duration of its audio.
        features: Its measured features, by name and in their units; None if none were measured.
    """

    embedding: Float32[np.ndarray, " dim"]
    windows: Float[np.ndarray, "windows dim"]
    seconds: float
    features: dict[str, float] | None = None

    @property
    def is_finite(self) -> bool:
        """Whether its embeddings are finite numbers, in half precision too."""
        return bool((np.abs(self.windows) <= _HALF_MAX).all())


def embed_waveform(encoder: "Encoder", waveform: Waveform) -> Embedded:
    """Embeds one track at the encoder's sample rate."""
    track = _PartialTrack(0, seconds=waveform.seconds)
    rows = cut_windows(waveform, encoder.front_end.window_seconds)
    for start in range(0, len(rows), 64):
        track.parts.append(_embed_rows(encoder, rows[start : start + 64]))
    return track.finish()


def embed_tracks(
    encoder: "Encoder",
    tracks: Sequence[Path | Waveform],
    workers: int = 0,
    batch_size: int = 64,
    windows_per_track: int | None = None,
    measure_features: bool = False,
    most_seconds: float = math.inf,
) -> Iterator[tuple[int, Embedded | AudioError]]:
    """Embeds tracks block by block, so that the memory needed does not grow with a file's length.

    Worker processes decode and measure files, since a damaged file may crash a decoder, while a
    thread of this process embeds.

    Args:
        encoder: The encoder, in evaluation mode.
        tracks: Files, or audio at the encoder's sample rate.
        workers: Number of worker processes; 0 for one per core.
        batch_size: Number of windows embedded at once, of several tracks.
        windows_per_track: Number of windows to embed per file, spread over it; None to cover it.
        measure_features: Whether to measure the files' features too, on the same samples.
        most_seconds: How long reading the files may take; those not done by then are errors.

    Yields:
        The position in `tracks`, each once but not always in order, with the embedded track, or
        an error that says what is wrong with the file: `not_finite` if samples or embeddings are
        not finite. A track that was embedded but could not be measured has no `features`.

    Raises:
        WorkerError: If the processes can't be started.
    """
    front_end = encoder.front_end
    plan = WindowPlan(front_end.sample_rate, front_end.window_seconds, windows_per_track)
    read = _read(tracks, plan, measure_features, workers, most_seconds)
    has_files = not all(isinstance(track, Waveform) for track in tracks)
    for position, made in _embed(encoder, read, batch_size, has_files):
        if isinstance(made, Embedded) and not made.is_finite:
            track = tracks[position]
            name = track if isinstance(track, Path) else f"audio[{position}]"
            made = AudioError(name, SkipReason.NOT_FINITE, "its embedding is NaN or infinite")
        yield position, made


Read = WindowBlock | dict[str, float] | None
"""What is read of a track: its windows, then its features, or None if they are not measured."""


def _read(
    tracks: Sequence[Path | Waveform],
    plan: WindowPlan,
    measure_features: bool,
    workers: int,
    most_seconds: float,
) -> Iterator[tuple[int, Read | AudioError]]:
    """Reads tracks: the windows of waveforms, then files in worker processes."""
    files: dict[int, Path] = {}
    for position, track in enumerate(tracks):
        if isinstance(track, Path):
            files[position] = track
        else:
            windows = cut_windows(track, plan.window_seconds)
            yield position, WindowBlock(0, windows, track.seconds)
            yield position, None
    positions, read = [*files], partial(read_track, plan, measure_features)
    paths = [*files.values()]
    for place, item in stream_files(read, paths, workers, most_seconds=most_seconds):
        yield positions[place], item


def read_track(plan: WindowPlan, measure_features: bool, path: Path) -> Iterator[Read]:
    """Decodes a file once, for its windows and its features; called in a worker process.

    Args:
        plan: The windows to cut.
        measure_features: Whether to measure features.
        path: Any file that libsndfile or FFmpeg reads.

    Yields:
        Blocks of windows, then the features; None if they are not measured.

    Raises:
        AudioError: If the file can't be used.
    """
    if not measure_features:
        yield from window_blocks(path, plan)
        yield None
        return
    from specrec.descriptors.measure import TrackMeter  # here, for scipy takes long to load

    meter = TrackMeter()

    def listen() -> TrackMeter:
        nonlocal meter
        meter = TrackMeter()
        return meter

    yield from window_blocks(path, plan, listen)
    try:
        yield meter.finish(path)
    except Exception:  # whatever measuring does, the embedding is good
        yield None


def _embed(
    encoder: "Encoder",
    read: Iterator[tuple[int, Read | AudioError]],
    batch_size: int,
    has_files: bool,
) -> Iterator[tuple[int, Embedded | AudioError]]:
    """Embeds windows while more are being read."""
    import torch

    tracks: dict[int, _PartialTrack] = {}
    batcher = _Batcher(batch_size, encoder.front_end.window_samples)
    flight: deque[tuple[Batch, Future[np.ndarray]]] = deque()
    thread = ThreadPoolExecutor(1)
    threads = torch.get_num_threads()
    if has_files:
        # The decoders need the other cores; idle threads of OpenMP would take them in waiting.
        torch.set_num_threads(max(1, threads // 2))
    try:
        for position, item in read:
            if isinstance(item, WindowBlock):
                if item.first == 0:
                    tracks[position] = _PartialTrack(position)
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
                yield from _hand_out(*flight.popleft())
        for batch in batcher.rest():
            flight.append((batch, thread.submit(_embed_batch, encoder, batch)))
        while flight:
            yield from _hand_out(*flight.popleft())
    finally:
        thread.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)


@dataclass
class _PartialTrack:
    """A track that is being embedded.

    Attributes:
        position: Its position among the tracks.
        parts: Embeddings of its first windows.
        windows: Its number of windows; None until it is known.
        seconds: Its duration; None until it is known.
        ended: Whether its file is read to the end.
        features: Its measured features, by name; None if there are none.
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

    def finish(self) -> Embedded:
        windows = np.concatenate(self.parts)
        return Embedded(windows.mean(axis=0), windows, self.seconds, self.features)


Batch = list[tuple[_PartialTrack, np.ndarray]]


class _Batcher:
    """Puts windows of any number of tracks into batches of one size."""

    def __init__(self, size: int, window_samples: int) -> None:
        self._size, self._window_samples = size, window_samples
        self._batch: Batch = []
        self._room = size

    def add(
        self, track: _PartialTrack, rows: Float32[np.ndarray, "windows samples"]
    ) -> Iterator[Batch]:
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
        """Yields the remaining windows, if there are any, as a batch."""
        if self._batch:
            yield self._batch
        self._batch, self._room = [], self._size


def _embed_batch(encoder: "Encoder", batch: Batch) -> Float32[np.ndarray, "windows dim"]:
    return _embed_rows(encoder, np.concatenate([rows for _, rows in batch]))


def _embed_rows(
    encoder: "Encoder", rows: Float32[np.ndarray, "windows samples"]
) -> Float32[np.ndarray, "windows dim"]:
    import torch

    windows = torch.from_numpy(rows)
    device = encoder.center.device
    if device.type == "cuda":
        windows = windows.pin_memory().to(device, non_blocking=True)
    return encoder.embed(windows).numpy()


def _hand_out(
    batch: Batch, embedded: Future[np.ndarray]
) -> Iterator[tuple[int, Embedded | AudioError]]:
    """Gives a batch's embeddings to their tracks; yields the tracks that are complete."""
    rows, start = embedded.result(), 0
    for track, part in batch:
        track.parts.append(rows[start : start + len(part)])
        start += len(part)
        if track.complete:
            yield track.position, track.finish()
