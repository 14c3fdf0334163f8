"""The command line of the fuzz program."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from benchmarks.fuzz import audio as audio_trial
from benchmarks.fuzz import damage, interruptions
from benchmarks.fuzz.findings import Table, showing
from benchmarks.fuzz.watch import listening

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
Cases = Annotated[int, typer.Option(min=0, help="How many to make.")]
Seed = Annotated[int, typer.Option(min=0)]
Only = Annotated[str | None, typer.Option(help="Pattern of the names of the cases to repeat.")]
Keep = Annotated[Path | None, typer.Option(help="Folder to work in, which must not exist.")]


@app.callback()
def _commands() -> None:
    """Does specrec trust a file? Hostile audio, damaged libraries, kills and full disks."""


@app.command()
def audio(
    cases: Cases = 300,
    seed: Seed = 0,
    queries: Annotated[int, typer.Option(help="Every so many is also asked for; 0: none.")] = 10,
    only: Only = None,
    keep: Keep = None,
) -> None:
    """Damaged, truncated, misnamed and hostile files, through index.py and specrec query."""
    table = Table(audio_trial.COLUMNS)
    with showing(table), _folder(keep) as folder, listening() as listener:
        audio_trial.run(folder, table, listener, cases, seed, queries, only)


@app.command()
def library(cases: Cases = 60, seed: Seed = 0, only: Only = None, keep: Keep = None) -> None:
    """Libraries with a damaged file: asked, verified, repaired, indexed again."""
    table = Table(damage.COLUMNS)
    with showing(table), _folder(keep) as folder:
        damage.run(folder, table, cases, seed, only)


@app.command()
def kill(cases: Cases = 30, seed: Seed = 0, only: Only = None, keep: Keep = None) -> None:
    """Runs that get SIGKILL, SIGTERM or SIGHUP at some moment."""
    table = Table(interruptions.KILL_COLUMNS)
    with showing(table), _folder(keep) as folder:
        interruptions.run_kills(folder, table, cases, seed, only)


@app.command()
def disk(cases: Cases = 30, seed: Seed = 0, only: Only = None, keep: Keep = None) -> None:
    """Runs for which the disk is full at some byte."""
    table = Table(interruptions.DISK_COLUMNS)
    with showing(table), _folder(keep) as folder:
        interruptions.run_disks(folder, table, cases, seed, only)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True)
        yield keep.resolve()
        return
    with TemporaryDirectory() as folder:
        yield Path(folder)


if __name__ == "__main__":
    app()
