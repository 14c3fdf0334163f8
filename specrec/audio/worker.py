"""A process that reads files, so that a decoder that crashes affects no other file."""

import atexit
import fcntl
import os
import pickle
import select
import signal
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from socket import socket, socketpair
from typing import Any

import numpy as np

from specrec.errors import AudioError, SkipReason

MEMORY_BYTES = 4 << 30
"""Address space that a worker may use beyond what it has when it is ready for files.

Embedding and measuring a track takes less than 1 GiB, libraries that are loaded on the way
included; loading an hour as a whole takes about 2 GiB.
"""

REST_SECONDS = 10.0
"""How long a worker that has nothing to do waits for another task before it ends.

It takes longer to start one than to read a short file, and one command often has several tasks.
"""

# There is one worker a core: threads of their own would wait for each other, several times as long
# as they work. NumPy's libraries read these variables while they are loaded.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
# glibc then keeps up to 128 MiB of what is freed for the next block or file. Without, each large
# array comes from the system page by page, which took a tenth of all time.
_KEPT_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(128 << 20)}
_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from specrec.audio.worker import serve; serve()"


@dataclass(frozen=True)
class _Task:
    """What a worker is to do with each file.

    Attributes:
        function: The function, pickled.
        environment: The environment variables.
    """

    function: bytes
    environment: dict[str, str]


class Worker:
    """A worker process, as the process that started it sees it.

    It is a fresh interpreter, since this process may have torch's threads, and it does not import
    the running script.

    Attributes:
        jobs: Positions of the files that it was given; it works on the first.
        is_up: Whether it has sent anything since it was given its task, so that it works on a file.
        is_retrying: Whether its file crashed or hung another worker before.
        is_spent: Whether its memory once did not suffice, and may be full since.
        silent: Seconds since it last sent something, while it was waited for.
        place: The folders that names of files and modules are relative to.
    """

    def __init__(self) -> None:
        self.jobs: deque[int] = deque()
        self.is_up = self.is_retrying = self.is_spent = False
        self.silent = 0.0
        self.place = _place()
        self.connection, its_end = socketpair()
        with its_end:  # closed here, so that its death ends the connection
            self.process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, *sys.path],
                stdin=its_end.fileno(),
                env=_environment(),
            )

    def take(self, pickled: bytes, selector: DefaultSelector) -> None:
        """Gives the worker its task."""
        self.is_up, self.silent = False, 0.0
        with suppress(OSError):  # a dead process is noticed when it is listened to
            send(self.connection, _Task(pickled, _environment()))
        selector.register(self.connection, EVENT_READ, self)

    def start(self, position: int, path: Path) -> None:
        """Gives the worker a file."""
        self.jobs.append(position)
        with suppress(OSError):
            send(self.connection, path)

    def stop(self, selector: DefaultSelector) -> None:
        """Ends the worker at once."""
        selector.unregister(self.connection)
        self.end()

    def rest(self, selector: DefaultSelector) -> None:
        """Keeps the worker for another task, if its work is done; else ends it."""
        if self.jobs or self.is_spent or not self.is_up or len(_resting) >= (os.cpu_count() or 1):
            self.stop(selector)
            return
        selector.unregister(self.connection)
        with suppress(OSError):
            send(self.connection, None)
        _resting.append(self)

    def end(self) -> None:
        """Ends the process."""
        self.connection.close()
        self.process.kill()
        self.process.wait()


_resting: list[Worker] = []


def hire(
    function: Callable[[Path], Iterator[Any]], selector: DefaultSelector, is_new: bool = False
) -> Worker:
    """Gives a function to a worker: one that rests, unless it must be a new one."""
    pickled = pickle.dumps(function)
    worker = None if is_new else _rested()
    worker = worker or Worker()
    worker.take(pickled, selector)
    return worker


def dismiss() -> None:
    """Ends the workers that rest."""
    while _resting:
        _resting.pop().end()


def _rested() -> Worker | None:
    while _resting:
        worker = _resting.pop()
        if worker.place == _place() and worker.process.poll() is None:
            return worker
        worker.end()
    return None


def _forget() -> None:
    """Leaves the workers to the process of which this one is a copy."""
    while _resting:
        worker = _resting.pop()
        worker.connection.close()
        worker.process.poll()  # is no child of ours, and thus counts as ended


def _place() -> list[str]:
    try:
        return [os.getcwd(), *sys.path]  # noqa: PTH109
    except OSError:  # the folder was removed
        return ["", *sys.path]


def _environment() -> dict[str, str]:
    return os.environ | _ONE_THREAD | _KEPT_MEMORY


atexit.register(dismiss)
os.register_at_fork(after_in_child=_forget)


def serve() -> None:
    """Runs a worker until the process that started it ends; they talk over standard input.

    Ctrl-C is left to that process, and libmpg123's messages on descriptor 2 are discarded.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Above the standard ones, of which any may be free: a service has them closed.
    duplicate = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 3)
    with socket(fileno=duplicate) as connection, suppress(EOFError, OSError):
        function = pickle.loads(receive(connection).function)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        _limit_memory()
        send(connection, ([], False))  # here it is
        while True:
            message = receive(connection)
            if message is None:
                if not select.select([connection], [], [], REST_SECONDS)[0]:
                    return
            elif isinstance(message, _Task):
                os.environ.clear()
                os.environ.update(message.environment)
                function = pickle.loads(message.function)
                send(connection, ([], False))
            else:
                _work(connection, function, message)


def _work(connection: socket, function: Callable[[Path], Iterator[Any]], path: Path) -> None:
    """Sends what a function makes of a file."""
    # An item is held until there is another, for the last comes with the end: what crashes
    # after it would else have the file done twice.
    held: list[Any] = []
    for item in _items(function, path):
        if held:
            send(connection, (held, False))
        held = [item]
    send(connection, (held, True))


def _limit_memory() -> None:
    """Limits the memory of this process; this works on Linux only."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (ImportError, OSError):
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = pages * resource.getpagesize() + MEMORY_BYTES
    if soft == resource.RLIM_INFINITY or most < soft:  # what the user allows is not raised
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _items(function: Callable[[Path], Iterator[Any]], path: Path) -> Iterator[Any]:
    try:
        yield from function(path)
    except AudioError as error:
        yield error
    except MemoryError:
        detail = f"it needs more than {MEMORY_BYTES >> 30} GiB of memory"
        yield AudioError(path, SkipReason.TOO_LARGE, detail)
    except Exception as error:  # whatever a decoder does, it costs no other file
        yield AudioError(path, SkipReason.CRASHED, f"{type(error).__name__}: {error}")


def send(connection: socket, message: object) -> None:
    """Sends a picklable object over a socket; its arrays are not copied on the way."""
    buffers: list[pickle.PickleBuffer] = []
    body = pickle.dumps(message, protocol=5, buffer_callback=buffers.append)
    parts = [memoryview(body), *(buffer.raw() for buffer in buffers)]
    sizes = [len(parts), *(part.nbytes for part in parts)]
    connection.sendall(struct.pack(f"<{len(sizes)}Q", *sizes))
    for part in parts:
        connection.sendall(part)


def receive(connection: socket) -> Any:
    """Waits for an object from the other process, which must be one of ours: it is unpickled.

    Raises:
        EOFError: If that process has ended.
        OSError: If the connection breaks.
    """
    (count,) = struct.unpack("<Q", _read(connection, 8))
    sizes = struct.unpack(f"<{count}Q", _read(connection, 8 * count))
    body, *buffers = [_read(connection, size) for size in sizes]
    return pickle.loads(body, buffers=buffers)


def _read(connection: socket, size: int) -> memoryview:
    view = np.empty(size, dtype=np.uint8).data  # a bytearray would be zeroed first
    done = 0
    while done < size:
        count = connection.recv_into(view[done:])
        if count == 0:
            raise EOFError
        done += count
    return view
