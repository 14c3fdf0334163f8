"""SIGTERM and SIGHUP end a run as Ctrl-C does."""

import os
import signal
import threading
import time
from concurrent.futures import CancelledError, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

import click
import pytest

import specrec.cli
from specrec.config import IndexConfig
from specrec.index.build import build_library
from specrec.stopping import exit_code, kill_workers, stoppable, uninterrupted
from tests.sounds import make_music


def test_what_is_finished_is_kept(tmp_path: Path, model_folder: Path) -> None:
    music, library = make_music(tmp_path / "music", 6), str(tmp_path / "library")
    config = IndexConfig(
        str(music), library, str(model_folder), workers=1, batch_size=1, measure_features=False
    )

    def stop(done: int, total: int) -> None:
        if done == 4:
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt) as raised, stoppable():
        build_library(config, on_embed=stop)
    assert exit_code(raised.value) == 143
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL  # as before
    report = build_library(config)
    assert (report.tracks, report.embedded) == (6, 2)


def test_a_closed_terminal_ends_a_run_and_only_once() -> None:
    def run() -> None:
        try:
            signal.raise_signal(signal.SIGHUP)
        finally:
            signal.raise_signal(signal.SIGTERM)  # while what is finished is being written

    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whatever started the tests
    try:
        with stoppable(), pytest.raises(KeyboardInterrupt) as raised:
            run()
    finally:
        signal.signal(signal.SIGHUP, before)
    assert exit_code(raised.value) == 129


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_that_is_stopped_ends_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    def stop(*_: object) -> None:
        signal.raise_signal(number)

    monkeypatch.setattr("specrec.index.maintenance.library_status", stop)
    with pytest.raises(SystemExit) as raised:
        specrec.cli.main(["status", "library"])
    assert raised.value.code == 128 + number
    assert capsys.readouterr() == ("", "\n")  # which ends the terminal's line with ^C


@pytest.mark.parametrize("key", [KeyboardInterrupt, EOFError])  # Ctrl-C, Ctrl-D
def test_so_does_one_whose_question_is_not_answered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, key: type[BaseException]
) -> None:
    def leave(*_: object, **__: object) -> None:
        raise key

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("getpass.getpass", leave)
    with pytest.raises(SystemExit) as raised:
        specrec.cli.main(["access", str(tmp_path / "access.json"), "--user", "ada"])
    assert raised.value.code == 130


def test_a_file_that_ends_too_early_is_not_taken_for_that(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object) -> None:
        raise EOFError("no data left in file")

    monkeypatch.setattr("specrec.index.maintenance.library_status", read)
    with pytest.raises(click.Abort) as raised:
        specrec.cli.main(["status", "library"])
    assert isinstance(raised.value.__cause__, EOFError)


def test_what_was_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as by nohup
    try:
        with stoppable():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert exit_code(KeyboardInterrupt()) == 130


def test_processes_leave_ctrl_c_to_this_one_and_end_when_told() -> None:
    threads, handler = {*threading.enumerate()}, signal.getsignal(signal.SIGINT)
    pool = ProcessPoolExecutor(1, get_context("spawn"))
    with uninterrupted():
        process = pool.submit(os.getpid).result()
    assert signal.getsignal(signal.SIGINT) is handler
    os.kill(process, signal.SIGINT)
    assert pool.submit(os.getpid).result() == process
    asleep = pool.submit(time.sleep, 600)
    kill_workers(pool)
    with pytest.raises((BrokenProcessPool, CancelledError)):  # it may not have begun
        asleep.result()
    assert {*threading.enumerate()} <= threads
