"""The command line: plans the tracks, makes those that are missing, writes the manifest."""

import csv
import io
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated

import numpy as np
import soundfile
import typer

from benchmarks.training_music.composing import compose
from benchmarks.training_music.effects import SAMPLE_RATE, finish
from benchmarks.training_music.playing import play
from benchmarks.training_music.programs import SOUND_FONT, check_programs
from benchmarks.training_music.styles import STYLES
from benchmarks.training_music.voices import make_voices
from specrec.errors import SpecrecError, message_of
from specrec.report.progress import progress_bar
from specrec.synthesis.library import ADJECTIVES, FIRST_NAMES, LAST_NAMES, NOUNS
from specrec.writing import new_file, write_file

LICENCE = "CC0-1.0"


@dataclass(frozen=True)
class Row:
    """A line of the manifest, with the columns that a catalog reads."""

    track_id: str
    file: str
    title: str
    artist: str
    style: str
    made: str
    has_vocals: str
    licence: str
    split: str


def main(
    output: Annotated[Path, typer.Argument(help="Folder to write audio/ and manifest.csv to.")],
    pieces: Annotated[int, typer.Option(min=0, help="Of instruments alone.")] = 600,
    voices: Annotated[int, typer.Option(min=0, help="With a voice.")] = 300,
    seconds: Annotated[float, typer.Option(min=10, max=600, help="Length of each.")] = 30.0,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
    sound_font: Annotated[Path, typer.Option(help="General MIDI sound font.")] = SOUND_FONT,
) -> None:
    """Makes tracks as Opus files; those that are there already, of the same seed, are kept."""
    try:
        check_programs(sound_font)
        planned = [("piece", n) for n in range(pieces)] + [("voice", n) for n in range(voices)]
        jobs = [(output, kind, number, seconds, seed, sound_font) for kind, number in planned]
        rows = []
        with progress_bar("making") as show:
            for done, row in enumerate(_made(jobs, workers), start=1):
                rows.append(row)
                show(done, len(jobs))
        _write_manifest(output / "manifest.csv", sorted(rows, key=lambda row: row.track_id))
    except (SpecrecError, OSError) as error:
        typer.echo(f"error: {message_of(error)}", err=True)
        raise typer.Exit(2) from None
    typer.echo(f"{len(rows)} tracks in {output / 'manifest.csv'}")


Job = tuple[Path, str, int, float, int, Path]


def _made(jobs: list[Job], workers: int) -> Iterator[Row]:
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(make_track, *job) for job in jobs]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def make_track(
    output: Path, kind: str, number: int, seconds: float, seed: int, sound_font: Path
) -> Row:
    """Makes a track unless it is there; everything about it comes from the seed and its number."""
    track_id = f"made-{seed}-{kind}-{number:05d}"
    path, note = output / "audio" / f"{track_id}.opus", output / "audio" / f"{track_id}.txt"
    rng = np.random.default_rng([seed, kind == "voice", number])
    title = f"{rng.choice(ADJECTIVES)} {rng.choice(NOUNS)}"
    artist = f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}"
    if not (path.exists() and note.exists()):
        if kind == "voice":
            samples, style = make_voices(number, rng, sound_font, seconds)
        else:
            chosen = list(STYLES.values())[number % len(STYLES)]
            arrangement = compose(chosen, rng, seconds)
            sound = play(arrangement, sound_font, seconds, rng)
            samples, style = finish(sound, str(rng.choice(chosen.finish)), rng), chosen.name
        with new_file(path) as file:
            audio = io.BytesIO()
            soundfile.write(audio, samples, SAMPLE_RATE, format="OGG", subtype="OPUS")
            file.write(audio.getvalue())
        write_file(note, style)
    style = note.read_text("utf-8")
    return Row(
        track_id=track_id,
        file=f"audio/{path.name}",
        title=title,
        artist=artist,
        style=f"synth voice: {style}" if kind == "voice" else f"synth render: {style}",
        made="rendered, synthetic voice" if kind == "voice" else "rendered",
        has_vocals="yes" if kind == "voice" else "no",
        licence=LICENCE,
        split="train",
    )


def _write_manifest(path: Path, rows: list[Row]) -> None:
    text = io.StringIO()
    table = csv.DictWriter(text, list(Row.__dataclass_fields__), lineterminator="\n")
    table.writeheader()
    table.writerows(asdict(row) for row in rows)
    write_file(path, text.getvalue())


if __name__ == "__main__":
    typer.run(main)
