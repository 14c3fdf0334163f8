"""The command line of the fuzz program."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from benchmarks.fuzz import audio as audio_trial
from benchmarks.fuzz import damage, interruptions
from benchmarks.fuzz.findings import Table, showing
from benchmarks.fuzz.watch import listening

_seed = click.option("--seed", type=click.IntRange(min=0), default=0)
_only = click.option("--only", help="Pattern of the names of the cases to repeat.")
_keep = click.option(
    "--keep", type=click.Path(path_type=Path), help="Folder to work in, which must not exist."
)


@click.group(context_settings={"show_default": True})
def main() -> None:
    """Does specrec trust a file? Hostile audio, damaged libraries, kills and full disks."""


@main.command()
@click.option("--cases", type=click.IntRange(min=0), default=300, help="How many to make.")
@_seed
@click.option("--queries", default=10, help="Every so many is also asked for; 0: none.")
@_only
@_keep
def audio(cases: int, seed: int, queries: int, only: str | None, keep: Path | None) -> None:
    """Damaged, truncated, misnamed and hostile files. index.py and specrec query are given them."""
    table = Table(audio_trial.COLUMNS)
    with showing(table), _folder(keep) as folder, listening() as listener:
        audio_trial.run(folder, table, listener, cases, seed, queries, only)


@main.command()
@click.option("--cases", type=click.IntRange(min=0), default=60, help="How many to make.")
@_seed
@_only
@_keep
def library(cases: int, seed: int, only: str | None, keep: Path | None) -> None:
    """Libraries with a damaged file. They are asked, verified, repaired and indexed again."""
    table = Table(damage.COLUMNS)
    with showing(table), _folder(keep) as folder:
        damage.run(folder, table, cases, seed, only)


@main.command()
@click.option("--cases", type=click.IntRange(min=0), default=30, help="How many to make.")
@_seed
@_only
@_keep
def kill(cases: int, seed: int, only: str | None, keep: Path | None) -> None:
    """Runs that get SIGKILL, SIGTERM or SIGHUP at some moment."""
    table = Table(interruptions.KILL_COLUMNS)
    with showing(table), _folder(keep) as folder:
        interruptions.run_kills(folder, table, cases, seed, only)


@main.command()
@click.option("--cases", type=click.IntRange(min=0), default=30, help="How many to make.")
@_seed
@_only
@_keep
def disk(cases: int, seed: int, only: str | None, keep: Path | None) -> None:
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
    main()
