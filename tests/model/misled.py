"""Apart, so that a worker process imports no more than this."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

from specrec.audio.streaming import Listener, WindowBlock, WindowPlan, window_blocks


def misled_blocks(
    path: Path, plan: WindowPlan, listen: Callable[[], Listener] | None = None
) -> Iterator[WindowBlock]:
    """What `window_blocks` yields of a long file that is shorter than its header says."""
    for block in window_blocks(path, plan, listen):
        yield WindowBlock(0, block.windows[::-1].copy(), None)
        yield WindowBlock(len(block.windows), block.windows, None)
    yield from window_blocks(path, plan, listen)


def read_misled(plan: WindowPlan, measure: bool, path: Path) -> Iterator[WindowBlock | None]:
    """What `read_track` yields of it."""
    yield from misled_blocks(path, plan)
    yield None


def read_and_raise(plan: WindowPlan, measure: bool, path: Path) -> Iterator[WindowBlock]:
    """Fails where features would be measured."""
    yield from window_blocks(path, plan)
    raise ArithmeticError("no tempo")


def read_and_die(plan: WindowPlan, measure: bool, path: Path) -> Iterator[WindowBlock | None]:
    """Takes its process along where features would be measured."""
    for block in window_blocks(path, plan):
        yield block
        yield block  # the pool holds one item back
    if path.exists():
        os.kill(os.getpid(), signal.SIGKILL)


def read_and_crash(plan: WindowPlan, measure: bool, path: Path) -> Iterator[WindowBlock]:
    """Does what a decoder may do to its process."""
    os.kill(os.getpid(), signal.SIGSEGV)
    yield from ()
