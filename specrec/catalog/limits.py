"""Limits to what reading a file's tags may cost: they are as long and as many as it says."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any


class OutOfTime(BaseException):
    """The time is up; no `except Exception` on the way takes it for an error of its own."""


@contextmanager
def limited(seconds: float, memory_bytes: int) -> Iterator[None]:
    """Ends the block when it has computed or allocated too much.

    It does so only in a process's main thread, as in a worker, and where the system can.

    Args:
        seconds: The limit of computing time; waiting for a disk does not count.
        memory_bytes: The limit of memory beyond what the process has now.

    Raises:
        OutOfTime: When the time is up.
        MemoryError: When more memory would be needed.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(
        signal, "SIGVTALRM"
    ):
        yield
        return
    is_over = False

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal is_over
        is_over = True
        raise OutOfTime

    with _memory(memory_bytes), _quiet():
        before = signal.signal(signal.SIGVTALRM, end)
        # Raised where nobody can pass it on, in a destructor or in what FFmpeg calls, it comes
        # again after as long.
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before)
    if is_over:
        raise OutOfTime


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps Python and Cython from printing an `OutOfTime` that nobody can pass on."""
    hooks = sys.excepthook, sys.unraisablehook

    def print_exception(kind: type[BaseException], *rest: Any) -> None:
        if not issubclass(kind, OutOfTime):
            hooks[0](kind, *rest)

    def print_unraisable(unraisable: Any) -> None:
        if not issubclass(unraisable.exc_type, OutOfTime):
            hooks[1](unraisable)

    sys.excepthook, sys.unraisablehook = print_exception, print_unraisable
    try:
        yield
    finally:
        sys.excepthook, sys.unraisablehook = hooks


@contextmanager
def _memory(extra_bytes: int) -> Iterator[None]:
    statm = Path("/proc/self/statm")
    if not statm.exists():  # not Linux: only time is bounded
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = int(statm.read_text().split()[0]) * resource.getpagesize() + extra_bytes
    if soft == resource.RLIM_INFINITY or most < soft:
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    try:
        yield
    finally:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
