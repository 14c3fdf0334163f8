import itertools
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from specrec.audio import pool
from specrec.audio.loading import load
from specrec.audio.waveform import Waveform
from specrec.errors import AudioError, SkipReason, WorkerError
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
            assert loaded.reason == SkipReason.NOT_AUDIO
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
            assert loaded.reason == SkipReason.CRASHED
        else:
            assert loaded == 1.5


def _endless(path: Path) -> Iterator[int]:
    yield from itertools.count()


def test_what_is_never_done_is_given_up(tmp_path: Path) -> None:
    paths = [write(tmp_path / name, tone(1.5)) for name in ("a.wav", "b.wav")]
    items = list(pool.stream_files(_endless, paths, 1, most_seconds=2.0))
    for position, item in items[-2:]:
        assert isinstance(item, AudioError)
        assert (item.reason, item.path) == (SkipReason.TIMED_OUT, paths[position])
    assert not any(isinstance(item, AudioError) for _, item in items[:-2])


def test_a_service_without_standard_streams_reads_files_too(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", tone(2))
    program = (
        "import sys; from pathlib import Path; from specrec.audio.pool import load_many\n"
        "((_, loaded),) = load_many([Path(sys.argv[1])], 16_000); sys.exit(loaded.seconds != 2)"
    )
    for closed in ("2>&-", "<&- >&- 2>&-"):
        command = f'exec "$0" -c "$1" "$2" {closed}'
        subprocess.run(["/bin/sh", "-c", command, sys.executable, program, path], check=True)


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


def _page_faults(path: Path) -> float:
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


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators have other ways")
def test_a_worker_uses_memory_again() -> None:
    ((_, share),) = pool.map_paths(_page_faults, [Path("any")], workers=1)
    assert isinstance(share, float)
    assert share < 0.1


def _count_up(path: Path) -> Iterator[np.ndarray]:
    for number in range(int(path.name)):
        if path.parent.name == "fatal" and number == 3:
            os._exit(11)
        if path.parent.name == "bad" and number == 3:
            raise AudioError(path, SkipReason.CORRUPT, "damaged")
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
            assert error.reason == (SkipReason.CRASHED if kind == "fatal" else SkipReason.CORRUPT)
        # What crashes takes the item before along, and begins anew.
        numbers = {"a": [*range(int(count))], "bad": [0, 1, 2], "fatal": [0, 1, 0, 1]}[kind]
        for number, item in zip(numbers, items, strict=True):
            np.testing.assert_array_equal(item, np.full((number, 50_000), number))


def _tell_who(path: Path) -> Iterator[int]:
    for _ in range(9):
        yield os.getpid()


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_no_process_is_left_when_one_stops_listening() -> None:
    results = pool.stream_files(_tell_who, [Path("any")] * 9, workers=2)
    processes = {process for _, process in (next(results) for _ in range(12))}
    assert all(isinstance(process, int) and _is_running(process) for process in processes)
    results.close()
    assert not any(isinstance(process, int) and _is_running(process) for process in processes)


_seen: list[Path] = []


def _act(path: Path) -> str:
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


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("crash once", "alone"),
        ("hang once", "alone"),
        ("crash", SkipReason.CRASHED),
        ("hang", SkipReason.TIMED_OUT),
        ("raise", SkipReason.CRASHED),
    ],
)
def test_a_lost_worker_costs_its_file_one_of_two_attempts(
    name: str, expected: str, tmp_path: Path
) -> None:
    names = ["a", "b", name, *"cdefghij"]
    paths = [tmp_path / name for name in names]
    results = list(pool.map_paths(_act, paths, workers=2, patience_seconds=1.0))
    assert [position for position, _ in results] == list(range(len(names)))
    for made, (_, found) in zip(names, results, strict=True):
        if isinstance(found, AudioError):
            assert (made, found.reason) == (name, expected)
            assert ("tried twice" in found.detail) == (name != "raise")
        elif made == name:
            assert found == expected


def test_no_file_is_tried_more_than_twice_where_all_are_bad(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("crash 1", "crash once", "crash 2")]
    results = dict(pool.map_paths(_act, paths, workers=3))
    assert [isinstance(results[row], AudioError) for row in range(3)] == [True, False, True]


def _steadily(path: Path) -> Iterator[int]:
    for number in range(12):
        time.sleep(0.2)
        yield number


def test_a_long_file_is_not_hung_while_items_come() -> None:
    found = pool.stream_files(_steadily, [Path("any")], workers=1, patience_seconds=1.5)
    assert list(found) == [(0, number) for number in range(12)]


def _sleepily(path: Path) -> float:
    time.sleep(2.0)
    return 1.0


def test_a_large_file_may_take_longer(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(2_000_000)
    paths = [tmp_path / "large", tmp_path / "none"]
    large, none = pool.map_paths(_sleepily, paths, workers=2, patience_seconds=0.5)
    assert large == (0, 1.0)
    assert isinstance(none[1], AudioError)
    assert none[1].reason == SkipReason.TIMED_OUT


def _heavily(path: Path) -> Iterator[np.ndarray]:
    for number in range(6):
        with path.open("a") as file:
            print(number, file=file)
        yield np.full(1_000_000, number, dtype=np.float32)


def test_a_slow_listener_blames_nobody_and_is_waited_for(tmp_path: Path) -> None:
    paths = [tmp_path / "a", tmp_path / "b"]
    numbers: dict[int, list[int]] = {0: [], 1: []}
    for position, item in pool.stream_files(_heavily, paths, workers=2, patience_seconds=0.5):
        assert isinstance(item, np.ndarray)
        numbers[position].append(int(item[0]))
        time.sleep(1.5 if len(numbers[position]) == 2 else 0.0)
        made = len(paths[position].read_text().splitlines())
        assert made <= len(numbers[position]) + 2
    assert numbers == {0: [*range(6)], 1: [*range(6)]}


def _hungrily(path: Path) -> float:
    # Its zeros are promised only, so that the test itself needs no memory.
    return float(np.zeros(int(path.name) << 30, dtype=np.uint8)[0])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's memory")
def test_what_takes_too_much_memory_is_too_large_and_costs_no_other_file() -> None:
    paths = [Path("1"), Path("5"), Path("2")]
    first, too_large, last = (made for _, made in pool.map_paths(_hungrily, paths, workers=1))
    assert (first, last) == (0.0, 0.0)
    assert isinstance(too_large, AudioError)
    assert too_large.reason == SkipReason.TOO_LARGE


class _Unloadable:
    def __call__(self, path: Path) -> Iterator[int]:
        raise NotImplementedError

    def __reduce__(self) -> tuple[object, ...]:
        return os._exit, (3,)


def test_workers_that_can_not_start_blame_no_file() -> None:
    with pytest.raises(WorkerError, match="3 worker processes in a row"):
        list(pool.stream_files(_Unloadable(), [Path("any")] * 9, workers=2))
