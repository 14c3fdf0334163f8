"""Reads many files at once in worker processes."""

import math
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from selectors import DefaultSelector
from typing import Any, TypeVar

from specrec.audio.waveform import Waveform
from specrec.audio.worker import Worker, dismiss, hire, receive
from specrec.errors import AudioError, SkipReason, WorkerError

Made = TypeVar("Made")

PATIENCE_SECONDS = 60.0
"""A worker hangs if it sends nothing for so long, plus a second per 100 kB of its file."""

_BYTES_PER_SECOND = 100_000  # MP3 at 128 kbit/s, only six times as fast as it plays
_START_SECONDS = 300.0  # for imports, from a slow disk, with every core at work
_TICK_SECONDS = 1.0
_JOBS_PER_WORKER = 2  # one in progress, and one so that it need not wait


def load_many(
    paths: Sequence[Path], sample_rate: int, workers: int = 0
) -> Iterator[tuple[int, Waveform | AudioError]]:
    """Loads files in worker processes, in order; see `map_paths`.

    Yields:
        The position in `paths`, with the waveform or an error.
    """
    return map_paths(partial(_load, sample_rate), paths, workers)


def _load(sample_rate: int, path: Path) -> Waveform:
    from specrec.audio.loading import load  # here, for who only reads tags needs no decoder

    return load(path, sample_rate)


def map_paths(
    function: Callable[[Path], Made],
    paths: Sequence[Path],
    workers: int = 0,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Iterator[tuple[int, Made | AudioError]]:
    """Calls a function that reads a file in worker processes, in order, a few files ahead.

    Args:
        function: A function of a path, at the top level of a module, since it is pickled.
        paths: Paths of the files.
        workers: Number of processes; 0 for one per core.
        patience_seconds: See `PATIENCE_SECONDS`.

    Yields:
        The position in `paths`, with the result of the function or an error.

    Raises:
        WorkerError: If workers can't be started.
    """
    position = 0
    ahead = 2 * _count(workers)
    made: dict[int, Made | AudioError] = {}

    def is_near(job: int) -> bool:
        return job < position + ahead

    stream = stream_files(partial(_single, function), paths, workers, is_near, patience_seconds)
    for found, item in stream:
        made[found] = item
        while position in made:
            yield position, made.pop(position)
            position += 1


def map_path(function: Callable[[Path], Made], path: Path) -> Made:
    """Calls a function that reads one file in a worker process.

    Raises:
        AudioError: If the file can't be used.
        WorkerError: If the worker can't be started.
    """
    ((_, made),) = map_paths(function, [path], workers=1)
    if isinstance(made, AudioError):
        raise made
    return made


def stream_path(function: Callable[[Path], Iterator[Made]], path: Path) -> Iterator[Made]:
    """Calls a function that yields items of one file, in a worker process.

    Yields:
        The items; again from the first if the file is tried again.

    Raises:
        AudioError: If the file can't be used, possibly after some items.
        WorkerError: If the worker can't be started.
    """
    for _, item in stream_files(function, [path], workers=1):
        if isinstance(item, AudioError):
            raise item
        yield item


def _single(function: Callable[[Path], Made], path: Path) -> Iterator[Made]:
    yield function(path)


def stream_files(
    function: Callable[[Path], Iterator[Made]],
    paths: Sequence[Path],
    workers: int = 0,
    may_start: Callable[[int], bool] = lambda position: True,
    patience_seconds: float = PATIENCE_SECONDS,
    most_seconds: float = math.inf,
) -> Iterator[tuple[int, Made | AudioError]]:
    """Calls a function that yields items of a file, in worker processes.

    A worker waits until its items are taken, so that few are held at once. A decoder that crashes
    or hangs ends its worker, not this process. Its file is tried once more in a new worker while no
    other works; if that fails too, it is reported with the reason `crashed` or `timed_out`.

    Args:
        function: A function of a path, which can be pickled.
        paths: Paths of the files.
        workers: Number of processes; 0 for one per core.
        may_start: Says by position whether a file may be started now.
        patience_seconds: See `PATIENCE_SECONDS`.
        most_seconds: How long all of it may take; files that are not done by then are errors with
            the reason `timed_out`.

    Yields:
        The position in `paths`, with an item or an error. The items of a file come in order, those
        of several files interleaved; after an error none follow. If a file is tried again, its
        items are yielded again from the first, and those before are void; the last item of a file
        is yielded once, when the file is done.

    Raises:
        WorkerError: If workers can't be started.
    """
    pool = _WorkerPool(function, paths, _count(workers), patience_seconds)
    until = time.monotonic() + most_seconds
    try:
        while pool.is_busy():
            if time.monotonic() > until:
                yield from pool.give_up(f"not read in {most_seconds:g} s")
                return
            pool.assign(may_start)
            yield from pool.listen()
    finally:
        pool.stop()


def _count(workers: int) -> int:
    return workers or os.cpu_count() or 1


class _WorkerPool:
    """The workers, and the files that are still to be read."""

    def __init__(
        self,
        function: Callable[[Path], Iterator[Any]],
        paths: Sequence[Path],
        size: int,
        patience_seconds: float,
    ) -> None:
        self._function, self._paths = function, paths
        self._size, self._patience = size, patience_seconds
        self._todo = deque(range(len(paths)))
        self._suspects: deque[int] = deque()  # at each of them a worker was lost
        self._workers: list[Worker] = []
        self._failed_starts = 0  # in a row
        self._selector = DefaultSelector()

    def is_busy(self) -> bool:
        """Whether any file is left to be read."""
        return bool(self._todo or self._suspects) or self._is_at_work()

    def assign(self, may_start: Callable[[int], bool]) -> None:
        """Gives the workers files; those to be tried again come last, one at a time."""
        if any(worker.is_retrying for worker in self._workers):
            return
        while self._todo and may_start(self._todo[0]):
            worker = self._idlest()
            if len(worker.jobs) == _JOBS_PER_WORKER:
                return
            position = self._todo.popleft()
            worker.start(position, self._paths[position])
        if self._suspects and not self._is_at_work():
            if len(self._workers) == self._size:
                self._workers.pop().stop(self._selector)
            worker, position = self._hire(is_new=True), self._suspects.popleft()
            worker.is_retrying = True
            worker.start(position, self._paths[position])

    def listen(self) -> Iterator[tuple[int, Any]]:
        """Waits a moment for the workers; yields items, and files that failed twice."""
        began = time.monotonic()
        tick = min(_TICK_SECONDS, self._patience / 4)
        ready: list[Worker] = [key.data for key, _ in self._selector.select(tick)]
        # No more than this counts, so that nobody is blamed for what passes while this process is
        # stopped, or busy with what it was given.
        waited = min(time.monotonic() - began, tick)
        for worker in self._workers:
            worker.silent = 0.0 if worker in ready or not worker.jobs else worker.silent + waited
        for worker in [worker for worker in self._workers if worker.silent > self._limit(worker)]:
            detail = f"the decoder hung for {worker.silent:.0f} s; it was tried twice"
            yield from self._lose(worker, SkipReason.TIMED_OUT, detail)
        for worker in ready:
            try:
                items, is_done = receive(worker.connection)
            except (EOFError, OSError):
                detail = "the decoder crashed on this file; it was tried twice"
                yield from self._lose(worker, SkipReason.CRASHED, detail)
                continue
            worker.is_up, self._failed_starts = True, 0
            for item in items:
                if isinstance(item, AudioError) and item.reason == SkipReason.TOO_LARGE:
                    worker.is_spent = True
                yield worker.jobs[0], item
            if is_done:
                worker.jobs.popleft()
                worker.is_retrying = False

    def give_up(self, detail: str) -> Iterator[tuple[int, AudioError]]:
        """Yields an error for each file that is not done."""
        at_work = [position for worker in self._workers for position in worker.jobs]
        for position in sorted([*at_work, *self._suspects, *self._todo]):
            yield position, AudioError(self._paths[position], SkipReason.TIMED_OUT, detail)

    def stop(self) -> None:
        """Ends all workers, or keeps them for the next pool."""
        for worker in self._workers:
            worker.rest(self._selector)
        self._selector.close()

    def _is_at_work(self) -> bool:
        return any(worker.jobs for worker in self._workers)

    def _idlest(self) -> Worker:
        idlest = min(self._workers, key=lambda worker: len(worker.jobs), default=None)
        if idlest is None or (idlest.jobs and len(self._workers) < self._size):
            return self._hire()
        return idlest

    def _hire(self, is_new: bool = False) -> Worker:
        self._workers.append(hire(self._function, self._selector, is_new))
        return self._workers[-1]

    def _limit(self, worker: Worker) -> float:
        """Returns the seconds without an item after which a worker counts as hung.

        It grows with the size of the file, which is read only if it matters.
        """
        if not worker.is_up:
            return _START_SECONDS
        if worker.silent <= self._patience:
            return self._patience
        with suppress(OSError):
            size = self._paths[worker.jobs[0]].stat().st_size
            return self._patience + size / _BYTES_PER_SECOND
        return self._patience

    def _lose(
        self, worker: Worker, reason: SkipReason, detail: str
    ) -> Iterator[tuple[int, AudioError]]:
        """Drops a worker; yields an error for its file if that was the second attempt.

        Raises:
            WorkerError: If several workers in a row fail before they are ready, which is not the
                fault of a file.
        """
        self._workers.remove(worker)
        worker.stop(self._selector)
        if not worker.is_up:
            (self._suspects if worker.is_retrying else self._todo).extendleft(reversed(worker.jobs))
            self._failed_starts += 1
            dismiss()  # what is wrong is seen only where a new one starts
            if self._failed_starts > self._size:
                raise WorkerError(
                    f"{self._failed_starts} worker processes in a row failed to start; see their"
                    " error output"
                )
        elif worker.jobs:
            culprit = worker.jobs.popleft()
            self._todo.extendleft(reversed(worker.jobs))
            if worker.is_retrying:
                yield culprit, AudioError(self._paths[culprit], reason, detail)
            else:
                self._suspects.append(culprit)
