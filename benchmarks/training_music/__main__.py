"""The command line: plans the tracks, makes those that are missing, writes the manifest."""

import csv
import io
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, fields
from multiprocessing import get_context
from pathlib import Path
from typing import NoReturn

import click

from benchmarks.training_music.programs import SOUND_FONT, check_programs
from benchmarks.training_music.tracks import Job, Row, make_track
from specrec.errors import SpecrecError, message_of
from specrec.report.progress import progress_bar
from specrec.writing import write_file

MANIFEST_EVERY = 50


@click.command(context_settings={"show_default": True})
@click.argument(
    "output", type=click.Path(path_type=Path), help="Folder to write audio/ and manifest.csv to."
)
@click.option("--pieces", type=click.IntRange(min=0), default=600, help="Of instruments alone.")
@click.option("--voices", type=click.IntRange(min=0), default=300, help="With a voice.")
@click.option("--seconds", type=click.FloatRange(10, 600), default=30.0, help="Length of each.")
@click.option("--seed", type=click.IntRange(min=0), default=0)
@click.option("--workers", type=click.IntRange(min=1), default=2, help="Processes.")
@click.option(
    "--sound-font",
    type=click.Path(path_type=Path),
    default=SOUND_FONT,
    help="General MIDI sound font.",
)
def main(
    output: Path,
    pieces: int,
    voices: int,
    seconds: float,
    seed: int,
    workers: int,
    sound_font: Path,
) -> None:
    """Makes tracks as Opus files; those of the same seed that are there already are kept."""
    planned = [("piece", number) for number in range(pieces)]
    planned += [("voice", number) for number in range(voices)]
    jobs = [Job(output, kind, number, seconds, seed, sound_font) for kind, number in planned]
    rows: list[Row] = []
    try:
        check_programs(sound_font)
        with progress_bar("making") as show:
            for row in _made(jobs, workers):
                rows.append(row)
                show(len(rows), len(jobs))
                if len(rows) % MANIFEST_EVERY == 0 or len(rows) == len(jobs):
                    _write_manifest(output / "manifest.csv", rows)
    except BrokenProcessPool:
        _fail("a process was killed, perhaps for want of memory; the same command goes on")
    except (SpecrecError, OSError) as error:
        _fail(message_of(error))
    click.echo(f"{len(rows)} tracks in {output / 'manifest.csv'}")


def _fail(message: str) -> NoReturn:
    click.echo(f"error: {message}", err=True)
    sys.exit(2)


def _made(jobs: list[Job], workers: int) -> Iterator[Row]:
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(make_track, job) for job in jobs]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _write_manifest(path: Path, rows: list[Row]) -> None:
    text = io.StringIO()
    table = csv.DictWriter(text, [field.name for field in fields(Row)], lineterminator="\n")
    table.writeheader()
    table.writerows(asdict(row) for row in sorted(rows, key=lambda row: row.track_id))
    write_file(path, text.getvalue())


if __name__ == "__main__":
    main()
