"""Handles requests to stop: Ctrl-C, signals of the system, a closed terminal."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

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


def exit_code(error: BaseException | None) -> int:
    """Returns the exit code: 143 after SIGTERM, 129 after SIGHUP, else that of Ctrl-C, 130."""
    stopped = isinstance(error, KeyboardInterrupt) and error.args
    return 128 + int(stopped[0] if stopped else signal.SIGINT)
