"""Limits to what reading a file's tags may cost: they are as long and as many as it says."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
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
    with _memory(memory_bytes):
        before, hook = signal.signal(signal.SIGVTALRM, _raise), sys.unraisablehook
        # Raised where Python can't pass it on, in a destructor, it comes again after as long.
        sys.unraisablehook = partial(_unless_out_of_time, hook)
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before)
            sys.unraisablehook = hook


def _raise(number: int, frame: FrameType | None) -> None:
    raise OutOfTime


def _unless_out_of_time(hook: Callable[[Any], Any], unraisable: Any) -> None:
    if not issubclass(unraisable.exc_type, OutOfTime):
        hook(unraisable)


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
