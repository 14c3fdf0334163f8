"""The command `specrec serve`, as it is started and ended."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

import specrec.cli
from specrec.serve.access import Access, write_access
from specrec.serve.run import _is_not_cancelled, listen
from tests.serve.test_access import cheap_hash

ROOT = Path(__file__).parents[2]


def error_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line by which a command is refused."""
    with pytest.raises(SystemExit) as raised:
        specrec.cli.main(["serve", *arguments])
    assert raised.value.code == 2
    output, error = capsys.readouterr()
    assert output == ""
    assert error.count("\n") == 1
    return error


def test_what_can_not_be_served_is_said(
    named: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    open_to_others = tmp_path / "access.json"
    write_access(open_to_others, Access())
    open_to_others.chmod(0o644)
    assert "no library there" in error_of(capsys, str(tmp_path / "none"))
    assert "specrec access FILE" in error_of(capsys, str(named), "--host", "0.0.0.0")
    assert "chmod 600" in error_of(capsys, str(named), "--access", str(open_to_others))
    assert "No such file" in error_of(capsys, str(named), "--access", str(tmp_path / "none"))
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        error = error_of(capsys, str(named), "--port", str(port))
    assert error.startswith(f"error: 127.0.0.1:{port}: can't listen there")


def test_a_server_says_its_address_and_ends_when_told(named: Path, tmp_path: Path) -> None:
    access, key = Access("ada", password_hash=cheap_hash("a long password")).with_new_key("x")
    write_access(tmp_path / "access.json", access)
    with subprocess.Popen(
        [sys.executable, "-m", "specrec.cli", "serve", str(named), "--port", "0", "--log-requests"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "SPECREC_ACCESS": "access.json"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            assert said.startswith("240 tracks at http://127.0.0.1:")
            url = said.split()[3]
            with urlopen(f"{url}health") as answer:
                assert answer.status == 200
            with pytest.raises(HTTPError, match="401"):
                urlopen(f"{url}api/v1/tracks/t1")
            with urlopen(
                Request(f"{url}api/v1/tracks/t1", headers={"Authorization": f"Bearer {key}"})
            ) as answer:
                assert b"Piece 1" in answer.read()
        except BaseException:
            process.kill()  # or leaving the block would wait for it
            raise
        process.send_signal(signal.SIGTERM)
        output, log = process.communicate(timeout=120)
    assert process.returncode == 128 + signal.SIGTERM
    assert output == ""
    assert [line.split()[3:6] for line in log.splitlines()] == [
        ["GET", "/health", "200"],
        ["GET", "/api/v1/tracks/t1", "401"],
        ["GET", "/api/v1/tracks/t1", "200"],
    ]


def test_of_answers_that_the_end_cuts_off_no_traceback_is_logged() -> None:
    log = logging.Logger("of a server")
    for error, shown in ((asyncio.CancelledError(), False), (ValueError(), True)):
        trouble = (type(error), error, None)
        record = log.makeRecord(log.name, logging.ERROR, "", 0, "failed", (), trouble)
        assert _is_not_cancelled(record) == shown
    plain = log.makeRecord(log.name, logging.ERROR, "", 0, "2 are cut off", (), None)
    assert _is_not_cancelled(plain)
