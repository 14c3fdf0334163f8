"""The `specrec` command in processes of its own, which start fast.

To start Python and load what a command needs takes longer than most commands run. So each is forked
from a process that has loaded it and done nothing else. As on a user's machine, and not as in the
process of the tests, types are not checked there.
"""

import os
import sys
import tempfile
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import NamedTuple

_LOADED = ["specrec.cli", "specrec.compose", "specrec.index.build", "beartype", "pytest"]


def forkserver() -> ForkServerContext:
    """What starts processes by forking from one that has loaded what most of them need."""
    context = get_context("forkserver")
    context.set_forkserver_preload(_LOADED)
    return context


class Done(NamedTuple):
    """What a process has said, and its exit code."""

    returncode: int | None
    stdout: str
    stderr: str


def run(*arguments: str, cwd: Path | None = None) -> Done:
    """Runs `specrec` with these arguments in a folder, with the environment of this process."""
    with tempfile.TemporaryDirectory() as folder:
        printed = [Path(folder) / name for name in ("stdout", "stderr")]
        process = forkserver().Process(
            target=_main, args=(arguments, cwd or Path.cwd(), dict(os.environ), printed)
        )
        process.start()
        process.join()
        return Done(process.exitcode, *(path.read_text(encoding="utf-8") for path in printed))


def _main(
    arguments: tuple[str, ...], cwd: Path, environment: dict[str, str], printed: list[Path]
) -> None:
    for number, path in enumerate(printed, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["specrec", *arguments]
    from specrec.cli import main

    main()
