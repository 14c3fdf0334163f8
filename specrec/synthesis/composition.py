"""From a piece to its notes: chords with voice leading, a bass line, a melody, drums."""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from specrec.shapes import Float64
from specrec.synthesis.harmony import chord_pitch_classes, scale_pitch, voice
from specrec.synthesis.piece import Piece
from specrec.synthesis.styles import STYLES, Style

STEPS_PER_BAR = 16
BASS_LOWEST = 28
FORM = (0, 0, 1, 0)
MOTIF_STEPS = 2 * STEPS_PER_BAR
LONGEST_LEAD_STEPS = 8


class Note(NamedTuple):
    """One note: when its key goes down, how long it's held, its MIDI pitch, its force (0 to 1)."""

    onset_seconds: float
    gate_seconds: float
    pitch: int
    velocity: float


class Hit(NamedTuple):
    """One stroke of a drum: when, on which drum, and how hard (0 to 1)."""

    onset_seconds: float
    drum: str
    velocity: float


@dataclass(frozen=True)
class Score:
    """All the events of a piece."""

    chords: list[Note]
    lead: list[Note]
    bass: list[Note]
    drums: list[Hit]


def compose(piece: Piece) -> Score:
    """Writes the score of a piece.

    Each part draws from a stream of its own, and what's drawn for a sixteenth doesn't depend
    on whether it sounds. So the parts and the factors don't disturb each other.
    """
    style = STYLES[piece.style]
    bars = int(np.ceil(piece.seconds * piece.tempo_bpm / 240.0))
    grid = _grid(piece.tempo_bpm, style.swing, bars)
    chords, lead, bass, drums = (np.random.default_rng([piece.seed, part]) for part in range(4))
    return Score(
        chords=_chords(piece, style, grid, chords),
        lead=_lead(piece, style, grid, lead),
        bass=_bass(piece, style, grid, bass),
        drums=_drums(piece, style, grid, drums),
    )


def _grid(tempo_bpm: float, swing: float, bars: int) -> Float64[np.ndarray, " edges"]:
    """The time at which each sixteenth starts, and at which the last one ends, in seconds."""
    beat = np.arange(bars * STEPS_PER_BAR + 1) / 4.0
    whole, part = np.divmod(beat, 1.0)
    swung = np.where(part < 0.5, 2.0 * swing * part, 1.0 - 2.0 * (1.0 - swing) * (1.0 - part))
    return (whole + swung) * 60.0 / tempo_bpm


def _sounding(
    rhythm: str, density: float, steps: int, rng: np.random.Generator, freedom: float
) -> list[tuple[int, float]]:
    """The sixteenths of a rhythm that sound at this density, each with its velocity."""
    pattern = np.array([int(mark) for mark in rhythm.replace(" ", "").replace(".", "0")]) / 9.0
    importance = np.resize(pattern, steps)
    drift = np.resize(rng.normal(0.0, freedom, MOTIF_STEPS), steps)
    touch = rng.uniform(-0.08, 0.08, steps)
    heard = (importance > 0) & (importance + drift * (importance < 1) >= 1.0 - density)
    velocity = 0.35 + 0.57 * importance + touch
    return [(int(step), float(velocity[step])) for step in np.flatnonzero(heard)]


def _loose(
    grid: Float64[np.ndarray, " edges"], style: Style, rng: np.random.Generator
) -> Float64[np.ndarray, " edges"]:
    """The grid as human players keep it: each start a little early or late."""
    late = rng.normal(0.0, 1.0, grid.size).clip(-2, 2) * style.looseness_seconds
    return np.maximum(grid + late, 0.0)


def _chords(
    piece: Piece, style: Style, grid: Float64[np.ndarray, " edges"], rng: np.random.Generator
) -> list[Note]:
    steps = grid.size - 1
    voicings: list[list[int]] = [[]]
    for bar in range(steps // STEPS_PER_BAR):
        degree = piece.progression[bar % len(piece.progression)]
        classes = chord_pitch_classes(degree, style.chord_shape, piece.key, piece.mode)
        voicings.append(voice(classes, style.chord_lowest, voicings[-1]))
    size = len(style.chord_shape)
    wave = [*range(size), *range(size - 2, 0, -1)]
    sounding = _sounding(style.chord_rhythm, piece.density, steps, rng, 0.0)
    onsets = _loose(grid, style, rng)
    notes = []
    for (step, velocity), (following, _) in pairwise([*sounding, (steps, 0.0)]):
        bar = step // STEPS_PER_BAR
        gate = float(grid[min(following, (bar + 1) * STEPS_PER_BAR)] - grid[step])
        pitches = voicings[bar + 1]
        if style.arpeggio:
            pitches = [pitches[wave[step // style.arpeggio % len(wave)]]]
        for place, pitch in enumerate(pitches):
            onset = float(onsets[step]) + place * style.strum_seconds
            notes.append(Note(onset, gate, pitch, velocity))
    return notes


def _bass(
    piece: Piece, style: Style, grid: Float64[np.ndarray, " edges"], rng: np.random.Generator
) -> list[Note]:
    steps = grid.size - 1
    sounding = _sounding(style.bass_rhythm, piece.density, steps, rng, 0.0)
    onsets = _loose(grid, style, rng)
    notes = []
    for (step, velocity), (following, _) in pairwise([*sounding, (steps, 0.0)]):
        bar, within = divmod(step, STEPS_PER_BAR)
        degree = piece.progression[bar % len(piece.progression)]
        over_root = style.bass_figure[within * len(style.bass_figure) // STEPS_PER_BAR]
        root = scale_pitch(degree, piece.mode, degree)
        interval = scale_pitch(degree + over_root, piece.mode, degree) - root
        pitch = BASS_LOWEST + (piece.key + root - BASS_LOWEST) % 12 + interval
        gate = 0.92 * float(grid[min(following, (bar + 1) * STEPS_PER_BAR)] - grid[step])
        notes.append(Note(float(onsets[step]), gate, pitch, velocity))
    return notes


def _lead(
    piece: Piece, style: Style, grid: Float64[np.ndarray, " edges"], rng: np.random.Generator
) -> list[Note]:
    """A melody of two motifs, each two bars long, in the form AABA.

    A motif is a contour in scale steps that wanders and is drawn back to the middle; on the
    beat it's bent to the nearest tone of the chord. Longer pieces begin with two bars without it.
    """
    steps = grid.size - 1
    motifs = [_contour(rng) for _ in range(2)]
    sounding = _sounding(style.lead_rhythm, piece.density, steps, rng, 0.12)
    onsets = _loose(grid, style, rng)
    tonic = style.lead_center - 5 + (piece.key - style.lead_center + 5) % 12
    entry = MOTIF_STEPS if steps >= 3 * MOTIF_STEPS else 0
    notes = []
    for (step, velocity), (following, _) in pairwise([*sounding, (steps, 0.0)]):
        if step < entry:
            continue
        bar = step // STEPS_PER_BAR
        degree = piece.progression[bar % len(piece.progression)]
        motif = motifs[FORM[step // MOTIF_STEPS % len(FORM)]]
        height = int(motif[step % MOTIF_STEPS])
        if step % 4 == 0:
            tones = {(degree + over_root) % 7 for over_root in style.chord_shape}
            reach = range(height - 3, height + 4)
            height = min(
                (near for near in reach if near % 7 in tones), key=lambda near: abs(near - height)
            )
        pitch = tonic + scale_pitch(height, piece.mode, degree)
        gate = 0.95 * float(grid[min(following, step + LONGEST_LEAD_STEPS)] - grid[step])
        notes.append(Note(float(onsets[step]), gate, pitch, velocity))
    return notes


def _contour(rng: np.random.Generator) -> list[int]:
    """A wandering line of scale steps around 0, one step per sixteenth, within about an octave."""
    height = rng.normal(0.0, 2.0)
    line = []
    for stride in rng.normal(0.0, 1.1, MOTIF_STEPS):
        height = 0.92 * height + stride
        line.append(round(height))
    return line


def _drums(
    piece: Piece, style: Style, grid: Float64[np.ndarray, " edges"], rng: np.random.Generator
) -> list[Hit]:
    onsets = _loose(grid, style, rng)
    return [
        Hit(float(onsets[step]), drum, velocity**1.5)
        for drum, rhythm in style.drums.items()
        for step, velocity in _sounding(rhythm, piece.density, grid.size - 1, rng, 0.0)
    ]
