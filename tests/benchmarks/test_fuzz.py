"""The fuzz program, a little of it: benchmarks/fuzz tries thousands of cases by hand."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.fuzz.audio import COLUMNS, WITHOUT_CHANCE, Trial, made_by_chance, made_by_hand
from benchmarks.fuzz.findings import Table
from benchmarks.fuzz.watch import listening


def test_no_audio_file_is_trusted(tmp_path: Path) -> None:
    with listening() as listener:
        table = Table(COLUMNS)
        trial = Trial(tmp_path, table, listener)
        trial.index(
            [
                *made_by_chance(range(0, WITHOUT_CHANCE + 200, 5), seed=1),
                *made_by_hand(1, trial.sentinel.path, listener.port),
            ]
        )
        assert sum(row.cases for row in table.rows.values()) > 100
        assert table.faults == []


_TRIAL = """
import sys
from benchmarks.fuzz.findings import Table, showing
table = Table(("hangs", "crashes"))
with showing(table, every_seconds=0.1):
    table.row("first").add("00001 a", None)
    table.row("other").add("00002 b", None, ("hangs", "no end after 9 s"), ("hangs", "nor later"))
    sys.stdout.flush()
    sys.stderr.write("at it"); sys.stderr.flush()
    sys.stdin.read()
"""
_TABLE = """\
| | cases | hangs | crashes | longest | peak memory |
|---|---|---|---|---|---|
| first | 1 | 0 | 0 | - | - |
| other | 1 | 1 | 0 | - | - |

- other: hangs, 1 times (00002 b): no end after 9 s
- other: hangs, 1 times (00002 b): nor later
"""


def _start(output: int) -> subprocess.Popen[bytes]:
    begun = subprocess.Popen(
        [sys.executable, "-c", _TRIAL], stdin=subprocess.PIPE, stdout=output, stderr=subprocess.PIPE
    )
    assert begun.stderr is not None
    assert begun.stderr.read(5) == b"at it"
    return begun


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_trial_that_is_stopped_prints_what_it_found(number: signal.Signals) -> None:
    trial = _start(subprocess.PIPE)
    trial.send_signal(number)
    said, _ = trial.communicate()
    assert said.decode() == "Stopped; so far:\n" + _TABLE


def test_a_terminal_is_shown_what_was_found_so_far() -> None:
    reader, terminal = pty.openpty()
    trial, said = _start(terminal), b""
    os.close(terminal)
    while said.count(_TABLE.replace("\n", "\r\n").encode()) < 2:  # and nothing has ended
        said += os.read(reader, 4096)
    trial.communicate()
    os.close(reader)
