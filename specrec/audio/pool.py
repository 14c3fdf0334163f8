"""Reading many files at once, in processes of their own."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from socket import socket, socketpair
from typing import Any, TypeVar

from specrec.audio.loading import load
from specrec.audio.messages import receive, send
from specrec.audio.waveform import Waveform
from specrec.errors import AudioError, Reason

Made = TypeVar("Made")

_JOBS_A_WORKER = 2  # one in work, one so that it need not wait for this process


def load_many(
    paths: Sequence[Path], sample_rate: int, workers: int = 0
) -> Iterator[tuple[int, Waveform | AudioError]]:
    """Loads files in worker processes, as `map_paths` does it.

    Yields:
        The position in `paths`, with the waveform or what is wrong with the file.
    """
    return map_paths(partial(_load, sample_rate), paths, workers)


def _load(sample_rate: int, path: Path) -> Waveform:
    return load(path, sample_rate)


def map_paths(
    function: Callable[[Path], Made], paths: Sequence[Path], workers: int = 0
) -> Iterator[tuple[int, Made | AudioError]]:
    """Calls a function that reads a file in worker processes, in order, a few files ahead.

    Args:
        function: Of the path; at the top level of a module, so that a worker can import it.
        paths: The files.
        workers: Number of processes; 0 for one a core.

    Yields:
        The position in `paths`, with what the function made or what is wrong with the file.
    """
    position = 0
    ahead = 2 * _count(workers)
    made: dict[int, Made | AudioError] = {}

    def is_near(job: int) -> bool:
        return job < position + ahead

    for found, item in stream_files(partial(_alone, function), paths, workers, is_near):
        made[found] = item
        while position in made:
            yield position, made.pop(position)
            position += 1


def _alone(function: Callable[[Path], Made], path: Path) -> Iterator[Made]:
    yield function(path)


def stream_files(
    function: Callable[[Path], Iterator[Made]],
    paths: Sequence[Path],
    workers: int = 0,
    may_start: Callable[[int], bool] = lambda position: True,
) -> Iterator[tuple[int, Made | AudioError]]:
    """Makes something of files, item by item, in worker processes.

    A worker waits until its last item was taken, so that few are ever held at once. A decoder
    that crashes takes its process along, not this one: its file comes back with the reason
    `crashed`, and another process goes on with the next.

    Args:
        function: Of a path; one that can be pickled.
        paths: The files.
        workers: Number of processes; 0 for one a core.
        may_start: Of a position: whether it is time to start with that file.

    Yields:
        The position in `paths`, with an item or what is wrong with the file. The items of a file
        come in order, those of several between each other; after an error no more follow.
    """
    todo = deque(range(len(paths)))
    crew: list[_Worker] = []
    selector = DefaultSelector()
    try:
        while todo or any(worker.jobs for worker in crew):
            if len(crew) < min(_count(workers), len(paths)):
                crew.append(_Worker(function, selector))
                continue
            while todo and may_start(todo[0]):
                idlest = min(crew, key=lambda worker: len(worker.jobs))
                if len(idlest.jobs) == _JOBS_A_WORKER:
                    break
                idlest.start(todo[0], paths[todo.popleft()])
            for key, _ in selector.select():
                worker = key.data
                try:
                    message = receive(worker.connection)
                except (EOFError, OSError):
                    crew.remove(worker)
                    worker.stop(selector)
                    culprit = worker.jobs.popleft()
                    todo.extendleft(reversed(worker.jobs))
                    detail = "the decoder crashed on this file"
                    yield culprit, AudioError(paths[culprit], Reason.CRASHED, detail)
                    continue
                if message:
                    yield worker.jobs[0], message[0]
                else:
                    worker.jobs.popleft()
    finally:
        for worker in crew:
            worker.stop(selector)
        selector.close()


def _count(workers: int) -> int:
    return workers or os.cpu_count() or 1


@contextmanager
def _one_thread() -> Iterator[None]:
    """Processes started meanwhile compute on one thread each.

    There is one a core: threads of their own would wait for each other, several times as long as
    they work. NumPy's libraries read these variables only while they are loaded.
    """
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


class _Worker:
    """A process, seen from here.

    Attributes:
        jobs: Positions of the files that it was given; it is at work on the first.
    """

    def __init__(
        self, function: Callable[[Path], Iterator[Made]], selector: DefaultSelector
    ) -> None:
        self.jobs: deque[int] = deque()
        self.connection, its_end = socketpair()
        # Not forked: this process may hold torch's threads.
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=_serve, args=(its_end, function), daemon=True)
        with its_end, _one_thread():  # closed here, so that its death ends the connection
            self._process.start()
        selector.register(self.connection, EVENT_READ, self)

    def start(self, position: int, path: Path) -> None:
        self.jobs.append(position)
        with suppress(OSError):  # a dead process is noticed when it is listened to
            send(self.connection, path)

    def stop(self, selector: DefaultSelector) -> None:
        selector.unregister(self.connection)
        self.connection.close()
        self._process.terminate()
        self._process.join()


def _serve(connection: socket, function: Callable[[Path], Iterator[Any]]) -> None:
    """Leaves Ctrl-C to the parent, and sends libmpg123's own notes on descriptor 2 nowhere."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    with suppress(EOFError, OSError):  # the parent is gone
        while True:
            path = receive(connection)
            for item in _items(function, path):
                send(connection, (item,))
            send(connection, ())


def _items(function: Callable[[Path], Iterator[Made]], path: Path) -> Iterator[Made | AudioError]:
    try:
        yield from function(path)
    except AudioError as error:
        yield error
    except Exception as error:  # whatever a decoder does, it costs no other file
        yield AudioError(path, Reason.CRASHED, f"{type(error).__name__}: {error}")
