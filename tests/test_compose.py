"""Names of folders as they are typed, through Hydra's grammar."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    "name", ["Music (old), it's {live}", "1e5", "${oc.env:HOME}", 'q\\"uo"te\\', "音楽 #1 = !x"]
)
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    printed = _index(f"audio={tmp_path / name}", f"library={tmp_path / 'library'}")
    assert printed == f"error: {tmp_path / name}: no such folder; name one that holds music\n"


def test_no_name_at_all_is_refused(tmp_path: Path) -> None:
    printed = _index("audio=", f"library={tmp_path}")
    assert printed == "error: audio must be the path of a folder, not nothing\n"


def _index(*arguments: str) -> str:
    command = [sys.executable, str(ROOT / "index.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    return done.stderr
