"""One track: made unless it is there, with its line of the manifest."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from mutagen.ogg import OggPage

from benchmarks.training_music.composing import compose
from benchmarks.training_music.effects import SAMPLE_RATE, finish
from benchmarks.training_music.playing import play
from benchmarks.training_music.styles import STYLES
from benchmarks.training_music.voices import make_voices
from specrec.synthesis.library import ADJECTIVES, FIRST_NAMES, LAST_NAMES, NOUNS
from specrec.writing import write_file

LICENCE = "CC0-1.0"


@dataclass(frozen=True)
class Job:
    """A track to make: the `number`th "piece" or "voice" of a seed."""

    output: Path
    kind: str
    number: int
    seconds: float
    seed: int
    sound_font: Path


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


def make_track(job: Job) -> Row:
    """Makes a track unless it is there; everything about it comes from the seed and its number.

    Raises:
        ProgramError: If a program that makes its sound fails.
        StorageError: If the file can't be written.
    """
    track_id = f"made-{job.seed}-{job.kind}-{job.number:05d}"
    audio = job.output / "audio" / f"{track_id}.opus"
    label = audio.with_suffix(".txt")
    voice = job.kind == "voice"
    rng = np.random.default_rng([job.seed, voice, job.number])
    title = f"{rng.choice(ADJECTIVES)} {rng.choice(NOUNS)}"
    artist = f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}"
    if not (audio.exists() and label.exists()):
        samples, style = _sound(job, rng)
        write_file(audio, encode_opus(samples))
        write_file(label, style)
    style = label.read_text("utf-8")
    return Row(
        track_id=track_id,
        file=f"audio/{audio.name}",
        title=title,
        artist=artist,
        style=f"synth voice: {style}" if voice else f"synth render: {style}",
        made="rendered, synthetic voice" if voice else "rendered",
        has_vocals="yes" if voice else "no",
        licence=LICENCE,
        split="train",
    )


def encode_opus(samples: np.ndarray) -> bytes:
    """An Ogg Opus file, of the same bytes each time, by which a training knows the track.

    libsndfile draws the serial number of the stream, so it is replaced.
    """
    drawn, pages = io.BytesIO(), []
    soundfile.write(drawn, samples, SAMPLE_RATE, format="OGG", subtype="OPUS")
    drawn.seek(0)
    while drawn.tell() < len(drawn.getbuffer()):
        page = OggPage(drawn)
        page.serial = 0
        pages.append(page.write())
    return b"".join(pages)


def _sound(job: Job, rng: np.random.Generator) -> tuple[np.ndarray, str]:
    """The samples, and what they are in words."""
    if job.kind == "voice":
        return make_voices(job.number, rng, job.sound_font, job.seconds)
    style = list(STYLES.values())[job.number % len(STYLES)]
    played = play(compose(style, rng, job.seconds), job.sound_font, job.seconds, rng)
    return finish(played, str(rng.choice(style.finish)), rng), style.name
