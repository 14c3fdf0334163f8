"""Running the root scripts as a user does."""

import subprocess
import sys
from pathlib import Path

from tests.commands import Done

ROOT = Path(__file__).parents[2]
TINY = [
    "name=tiny",
    "encoder.front_end.window_seconds=1.0",
    "encoder.architecture.widths=[8,8,8,16]",
    "encoder.architecture.embedding_dim=16",
    "training.batch_size=4",
    "training.epochs=2",
    "data.valid_fraction=0.4",
    "training.probe=false",
]


def run(script: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)


def one_line_error(done: subprocess.CompletedProcess[str] | Done) -> str:
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    return done.stderr
