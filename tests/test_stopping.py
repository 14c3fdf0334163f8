"""SIGTERM and SIGHUP end a run as Ctrl-C does."""

import signal
from pathlib import Path

import pytest

import specrec.cli
from specrec.config import IndexConfig
from specrec.index.build import build_library
from specrec.stopping import exit_code, stoppable
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
def test_a_command_that_is_stopped_while_it_is_being_made_ends_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    def stop(*_: object, **__: object) -> None:
        signal.raise_signal(number)

    monkeypatch.setattr("typer.main.get_command", stop)
    with pytest.raises(SystemExit) as raised:
        specrec.cli.main(["status", "library"])
    assert raised.value.code == 128 + number
    assert capsys.readouterr() == ("", "")


def test_what_was_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as by nohup
    try:
        with stoppable():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert exit_code(KeyboardInterrupt()) == 130
