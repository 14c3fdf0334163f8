"""Chords and scales as semitones over the tonic, more kinds than the synthesizer's own."""

import re

SCALES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "phrygian dominant": (0, 1, 4, 5, 7, 8, 10),
    "double harmonic": (0, 1, 4, 5, 7, 8, 11),
    "major pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
    "hirajoshi": (0, 2, 3, 7, 8),
    "in sen": (0, 1, 5, 7, 10),
    "whole tone": (0, 2, 4, 6, 8, 10),
}
CHORDS: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "5": (0, 7, 12),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "7": (0, 4, 7, 10),
    "M7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
    "9": (0, 4, 10, 14),
    "m9": (0, 3, 10, 14),
    "sus": (0, 5, 7),
    "o": (0, 3, 6, 9),
    "h": (0, 3, 6, 10),
}
_SYMBOL = re.compile(r"([b#]?)([1-7])(\D.*|[5679]|)")
_DEGREES = (0, 2, 4, 5, 7, 9, 11)


def chord_tones(symbol: str) -> tuple[int, ...]:
    """The tones of a chord, root first, in semitones over the tonic.

    A symbol is the root's degree in the major scale, perhaps lowered or raised, and the kind
    of chord: `1`, `2m7`, `b7`, `57` (the dominant seventh), `7h` (half-diminished).

    >>> chord_tones("57")
    (7, 11, 14, 17)

    Raises:
        ValueError: If there is no such chord.
    """
    match = _SYMBOL.fullmatch(symbol)
    if match is None or match[3] not in CHORDS:
        raise ValueError(f"{symbol!r} is no chord")
    root = _DEGREES[int(match[2]) - 1] + {"b": -1, "#": 1, "": 0}[match[1]]
    return tuple(root + interval for interval in CHORDS[match[3]])


def pitches_within(classes: set[int], low: int, high: int) -> list[int]:
    """All MIDI pitches from `low` to `high` whose pitch class is among these."""
    return [pitch for pitch in range(low, high + 1) if pitch % 12 in classes]


def nearest(pitch: float, among: list[int]) -> int:
    """The pitch among these that is nearest."""
    return min(among, key=lambda other: abs(other - pitch))
