"""What workers do with a file in `test_pool`, which itself takes long to import."""

import itertools
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from specrec.errors import AudioError, SkipReason


def crash_on_request(path: Path) -> float:
    from specrec.audio.loading import load

    seconds = load(path, 22_050).seconds
    if seconds > 2:
        os._exit(11)
    return seconds


def endless(path: Path) -> Iterator[int]:
    yield from itertools.count()


def threads(path: Path) -> list[int]:
    import scipy.linalg  # brings its own BLAS  # noqa: F401
    from threadpoolctl import threadpool_info

    return [library["num_threads"] for library in threadpool_info()]


def page_faults(path: Path) -> float:
    import resource

    def faults() -> int:
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

    arrays = [np.ones(500_000) for _ in range(5)]
    del arrays
    before = faults()
    for _ in range(20):
        arrays = [np.ones(500_000) for _ in range(5)]
        del arrays
    return (faults() - before) / (20 * 5 * 4_000_000 / resource.getpagesize())


def count_up(path: Path) -> Iterator[np.ndarray]:
    for number in range(int(path.name)):
        if path.parent.name == "fatal" and number == 3:
            os._exit(11)
        if path.parent.name == "bad" and number == 3:
            raise AudioError(path, SkipReason.CORRUPT, "damaged")
        yield np.full((number, 50_000), number, dtype=np.float32)


def tell_who(path: Path) -> Iterator[int]:
    for _ in range(9):
        yield os.getpid()


def surroundings(path: Path) -> tuple[int, str, str | None]:
    return os.getpid(), os.getcwd(), os.environ.get("SPECREC_TEST")  # noqa: PTH109


_seen: list[Path] = []


def act(path: Path) -> str:
    """Does what the file's name says; tells whether it had a process and the pool to itself."""
    _seen.append(path)
    begun = path.with_suffix(".begun")
    is_first, at_work = not begun.exists(), path.with_suffix(".at_work")
    begun.touch()
    if path.name.startswith("crash") and (is_first or "once" not in path.name):
        os.kill(os.getpid(), signal.SIGSEGV)
    if path.name.startswith("hang") and (is_first or "once" not in path.name):
        time.sleep(3600)
    if path.name.startswith("raise"):
        assert is_first
        raise ZeroDivisionError("by zero")
    at_work.touch()
    is_alone = len(_seen) == 1 and [*path.parent.glob("*.at_work")] == [at_work]
    time.sleep(0.05)
    at_work.unlink()
    return "alone" if is_alone and not is_first else "fine"


def steadily(path: Path) -> Iterator[int]:
    for number in range(10):
        time.sleep(0.15)
        yield number


def sleepily(path: Path) -> float:
    time.sleep(1.0)
    return 1.0


def heavily(path: Path) -> Iterator[np.ndarray]:
    for number in range(6):
        with path.open("a") as file:
            print(number, file=file)
        yield np.full(1_000_000, number, dtype=np.float32)


def hungrily(path: Path) -> float:
    # Its zeros are promised only, so that the test itself needs no memory.
    return float(np.zeros(int(path.name) << 30, dtype=np.uint8)[0])


class Unloadable:
    def __call__(self, path: Path) -> Iterator[int]:
        raise NotImplementedError

    def __reduce__(self) -> tuple[object, ...]:
        return os._exit, (3,)
