"""Processes that compute answers beside the server's own.

Python computes in one thread at a time, so a server uses several cores only with several processes.
A helper holds the libraries in the state in which the server has them, and computes short answers;
what no helper is ready for, the server computes itself.
"""

import asyncio
import gc
import logging
import math
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from specrec.errors import SpecrecError
from specrec.recommend.library import Library
from specrec.serve.shelf import settle
from specrec.serve.turns import line
from specrec.stopping import kill_workers, uninterrupted

Compute = Callable[..., bytes]
"""A function of a module: it takes a library, then what can go from one process to another."""

_MOST_BY_DEFAULT = 4
_AHEAD = 2  # answers that a helper may have yet to give beyond those of the server, which talks too
_MOST_LOST = 3  # processes, in the place of one helper
_AGAIN_SECONDS = 1.0  # between two tries to open a library
_log = logging.getLogger(__name__)


def default_count() -> int:
    """How many helpers there are by default: one fewer than cores, since the server needs one."""
    has_some = hasattr(os, "sched_getaffinity")  # of all cores, as in a container
    cores = len(os.sched_getaffinity(0)) if has_some else os.cpu_count() or 1
    return min(_MOST_BY_DEFAULT, cores - 1)


class Helpers:
    """Some helpers, whose processes end with the block.

    Args:
        count: How many.
    """

    def __init__(self, count: int) -> None:
        self._helpers = [_Helper() for _ in range(count)]

    def __enter__(self) -> "Helpers":
        return self

    def __exit__(self, *_: object) -> None:
        for helper in self._helpers:
            helper.end()

    def prepare(self, library: Library) -> None:
        """Has every helper open a library, in the background."""
        for helper in self._helpers:
            helper.holds(library)

    async def call(self, compute: Compute, library: Library, *args: Any) -> bytes | None:
        """Computes an answer in the helper that has the least to do.

        Args:
            compute: Computes it, of the library and `args`.
            library: The library, in some state.
            args: What else the answer depends on.

        Returns:
            The answer; None if no helper holds the library in this state, or the server itself has
            less to do than they.

        Raises:
            SpecrecError: If `compute` does.
        """
        ready = [helper for helper in self._helpers if helper.holds(library)]
        helper = min(ready, key=lambda helper: helper.waiting, default=None)
        if helper is None or helper.waiting > line.waiting + _AHEAD:
            return None
        return await helper.call(compute, library, *args)


class _Helper:
    """A helper, as the server sees it.

    Attributes:
        waiting: Number of answers that it has yet to give.
    """

    def __init__(self) -> None:
        self.waiting = 0
        self._lost = 0
        self._forget()

    def _forget(self) -> None:
        self._process: ProcessPoolExecutor | None = None
        self._has_died = False
        self._is_opening = False
        self._held: dict[Path, str | None] = {}  # the states that it has, by library
        self._tried: dict[Path, float] = {}  # when it was last told to open one

    def end(self) -> None:
        """Ends the process, in the middle of its work if need be: it writes nothing."""
        if self._process is not None:
            kill_workers(self._process)

    def holds(self, library: Library) -> bool:
        """Whether it holds a library in this state; if not, it is told to open it now and then."""
        if self._has_died:
            self._lose("it has died")
        folder, state = _state_of(library)
        held, now = self._held.get(folder), time.monotonic()
        is_due = now - self._tried.get(folder, -math.inf) >= _AGAIN_SECONDS
        if held != state and is_due and not self._is_opening and self._lost < _MOST_LOST:
            self._tried[folder] = now
            self._open(folder)
        return held == state and not self._is_opening

    def _open(self, folder: Path) -> None:
        held, called = self._held, self._submit(_open, folder)

        def opened(done: Future[str | None]) -> None:
            try:
                held[folder] = done.result()
            except (BrokenProcessPool, CancelledError):
                self._has_died |= held is self._held
            except Exception as error:
                _log.warning("a process that computes answers can't open a library: %s", error)
            if held is self._held:  # it has not been replaced since
                self._is_opening = False

        if called is not None:
            self._is_opening = True
            called.add_done_callback(opened)

    async def call(self, compute: Compute, library: Library, *args: Any) -> bytes | None:
        """Computes an answer; None if it has died, or has another state by now."""
        process = self._process
        self.waiting += 1
        try:
            called = self._submit(_call, *_state_of(library), compute, args)
            return None if called is None else await asyncio.wrap_future(called)
        except BrokenProcessPool:
            if process is self._process:  # of many answers that it owes, the first tells
                self._lose("it has died")
            return None
        finally:
            self.waiting -= 1

    def _submit(self, function: Callable[..., Any], *args: Any) -> Future[Any] | None:
        """Gives work to the process, which is started first if there is none."""
        try:
            if self._process is not None:
                return self._process.submit(function, *args)
            with uninterrupted():
                # Spawned: a copy of this process might wait for locks that its threads hold.
                self._process = ProcessPoolExecutor(1, get_context("spawn"), _begin)
                return self._process.submit(function, *args)
        except (BrokenProcessPool, OSError, NotImplementedError) as error:
            self._lose(str(error))
            return None

    def _lose(self, why: str) -> None:
        """Has another process started for one that is lost, but not for ever."""
        self._lost += 1
        ending = "; the server does without it" if self._lost == _MOST_LOST else ""
        _log.warning("a process that computes answers is lost: %s%s", why, ending)
        self.end()
        self._forget()


def _state_of(library: Library) -> tuple[Path, str]:
    """The folder of a library, and the name of its state."""
    collection = library.collection
    return Path(collection.folder), collection.generation.folder.name


# What follows runs in the helper.

_libraries: dict[Path, Library] = {}


def _begin() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # they are for the server, with which this ends
    import specrec.serve.rest  # noqa: F401  # so that the first answer does not wait for it

    threading.Thread(target=_end_with_server, daemon=True).start()
    threadpool_limits(1, "blas")
    gc.set_threshold(700, 10, 10)


def _end_with_server() -> None:
    server = parent_process()
    assert server is not None
    wait([server.sentinel])
    os._exit(0)


def _open(folder: Path) -> str | None:
    """Opens the newest state of a library, and returns its name; None if it can't be had."""
    try:
        held = _libraries.get(folder)
        library = Library.open(folder) if held is None else Library(held.collection.newest())
        if len(library):
            library.neighbors(0, 1)
    except SpecrecError:
        return None
    _libraries[folder] = library
    settle()
    return _state_of(library)[1]


def _call(folder: Path, state: str, compute: Compute, args: tuple[Any, ...]) -> bytes | None:
    library = _libraries.get(folder)
    if library is None or _state_of(library)[1] != state:
        return None
    return compute(library, *args)
