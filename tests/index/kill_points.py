"""Run as a script: kills processes at each n-th step at which a library's files change.

Python announces each opening, renaming and removing of a file to an audit hook. A forked process
that is to die at the n-th such step kills itself there, with SIGKILL: nothing is cleaned up. Music
is read by that process itself, for workers write nothing and take longer to start than all else.
"""

import gc
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from specrec.catalog import catalog
from specrec.catalog.reading import identify
from specrec.config import IndexConfig
from specrec.index import layers
from specrec.index.build import build_library
from specrec.index.segment_store import SegmentStore
from specrec.model.embedding import Embedded
from specrec.recommend.collection import Collection
from specrec.recommend.library import Library

STEPS = ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate")
TRACKS = 200


def read_here(function: object, paths: list[Path], workers: int) -> Iterator[tuple[int, object]]:
    """Does what `map_paths` does for files that are sound."""
    assert function is identify
    return enumerate(map(identify, paths))


def killed_at(step: int, folder: Path, work: Callable[[], None]) -> bool:
    """Runs `work` in a process of its own, until the n-th step inside a folder."""
    child = os.fork()
    if child == 0:
        left = step

        def count(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal left
            if event in STEPS and str(arguments[0]).startswith(str(folder)):
                if event == "open" and not int(str(arguments[2])) & (os.O_WRONLY | os.O_RDWR):
                    return
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        work()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, f"step {step} failed"
    return os.WIFSIGNALED(status)


def made(place: int) -> Embedded:
    rng = np.random.default_rng(place)
    windows = rng.normal(size=(1 + place % 3, 4)).astype(np.float16)
    return Embedded(rng.normal(size=4).astype(np.float32), windows, float(place))


def kill_a_store(folder: Path, stride: int) -> int:
    """Whatever the step, no segment that was complete is lost, and the rest can be added."""

    def fill() -> None:
        store = SegmentStore(folder, "key")
        known = set(store.table.index)
        for place in range(TRACKS):
            if f"c{place}" not in known:
                store.add(f"c{place}", made(place))
        store.flush()
        store.merge()
        store.collect(set())

    step, before = 1 - stride, 0
    while True:
        step += stride
        alive = not killed_at(step, folder, fill)
        store = SegmentStore(folder, "key")
        known = list(store.table.index)
        if known:
            where = store.placement(known)
            embeddings = store.embeddings(known)
            for row, name in enumerate(known):
                expected = made(int(name[1:]))
                np.testing.assert_array_equal(embeddings[row], expected.embedding)
                segment, first, count = where.iloc[row][:3]
                windows = np.load(folder / "segments" / segment / "windows.npy", mmap_mode="r")
                np.testing.assert_array_equal(windows[first : first + count], expected.windows)
        if alive:
            assert len(known) == TRACKS
            return step
        # Every second time, from the beginning; else it goes on where it was.
        assert step % 2 == 0 or len(known) >= before
        before = len(known)
        if step % 2:
            shutil.rmtree(folder, ignore_errors=True)
            before = 0


def settings(music: Path, model: Path, library: Path, index_type: str = "auto") -> IndexConfig:
    return IndexConfig(
        str(music),
        str(library),
        str(model),
        index_type=index_type,
        measure_features=False,
        prune=True,
    )


def kill_a_run(music: Path, model: Path, library: Path, stride: int) -> int:
    """Whatever the step, the library that opens is the one before or the one after."""

    def change(name: str) -> Callable[[], None]:
        def run() -> None:
            for path in music.glob("moving*"):
                path.rename(music / f"moving {name}.wav")
            build_library(settings(music, model, library))

        return run

    gc.collect()
    gc.freeze()  # what has been imported is not to be looked through each time
    step = 1 - stride
    while True:
        step += stride
        before = set(Collection.open(library).tracks["path"])
        alive = not killed_at(step, library, change(str(step)))
        opened = Library.open(library)
        after = before - {path for path in before if path.startswith("moving")}
        after |= {f"moving {step}.wav"}
        assert set(opened.tracks["path"]) in (before, after)
        assert len(opened.neighbors(opened.tracks["track_id"][0], 3)) == 3
        assert opened.collection.generation.windows(0).shape[0] > 0
        if alive:
            assert set(opened.tracks["path"]) == after
            assert len(list((library / "generations").iterdir())) == 2
            return step
        del opened  # it holds its generation, which the next round is to tidy up
        gc.collect()


if __name__ == "__main__":
    music, model, library, folder = map(Path, sys.argv[1:5])
    stride = int(sys.argv[5])
    catalog.map_paths = read_here  # type: ignore[assignment]
    steps = [kill_a_store(folder, stride), kill_a_run(music, model, library, stride)]
    layers.SMALL = 0  # so that this small library has layers, too: a base is written with room
    for index_type in ("exact", "auto"):
        build_library(settings(music, model, library, index_type))
    steps.append(kill_a_run(music, model, library, stride))
    assert Collection.open(library).generation.layers.changes > 0
    print(*steps)
