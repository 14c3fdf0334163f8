"""Loading many files at once, in processes of their own."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import TypeVar

from specrec.audio.loading import load
from specrec.audio.waveform import Waveform
from specrec.errors import AudioError, Reason

Made = TypeVar("Made")


def load_many(
    paths: Sequence[Path], sample_rate: int, workers: int = 0
) -> Iterator[tuple[int, Waveform | AudioError]]:
    """Loads files in worker processes, as `map_files` does it.

    Yields:
        The position in `paths`, with the waveform or what is wrong with the file.
    """
    return map_files(_itself, paths, sample_rate, workers)


def _itself(waveform: Waveform) -> Waveform:
    return waveform


def map_files(
    function: Callable[[Waveform], Made],
    paths: Sequence[Path],
    sample_rate: int,
    workers: int = 0,
) -> Iterator[tuple[int, Made | AudioError]]:
    """Loads files in worker processes and calls a function on each there, as `map_paths` does it.

    Args:
        function: Of the waveform; at the top level of a module, so that a worker can import it.
        paths: The files.
        sample_rate: As in `load`.
        workers: Number of processes; 0 for one a core.

    Yields:
        The position in `paths`, with what the function made or what is wrong with the file.
    """
    return map_paths(partial(_of_waveform, function, sample_rate), paths, workers)


def _of_waveform(function: Callable[[Waveform], Made], sample_rate: int, path: Path) -> Made:
    return function(load(path, sample_rate))


def map_paths(
    function: Callable[[Path], Made], paths: Sequence[Path], workers: int = 0
) -> Iterator[tuple[int, Made | AudioError]]:
    """Calls a function that reads a file in worker processes, in order, a few files ahead.

    A decoder that crashes takes its process along, not this one: the files that were in flight
    are tried again one by one, and the one to blame comes back with the reason `crashed`.

    Args:
        function: Of the path; at the top level of a module, so that a worker can import it.
        paths: The files.
        workers: Number of processes; 0 for one a core.

    Yields:
        The position in `paths`, with what the function made or what is wrong with the file.
    """
    workers = workers or os.cpu_count() or 1
    position = 0
    while position < len(paths):
        try:
            for made in _map_ahead(function, paths[position:], workers):
                yield position, made
                position += 1
        except BrokenProcessPool:
            for suspect in range(position, min(position + 2 * workers, len(paths))):
                yield suspect, _map_alone(function, paths[suspect])
                position = suspect + 1


def _map_ahead(
    function: Callable[[Path], Made], paths: Sequence[Path], workers: int
) -> Iterator[Made | AudioError]:
    with _pool(workers) as pool:
        flight: deque[Future[Made | AudioError]] = deque()
        try:
            for path in paths:
                flight.append(pool.submit(_map, function, path))
                if len(flight) == 2 * workers:
                    yield flight.popleft().result()
            while flight:
                yield flight.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _map_alone(function: Callable[[Path], Made], path: Path) -> Made | AudioError:
    with _pool(1) as pool:
        try:
            return pool.submit(_map, function, path).result()
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


def _map(function: Callable[[Path], Made], path: Path) -> Made | AudioError:
    try:
        return function(path)
    except AudioError as error:
        return error
    except Exception as error:  # whatever a decoder does, it costs no other file
        return AudioError(path, Reason.CRASHED, f"{type(error).__name__}: {error}")
