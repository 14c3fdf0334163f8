"""Handles requests to stop: Ctrl-C, signals of the system, a closed terminal."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

_ENDINGS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stoppable() -> Iterator[None]:
    """While the block runs, SIGTERM and SIGHUP raise `KeyboardInterrupt`, as Ctrl-C does.

    So finished work can still be written. The error's argument is the number of the signal. Further
    signals are ignored, and so are those that were ignored before, as by `nohup`.
    """
    before: dict[signal.Signals, signal._HANDLER] = {}

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        for ending in before:
            signal.signal(ending, signal.SIG_IGN)
        raise KeyboardInterrupt(number)

    if threading.current_thread() is threading.main_thread():  # only there signals can be handled
        for ending in _ENDINGS:
            if signal.getsignal(ending) == signal.SIG_DFL:
                before[ending] = signal.signal(ending, stop)
    try:
        yield
    finally:
        for ending, handler in before.items():
            signal.signal(ending, handler)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Lets processes that are started here ignore Ctrl-C from the beginning: it is for this one.

    In another thread than the main one it changes nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if handler is None else handler)


def kill_workers(pool: ProcessPoolExecutor) -> None:
    """Ends the processes of a pool in the middle of their work (so does Python from 3.14 on)."""
    for process in [*(pool._processes or {}).values()]:
        process.kill()
    # Waits for the pool's thread, which Python's own end would else trip over.
    pool.shutdown(wait=True, cancel_futures=True)


def exit_code(error: BaseException | None) -> int:
    """Returns the exit code: 143 after SIGTERM, 129 after SIGHUP, else that of Ctrl-C, 130."""
    stopped = isinstance(error, KeyboardInterrupt) and error.args
    return 128 + int(stopped[0] if stopped else signal.SIGINT)
