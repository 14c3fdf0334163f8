"""Apart, so that a worker process imports no more than this."""

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
