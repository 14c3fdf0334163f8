"""The command line of the fuzz program."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from benchmarks.fuzz import audio as audio_trial
from benchmarks.fuzz import damage, findings, interruptions
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
    with _folder(keep) as folder, listening() as listener:
        rows = audio_trial.run(folder, listener, cases, seed, queries, only)
    _report(rows, audio_trial.COLUMNS)


@app.command()
def library(cases: Cases = 60, seed: Seed = 0, only: Only = None, keep: Keep = None) -> None:
    """Libraries with a damaged file: asked, verified, repaired, indexed again."""
    with _folder(keep) as folder:
        rows = damage.run(folder, cases, seed, only)
    _report(rows, damage.COLUMNS)


@app.command()
def kill(cases: Cases = 30, seed: Seed = 0, only: Only = None, keep: Keep = None) -> None:
    """Runs that get SIGKILL, SIGTERM or SIGHUP at some moment."""
    with _folder(keep) as folder:
        rows = interruptions.run_kills(folder, cases, seed, only)
    _report(rows, interruptions.KILL_COLUMNS)


@app.command()
def disk(cases: Cases = 30, seed: Seed = 0, only: Only = None, keep: Keep = None) -> None:
    """Runs for which the disk is full at some byte."""
    with _folder(keep) as folder:
        rows = interruptions.run_disks(folder, cases, seed, only)
    _report(rows, interruptions.DISK_COLUMNS)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True)
        yield keep.resolve()
        return
    with TemporaryDirectory() as folder:
        yield Path(folder)


def _report(rows: list[findings.Row], columns: tuple[str, ...]) -> None:
    findings.print_table(rows, columns)
    print()
    findings.print_faults(rows)


if __name__ == "__main__":
    app()
