"""Lets requests compute one after the other, in the order in which they came."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from anyio.lowlevel import RunVar
from starlette.concurrency import run_in_threadpool

Given = ParamSpec("Given")
Result = TypeVar("Result")

_MOST_SECONDS = 0.05  # that a request keeps the others waiting

_line: RunVar[asyncio.Lock] = RunVar("specrec.serve.turns")  # of the event loop that runs


def in_turn(endpoint: Callable[Given, Result]) -> Callable[Given, Coroutine[Any, Any, Result]]:
    """Makes an endpoint compute, in a thread, when those that came before are done.

    Python computes in one thread at a time. Were ten answers computed side by side, all would be
    ready when the last is, and later than that, because each change of threads takes time too.

    An answer that takes long does not keep the others waiting: after a moment the next one begins
    beside it. This is for short answers; nothing should stand in line that only waits, as for a
    file.

    Args:
        endpoint: Computes the answer.
    """

    @wraps(endpoint)
    async def answer(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        line, has_turn = _line_here(), True
        await line.acquire()

        def let_on() -> None:
            nonlocal has_turn
            if has_turn:
                has_turn = False
                line.release()

        late = asyncio.get_running_loop().call_later(_MOST_SECONDS, let_on)
        try:
            return await run_in_threadpool(endpoint, *args, **kwargs)
        finally:
            late.cancel()
            let_on()

    return answer


def _line_here() -> asyncio.Lock:
    try:
        return _line.get()
    except LookupError:
        line = asyncio.Lock()
        _line.set(line)
        return line
