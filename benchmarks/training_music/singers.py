"""Who sings, which words, and on which notes."""

from dataclasses import replace

import numpy as np

from benchmarks.training_music.composing import melody
from benchmarks.training_music.harmony import nearest, pitches_within
from benchmarks.training_music.score import Arrangement, Note
from benchmarks.training_music.singing import Singer
from benchmarks.training_music.speech import FEMALE, MALE, draw_speaker
from benchmarks.training_music.texts import VOCALISES, words_of

_LINES = {
    16: ("9...7...8...7...", "9.7.8...9.......", "..9.8.7.9...8...", "9.......7.8.....",
         "9.8.7.8.9.8.....", "....9.8.9.......", "9...............", "9..8..7.9..8...."),
    12: ("9...7...8...", "9.......7...", "9.8.7...9...", "9..........."),
}  # fmt: skip
CHORALE = {16: ("9.......8.......", "9...8...9.......", "9..............."), 12: ("9.....8.....",)}


def draw_singer(rng: np.random.Generator, who: str = "", language: str = "") -> Singer:
    """A "man", "woman" or "child"; the voices of men and women are equally likely."""
    who = who or str(rng.choice(["man", "woman", "man", "woman", "child"]))
    low, high, formants = {
        "man": (47, 62, (0.86, 1.04)),
        "woman": (59, 72, (1.0, 1.16)),
        "child": (67, 76, (1.15, 1.3)),
    }[who]
    speaker = draw_speaker(rng, MALE if who == "man" else FEMALE, language)
    return Singer(
        speaker=replace(speaker, pitch=45),
        center=int(rng.integers(low, high)),
        formants=float(rng.uniform(*formants)),
        vibrato=float(rng.choice([0.2, 0.4, 0.6, 0.8, 1.0])),
        vibrato_hz=float(rng.uniform(4.6, 6.6)),
        breath=float(rng.uniform(0.02, 0.3)),
        glide=float(rng.uniform(0.03, 0.14)),
        growl=float(rng.choice([0.0, 0.0, 0.0, 0.0, 0.15])),
        effort=float(rng.uniform(-0.3, 1.5)),
    )


def draw_words(singer: Singer, rng: np.random.Generator) -> list[str]:
    """Words of the singer's language, or now and then only vowels."""
    if rng.random() < 0.25:
        return list(VOCALISES[int(rng.integers(len(VOCALISES)))])
    return words_of(rng, singer.speaker.word_list, int(rng.integers(6, 14)))


def draw_tune(arrangement: Arrangement, center: int, rng: np.random.Generator) -> list[Note]:
    """A melody to sing."""
    return melody(
        arrangement, fitting(arrangement, _LINES), center, rng,
        density=float(rng.uniform(0.5, 1.0)), gate=float(rng.uniform(0.75, 1.0)), bend=0.25,
        reach=8,
    )  # fmt: skip


def in_harmony(arrangement: Arrangement, notes: list[Note], shift: int) -> list[Note]:
    """Another voice on the chord's tones, so many semitones away."""
    starts = np.array(arrangement.edges[:-1])
    moved = []
    for note in notes:
        step = int(np.clip(np.searchsorted(starts, note.onset + 0.02) - 1, 0, starts.size - 1))
        tones = pitches_within(
            set(arrangement.chord_at(step)), note.pitch + shift - 6, note.pitch + shift + 6
        )
        moved.append(note._replace(pitch=nearest(note.pitch + shift, tones)))
    return moved


def fitting(arrangement: Arrangement, patterns: dict[int, tuple[str, ...]]) -> tuple[str, ...]:
    """Patterns for the bars of this piece."""
    steps = arrangement.style.steps
    if steps == 32:
        return tuple("".join(mark + "." for mark in pattern) for pattern in patterns[16])
    return patterns[steps]
