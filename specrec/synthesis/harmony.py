"""Scales, chords and voice leading, in MIDI note numbers (69 is A4, 440 Hz)."""

from collections.abc import Sequence

SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
}
DOMINANT = 4


def midi_to_hz(pitch: float) -> float:
    """The frequency in Hz of a MIDI note number, in equal temperament with A4 at 440 Hz."""
    return float(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))


def scale_pitch(step: int, mode: str, degree: int) -> int:
    """How many semitones a scale step is above the tonic, while the chord on `degree` sounds.

    Args:
        step: The scale step, counted from the tonic; 7 is the octave, negative steps are below.
        mode: "major" or "minor".
        degree: The scale degree of the chord's root, 0 to 6. Over the dominant (4) the minor
            scale has its raised seventh, as in the harmonic minor.
    """
    octave, within = divmod(step, 7)
    raised = mode == "minor" and degree == DOMINANT and within == 6
    return 12 * octave + SCALES[mode][within] + raised


def chord_pitch_classes(degree: int, shape: Sequence[int], key: int, mode: str) -> list[int]:
    """The pitch classes (0 to 11) of a chord, whose `shape` is in scale steps over its root."""
    return [(key + scale_pitch(degree + step, mode, degree)) % 12 for step in shape]


def voice(pitch_classes: Sequence[int], lowest: int, previous: Sequence[int]) -> list[int]:
    """The inversion of a chord that moves least from the previous chord.

    Args:
        pitch_classes: The chord's tones, 0 to 11, root first.
        lowest: The MIDI note number at or above which the voicing starts.
        previous: The chord before, of as many notes; empty at the start.

    Returns:
        The MIDI note numbers of the chord, ascending.
    """
    voicings = []
    for turn in range(len(pitch_classes)):
        first, *rest = [*pitch_classes[turn:], *pitch_classes[:turn]]
        pitches = [lowest + (first - lowest) % 12]
        for pitch_class in rest:
            pitches.append(pitches[-1] + 1 + (pitch_class - pitches[-1] - 1) % 12)
        voicings.append(pitches)
    targets = previous or [lowest + 8] * len(pitch_classes)
    return min(voicings, key=lambda v: sum(abs(a - b) for a, b in zip(v, targets, strict=True)))


def check_key(key: int, mode: str) -> None:
    """Raises ValueError unless `key` is a pitch class (0 to 11) and `mode` a known scale."""
    if not 0 <= key <= 11:
        raise ValueError(f"key {key} is no pitch class; give 0 (C) to 11 (B)")
    if mode not in SCALES:
        raise ValueError(f"mode {mode!r} is unknown; give one of {', '.join(SCALES)}")
