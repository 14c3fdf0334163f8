"""Lets requests compute one after the other, in the order in which they came."""

import asyncio
import math
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from functools import partial, wraps
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")

MOST_SECONDS = 0.05
"""How long an answer may keep the others waiting."""


class Line:
    """Calls functions one after the other, in a thread that stands by.

    One that takes long does not keep the others waiting: after a moment another thread goes on
    with them, beside it.

    Attributes:
        waiting: Number of answers that it has yet to give.
    """

    def __init__(self) -> None:
        self.waiting = 0
        self._calls: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()
        self._threads = 0  # that were started; the last of them takes what is waiting
        self._began = -math.inf
        self._lock = threading.Lock()

    async def call(self, function: Callable[[], Result]) -> Result:
        """Calls a function when those that came before are done, and waits for what it returns."""
        called: Future[Result] = Future()
        answer = asyncio.wrap_future(called)
        self._calls.put((called, function))
        self.waiting += 1
        try:
            if not self._threads:
                self._go_on()
            while not (await asyncio.wait([answer], timeout=MOST_SECONDS))[0]:
                self._go_on()
            return answer.result()
        finally:
            self.waiting -= 1
            answer.cancel()  # who asked may have gone

    def _go_on(self) -> None:
        """Starts another thread, if the last one is held up."""
        with self._lock:
            is_late = time.monotonic() - self._began > MOST_SECONDS
            if is_late and not self._calls.empty():
                self._threads, self._began = self._threads + 1, time.monotonic()
                threading.Thread(target=self._work, args=(self._threads,), daemon=True).start()

    def _work(self, number: int) -> None:
        while number == self._threads:
            called, function = self._calls.get()
            self._began = time.monotonic()
            if not called.set_running_or_notify_cancel():
                continue  # who asked has gone
            try:
                called.set_result(function())
            except StopIteration as error:  # which would be lost on the way
                called.set_exception(RuntimeError(str(error)))
            except BaseException as error:
                called.set_exception(error)
            del called, function  # else it would keep them until the next call


line = Line()  # one, as Python computes in one thread at a time, whatever the application


def in_turn(endpoint: Callable[Given, Result]) -> Callable[Given, Coroutine[Any, Any, Result]]:
    """Makes an endpoint compute when the requests that came before are answered.

    Were ten answers computed side by side, all would be ready when the last is, and later than
    that, because each change of threads takes time too. This is for answers that take milliseconds;
    nothing should stand in line that waits for a file or for another server.

    Args:
        endpoint: Computes the answer.
    """

    @wraps(endpoint)
    async def answer(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        return await line.call(partial(endpoint, *args, **kwargs))

    return answer
