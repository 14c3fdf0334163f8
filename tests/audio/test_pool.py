import multiprocessing
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from specrec.audio import pool
from specrec.audio.loading import load
from specrec.audio.waveform import Waveform
from specrec.errors import AudioError, Reason
from tests.sounds import tone, write


def test_files_come_back_in_order_as_load_reads_them(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{hz}.wav", tone(1.5, hz)) for hz in range(200, 1400, 200)]
    (tmp_path / "bad.wav").write_text("no")
    paths.insert(3, tmp_path / "bad.wav")
    results = list(pool.load_many(paths, 22_050, workers=2))
    assert [position for position, _ in results] == list(range(len(paths)))
    for path, (_, loaded) in zip(paths, results, strict=True):
        if path.name == "bad.wav":
            assert isinstance(loaded, AudioError)
            assert loaded.reason == Reason.NOT_AUDIO
        else:
            assert isinstance(loaded, Waveform)
            np.testing.assert_array_equal(loaded.samples, load(path, 22_050).samples)


def _crash_on_request(path: Path) -> float:
    seconds = load(path, 22_050).seconds
    if seconds > 2:
        os._exit(11)
    return seconds


def test_a_crashing_decoder_costs_only_its_own_file(tmp_path: Path) -> None:
    names = ["a", "b", "crash", "c", "d", "e", "f", "g"]
    paths = [
        write(tmp_path / f"{name}.wav", tone(2.5 if name == "crash" else 1.5)) for name in names
    ]
    results = dict(pool.map_paths(_crash_on_request, paths, workers=2))
    assert sorted(results) == list(range(len(names)))
    for name, loaded in zip(names, (results[row] for row in sorted(results)), strict=True):
        if name == "crash":
            assert isinstance(loaded, AudioError)
            assert loaded.reason == Reason.CRASHED
        else:
            assert loaded == 1.5


def _threads(path: Path) -> list[int]:
    import scipy.linalg  # brings its own BLAS  # noqa: F401

    return [library["num_threads"] for library in threadpool_info()]


def test_a_worker_computes_on_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    ((_, threads),) = pool.map_paths(_threads, [Path("any")], workers=2)
    assert isinstance(threads, list)
    assert threads
    assert set(threads) == {1}
    assert os.environ["OMP_NUM_THREADS"] == "2"
    assert "OPENBLAS_NUM_THREADS" not in os.environ


def _count_up(path: Path) -> Iterator[np.ndarray]:
    for number in range(int(path.name)):
        if path.parent.name == "fatal" and number == 3:
            os._exit(11)
        if path.parent.name == "bad" and number == 3:
            raise AudioError(path, Reason.CORRUPT, "damaged")
        yield np.full((number, 50_000), number, dtype=np.float32)


def test_items_of_a_file_come_in_order_as_they_were_made() -> None:
    names = ["a/4", "fatal/6", "a/0", "bad/5", "a/7", "a/1", "fatal/9", "a/3"]
    found: dict[int, list[np.ndarray | AudioError]] = {}
    for position, item in pool.stream_files(_count_up, [Path(name) for name in names], workers=2):
        found.setdefault(position, []).append(item)
    for position, name in enumerate(names):
        kind, _, count = name.partition("/")
        items = found.get(position, [])
        if kind != "a":
            error = items.pop()
            assert isinstance(error, AudioError)
            assert error.reason == (Reason.CRASHED if kind == "fatal" else Reason.CORRUPT)
        assert len(items) == (int(count) if kind == "a" else 3)
        for number, item in enumerate(items):
            np.testing.assert_array_equal(item, np.full((number, 50_000), number))


def test_no_process_is_left_when_one_stops_listening() -> None:
    running = set(multiprocessing.active_children())
    results = pool.stream_files(_count_up, [Path("a/7")] * 9, workers=2)
    next(results)
    assert len(set(multiprocessing.active_children()) - running) == 2
    results.close()
    assert set(multiprocessing.active_children()) <= running
