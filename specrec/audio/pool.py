"""Loading many files at once, in processes of their own."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from specrec.audio.loading import load
from specrec.audio.waveform import Waveform
from specrec.errors import AudioError, Reason

Loaded = Waveform | AudioError


def load_many(
    paths: Sequence[Path], sample_rate: int, workers: int = 0
) -> Iterator[tuple[int, Loaded]]:
    """Loads files in worker processes, in order, a few ahead of the caller.

    A decoder that crashes takes its process along, not this one: the files that were in flight
    are tried again one by one, and the one to blame comes back with the reason `crashed`.

    Args:
        paths: The files.
        sample_rate: As in `load`.
        workers: Number of processes; 0 for one a core.

    Yields:
        The position in `paths`, with the waveform or what is wrong with the file.
    """
    workers = workers or os.cpu_count() or 1
    position = 0
    while position < len(paths):
        try:
            for loaded in _load_ahead(paths[position:], sample_rate, workers):
                yield position, loaded
                position += 1
        except BrokenProcessPool:
            for suspect in range(position, min(position + 2 * workers, len(paths))):
                yield suspect, _load_alone(paths[suspect], sample_rate)
                position = suspect + 1


def _load_ahead(paths: Sequence[Path], sample_rate: int, workers: int) -> Iterator[Loaded]:
    with _pool(workers) as pool:
        flight: deque[Future[Loaded]] = deque()
        try:
            for path in paths:
                flight.append(pool.submit(_load, path, sample_rate))
                if len(flight) == 2 * workers:
                    yield flight.popleft().result()
            while flight:
                yield flight.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _load_alone(path: Path, sample_rate: int) -> Loaded:
    with _pool(1) as pool:
        try:
            return pool.submit(_load, path, sample_rate).result()
        except BrokenProcessPool:
            return AudioError(path, Reason.CRASHED, "the decoder crashed on this file")


def _pool(workers: int) -> ProcessPoolExecutor:
    # Not forked: the parent may hold torch's threads.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker)


def _start_worker() -> None:
    """Leaves Ctrl-C to the parent, and sends libmpg123's own notes on descriptor 2 nowhere."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def _load(path: Path, sample_rate: int) -> Loaded:
    try:
        return load(path, sample_rate)
    except AudioError as error:
        return error
    except Exception as error:  # whatever a decoder does, it costs no other file
        return AudioError(path, Reason.CRASHED, f"{type(error).__name__}: {error}")
