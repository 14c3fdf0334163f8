"""Tracks with a voice: who is heard, doing what, over which music."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.training_music.composing import compose, melody
from benchmarks.training_music.effects import Samples, band, echo, leveled, reverb, rms
from benchmarks.training_music.playing import play
from benchmarks.training_music.score import Arrangement
from benchmarks.training_music.singers import (
    CHORALE,
    draw_singer,
    draw_tune,
    draw_words,
    fitting,
    in_harmony,
)
from benchmarks.training_music.singing import sing
from benchmarks.training_music.speech import (
    FEMALE,
    MALE,
    WHISPERS,
    chant,
    crowd,
    draw_speaker,
    rap,
    talk,
)
from benchmarks.training_music.styles import STYLES

SUNG_OVER = (
    "pop", "blues", "country", "R&B", "reggae", "rock", "soul", "folk", "swing jazz", "ballad",
    "gospel", "indie rock", "salsa", "bossa nova", "disco", "funk", "country waltz", "hard rock",
    "jazz ballad", "synth-pop", "ska", "bluegrass", "house", "doo-wop", "rock and roll",
    "reggaeton", "trance", "acoustic blues", "tango", "cumbia", "Middle Eastern", "Indian",
    "mariachi", "punk", "dancehall", "dub reggae", "solo guitar", "solo piano", "African",
    "chill-out", "samba",
)  # fmt: skip
RAPPED_OVER = (
    "boom-bap hip-hop", "trap hip-hop", "boom-bap hip-hop", "old-school electro rap",
    "trap hip-hop", "dancehall", "reggaeton", "funk", "dubstep",
)  # fmt: skip
SCREAMED_OVER = ("metal", "punk", "hard rock")
CHOIR_OVER = ("orchestral", "church organ", "gospel", "film music", "solo piano")


class Voices(NamedTuple):
    """A voice track as it is recorded, and what it is over, if anything."""

    samples: Samples
    over: str = ""


Maker = Callable[[np.random.Generator, Path, float], Voices]


def _treated(voice: Samples, rng: np.random.Generator) -> Samples:
    """As singers are recorded: a room, sometimes an echo, a second take or a telephone."""
    if rng.random() < 0.15:
        voice = echo(voice, float(rng.uniform(0.15, 0.45)), float(rng.uniform(0.2, 0.5)))
    if rng.random() < 0.08:
        voice = band(voice, 350.0, 3200.0, 3)
    if rng.random() < 0.8:
        voice = reverb(voice, float(rng.uniform(0.3, 1.5)), float(rng.uniform(0.1, 0.4)), rng)
    return voice


def _backing(
    name: str, rng: np.random.Generator, seconds: float, instrumental: bool = False
) -> Arrangement:
    """A piece whose melodies are mostly left to the singer."""
    arrangement = compose(STYLES[name], rng, seconds)
    sung = not instrumental and rng.random() < 0.8
    kept = [track for track in arrangement.tracks if not (track.lead and sung)]
    return replace(arrangement, tracks=kept or arrangement.tracks)


def _over(
    arrangement: Arrangement,
    voice: Samples,
    rng: np.random.Generator,
    sound_font: Path,
    seconds: float,
    louder_db: tuple[float, float] = (-7.0, 8.0),
) -> Voices:
    """The voice in front of the music, or behind it."""
    music = play(arrangement, sound_font, seconds, rng)
    gain = 10.0 ** (rng.uniform(*louder_db) / 20.0)
    return Voices(music / rms(music) + gain * voice / rms(voice), arrangement.style.name)


def _sung_over(rng: np.random.Generator, sound_font: Path, seconds: float) -> Voices:
    arrangement = _backing(str(rng.choice(SUNG_OVER)), rng, seconds)
    return _over(arrangement, _song(arrangement, rng, seconds), rng, sound_font, seconds)


def _song(arrangement: Arrangement, rng: np.random.Generator, seconds: float) -> Samples:
    """A singer, perhaps with a second take and others in harmony."""
    singer = draw_singer(rng)
    words = draw_words(singer, rng)
    notes = draw_tune(arrangement, singer.center, rng)
    voice = sing(singer, notes, words, seconds, rng)
    if rng.random() < 0.4:
        for shift in rng.choice([0, -4, 4, 8, 12], int(rng.integers(1, 3)), replace=False):
            other = draw_singer(rng, language=singer.speaker.language)
            others = in_harmony(arrangement, notes, int(shift)) if shift else notes
            voice = voice + 0.5 * sing(other, others, words, seconds, rng)
    return _treated(voice, rng)


def _solo(rng: np.random.Generator, sound_font: Path, seconds: float) -> Voices:
    arrangement = compose(STYLES[str(rng.choice(SUNG_OVER))], rng, seconds)
    singer = draw_singer(rng)
    notes = draw_tune(arrangement, singer.center, rng)
    return Voices(_treated(sing(singer, notes, draw_words(singer, rng), seconds, rng), rng))


def _a_cappella(rng: np.random.Generator, sound_font: Path, seconds: float) -> Voices:
    arrangement = compose(
        STYLES[str(rng.choice(["folk", "doo-wop", "gospel", "pop"]))], rng, seconds
    )
    lead = draw_singer(rng)
    words = draw_words(lead, rng)
    notes = draw_tune(arrangement, lead.center, rng)
    voice = sing(lead, notes, words, seconds, rng)
    for shift in (-5, 4, -12)[: int(rng.integers(2, 4))]:
        others = in_harmony(arrangement, notes, shift)
        voice = voice + 0.6 * sing(draw_singer(rng), others, words, seconds, rng)
    return Voices(_treated(voice, rng))


def _choir(arrangement: Arrangement, rng: np.random.Generator, seconds: float) -> Samples:
    """Four parts, a few singers each, all on the same words, in a large room."""
    children = rng.random() < 0.25
    centers = (64, 69, 74) if children else (46, 54, 62, 69)
    rhythms = fitting(arrangement, CHORALE)
    tune = melody(arrangement, rhythms, centers[-1], rng, gate=1.0, reach=6)
    language = str(rng.choice(["la", "en-us", "de", "it"]))
    words = draw_words(draw_singer(rng, language=language), rng)
    mix = np.zeros(int(seconds * 24_000))
    for center in centers:
        part = (
            tune if center == centers[-1] else in_harmony(arrangement, tune, center - centers[-1])
        )
        for _ in range(int(rng.integers(2, 4))):
            who = "child" if children else ("man" if center < 58 else "woman")
            singer = replace(draw_singer(rng, who, language), growl=0.0)
            late = [
                note._replace(onset=max(0.0, note.onset + float(rng.normal(0.0, 0.02))))
                for note in part
            ]
            mix += sing(singer, late, words, seconds, rng)
    return reverb(mix, float(rng.uniform(1.2, 4.0)), float(rng.uniform(0.4, 1.0)), rng)


def _choir_alone(rng: np.random.Generator, sound_font: Path, seconds: float) -> Voices:
    arrangement = compose(STYLES["choir, instruments' voices"], rng, seconds)
    return Voices(_choir(arrangement, rng, seconds))


def _choir_over(rng: np.random.Generator, sound_font: Path, seconds: float) -> Voices:
    arrangement = _backing(str(rng.choice(CHOIR_OVER)), rng, seconds)
    return _over(arrangement, _choir(arrangement, rng, seconds), rng, sound_font, seconds)


def _rapped_over(rng: np.random.Generator, sound_font: Path, seconds: float) -> Voices:
    arrangement = _backing(str(rng.choice(RAPPED_OVER)), rng, seconds)
    speaker = draw_speaker(rng, MALE if rng.random() < 0.7 else FEMALE, "en-us")
    voice = rap(arrangement, speaker, seconds, rng)
    if rng.random() < 0.3:
        voice = echo(voice, 60.0 / arrangement.tempo_bpm, 0.2)
    return _over(arrangement, voice, rng, sound_font, seconds, (-9.0, 4.0))


def _rap_alone(rng: np.random.Generator, sound_font: Path, seconds: float) -> Voices:
    arrangement = compose(STYLES[str(rng.choice(RAPPED_OVER))], rng, seconds)
    return Voices(rap(arrangement, draw_speaker(rng, language="en-us"), seconds, rng))


def _screamed_over(rng: np.random.Generator, sound_font: Path, seconds: float) -> Voices:
    arrangement = _backing(str(rng.choice(SCREAMED_OVER)), rng, seconds)
    singer = replace(
        draw_singer(rng, "man"), growl=float(rng.uniform(0.5, 1.0)), breath=1.0, effort=1.0
    )
    notes = draw_tune(arrangement, singer.center + int(rng.choice([-7, 0, 5])), rng)
    voice = sing(singer, notes, draw_words(singer, rng), seconds, rng)
    return _over(arrangement, _treated(voice, rng), rng, sound_font, seconds, (-3.0, 6.0))


def _spoken_over(rng: np.random.Generator, sound_font: Path, seconds: float) -> Voices:
    arrangement = _backing(str(rng.choice(list(STYLES))), rng, seconds, instrumental=True)
    voice = talk(draw_speaker(rng), seconds, rng)
    return _over(arrangement, voice, rng, sound_font, seconds, (-3.0, 15.0))


def _spoken(rng: np.random.Generator, sound_font: Path, seconds: float) -> Voices:
    return Voices(_treated(talk(draw_speaker(rng), seconds, rng), rng))


def _whispered(rng: np.random.Generator, sound_font: Path, seconds: float) -> Voices:
    return Voices(talk(draw_speaker(rng, WHISPERS), seconds, rng))


def _crowded(rng: np.random.Generator, sound_font: Path, seconds: float) -> Voices:
    people = int(rng.integers(3, 20))
    return Voices(reverb(crowd(seconds, rng, people), 1.0, 0.3, rng))


def _chanted(rng: np.random.Generator, sound_font: Path, seconds: float) -> Voices:
    arrangement = _backing(
        str(rng.choice(["rock", "drums alone", "punk", "disco", "samba"])), rng, seconds
    )
    voice = reverb(chant(arrangement, seconds, rng), 0.8, 0.4, rng)
    return _over(arrangement, voice, rng, sound_font, seconds)


VOICES: tuple[tuple[str, Maker], ...] = (
    ("song", _sung_over),
    ("rap", _rapped_over),
    ("song", _sung_over),
    ("solo singing", _solo),
    ("choir", _choir_alone),
    ("song", _sung_over),
    ("rap", _rapped_over),
    ("speech over music", _spoken_over),
    ("song", _sung_over),
    ("a cappella", _a_cappella),
    ("screamed song", _screamed_over),
    ("song", _sung_over),
    ("rap", _rapped_over),
    ("choir with instruments", _choir_over),
    ("song", _sung_over),
    ("rap alone", _rap_alone),
    ("speech", _spoken),
    ("song", _sung_over),
    ("chant", _chanted),
    ("solo singing", _solo),
    ("song", _sung_over),
    ("rap", _rapped_over),
    ("crowd", _crowded),
    ("song", _sung_over),
    ("whispering", _whispered),
)
"""The kinds of voice tracks, in the order in which they take turns."""


def make_voices(
    number: int, rng: np.random.Generator, sound_font: Path, seconds: float
) -> tuple[Samples, str]:
    """The `number`th voice track, mastered, and what it is, in words."""
    kind, maker = VOICES[number % len(VOICES)]
    made = maker(rng, sound_font, seconds)
    label = f"{kind} over {made.over}" if made.over else kind
    return leveled(made.samples, float(rng.uniform(-22.0, -13.0))), label
