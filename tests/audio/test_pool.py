import os
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from specrec.audio import pool, worker
from specrec.audio.loading import load
from specrec.audio.waveform import Waveform
from specrec.errors import AudioError, SkipReason, WorkerError
from tests.audio import jobs
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


def test_a_crashing_decoder_costs_only_its_own_file(tmp_path: Path) -> None:
    names = ["a", "b", "crash", "c", "d", "e", "f", "g"]
    paths = [
        write(tmp_path / f"{name}.wav", tone(2.5 if name == "crash" else 1.5)) for name in names
    ]
    results = dict(pool.map_paths(jobs.crash_on_request, paths, workers=2))
    assert sorted(results) == list(range(len(names)))
    for name, loaded in zip(names, (results[row] for row in sorted(results)), strict=True):
        if name == "crash":
            assert isinstance(loaded, AudioError)
            assert loaded.reason == SkipReason.CRASHED
        else:
            assert loaded == 1.5


def test_what_is_never_done_is_given_up(tmp_path: Path) -> None:
    paths = [write(tmp_path / name, tone(1.5)) for name in ("a.wav", "b.wav")]
    items = list(pool.stream_files(jobs.endless, paths, 1, most_seconds=0.7))
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


def test_a_worker_computes_on_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    worker.dismiss()  # those that rest were started otherwise
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    ((_, threads),) = pool.map_paths(jobs.threads, [Path("any")], workers=2)
    assert isinstance(threads, list)
    assert threads
    assert set(threads) == {1}
    assert os.environ["OMP_NUM_THREADS"] == "2"
    assert "OPENBLAS_NUM_THREADS" not in os.environ


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators have other ways")
def test_a_worker_uses_memory_again() -> None:
    worker.dismiss()  # those that rest have memory already
    ((_, share),) = pool.map_paths(jobs.page_faults, [Path("any")], workers=1)
    assert isinstance(share, float)
    assert share < 0.1


def test_items_of_a_file_come_in_order_as_they_were_made() -> None:
    names = ["a/4", "fatal/6", "a/0", "bad/5", "a/7", "a/1", "fatal/9", "a/3"]
    found: dict[int, list[np.ndarray | AudioError]] = {}
    for position, item in pool.stream_files(
        jobs.count_up, [Path(name) for name in names], workers=2
    ):
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


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_no_process_is_left_when_one_stops_listening() -> None:
    results = pool.stream_files(jobs.tell_who, [Path("any")] * 9, workers=2)
    processes = {process for _, process in (next(results) for _ in range(12))}
    assert all(isinstance(process, int) and _is_running(process) for process in processes)
    results.close()
    assert not any(isinstance(process, int) and _is_running(process) for process in processes)


_HASTY = "import specrec.audio.worker as worker; worker.REST_SECONDS = 0.05; serve()"


def test_a_worker_whose_work_is_done_waits_a_while_for_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask() -> tuple[int, str, str | None]:
        ((_, found),) = pool.map_paths(jobs.surroundings, [Path("any")], workers=1)
        assert isinstance(found, tuple)
        return found

    worker.dismiss()
    process, folder, _ = ask()
    monkeypatch.setenv("SPECREC_TEST", "yes")
    assert ask() == (process, folder, "yes")
    monkeypatch.chdir(tmp_path)
    other, here, _ = ask()
    assert (other != process, here) == (True, str(tmp_path))
    assert not _is_running(process)
    copy = os.fork()  # which must not talk to the workers of this process
    if copy == 0:
        os._exit(ask()[0] == other)
    assert os.waitpid(copy, 0)[1] == 0
    assert ask()[0] == other
    monkeypatch.setattr(worker, "_PROGRAM", worker._PROGRAM.replace("serve()", _HASTY))
    os.kill(other, signal.SIGKILL)
    hasty, *_ = ask()
    assert hasty != other
    os.waitid(os.P_PID, hasty, os.WEXITED | os.WNOWAIT)  # it ends by itself


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
    results = list(pool.map_paths(jobs.act, paths, workers=2, patience_seconds=0.5))
    assert [position for position, _ in results] == list(range(len(names)))
    for made, (_, found) in zip(names, results, strict=True):
        if isinstance(found, AudioError):
            assert (made, found.reason) == (name, expected)
            assert ("tried twice" in found.detail) == (name != "raise")
        elif made == name:
            assert found == expected


def test_no_file_is_tried_more_than_twice_where_all_are_bad(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("crash 1", "crash once", "crash 2")]
    results = dict(pool.map_paths(jobs.act, paths, workers=3))
    assert [isinstance(results[row], AudioError) for row in range(3)] == [True, False, True]


def test_a_long_file_is_not_hung_while_items_come() -> None:
    found = pool.stream_files(jobs.steadily, [Path("any")], workers=1, patience_seconds=1.0)
    assert list(found) == [(0, number) for number in range(10)]


def test_a_large_file_may_take_longer(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(2_000_000)
    paths = [tmp_path / "large", tmp_path / "none"]
    large, none = pool.map_paths(jobs.sleepily, paths, workers=2, patience_seconds=0.4)
    assert large == (0, 1.0)
    assert isinstance(none[1], AudioError)
    assert none[1].reason == SkipReason.TIMED_OUT


def test_a_slow_listener_blames_nobody_and_is_waited_for(tmp_path: Path) -> None:
    paths = [tmp_path / "a", tmp_path / "b"]
    numbers: dict[int, list[int]] = {0: [], 1: []}
    for position, item in pool.stream_files(jobs.heavily, paths, workers=2, patience_seconds=0.5):
        assert isinstance(item, np.ndarray)
        numbers[position].append(int(item[0]))
        time.sleep(0.8 if len(numbers[position]) == 2 else 0.0)
        made = len(paths[position].read_text().splitlines())
        assert made <= len(numbers[position]) + 2
    assert numbers == {0: [*range(6)], 1: [*range(6)]}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's memory")
def test_what_takes_too_much_memory_is_too_large_and_costs_no_other_file() -> None:
    paths = [Path("1"), Path("5"), Path("2")]
    first, too_large, last = (made for _, made in pool.map_paths(jobs.hungrily, paths, workers=1))
    assert (first, last) == (0.0, 0.0)
    assert isinstance(too_large, AudioError)
    assert too_large.reason == SkipReason.TOO_LARGE


def test_workers_that_can_not_start_blame_no_file() -> None:
    with pytest.raises(WorkerError, match="3 worker processes in a row"):
        list(pool.stream_files(jobs.Unloadable(), [Path("any")] * 9, workers=2))
