"""What a piece consists of, from the description of its style to its notes."""

from dataclasses import dataclass, field
from typing import NamedTuple

Range = tuple[float, float]


@dataclass(frozen=True)
class Part:
    """What one player of a band does.

    Attributes:
        role: "chords", "power" (root and fifth), "arpeggio", "bass", "walk", "lead" or "drone".
        instruments: Names of `instruments.FAMILIES`, single GM programs, or the synthesizer's own
            instruments; one of them is drawn.
        rhythms: Patterns of velocities 1 to 9 and rests, one mark a step; one of them is drawn.
        center: The MIDI pitch around which it plays.
        chance: How likely it is to take part.
        volume: From 0 to 1.
        effect: What its sound goes through: "", "overdrive" or "distortion".
        gate: The share of the time until its next note for which a note is held.
        bend: How likely a note is to slide up to its pitch.
        strum: Seconds from one tone of a chord to the next.
        scale: A scale of its own for its melody; else the piece's.
        figure: Of a bass, which tones of the chord it plays in turn; of an arpeggio, in what order.
    """

    role: str
    instruments: tuple[str | int, ...]
    rhythms: tuple[str, ...]
    center: int
    chance: float = 1.0
    volume: float = 0.8
    effect: str = ""
    gate: float = 0.95
    bend: float = 0.0
    strum: float = 0.0
    scale: str = ""
    figure: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Style:
    """A kind of music: who plays, on which chords and rhythms, how fast.

    Attributes:
        name: As the manifest says it.
        tempo: Beats a minute.
        progressions: Chords, one a bar (see `harmony.chord_tones`).
        scales: Of the melody; one is drawn, the same place as the progression's if as many.
        parts: The players.
        drums: Patterns of each drum; one of them is drawn for a piece.
        drums_chance: How likely there are drums.
        kits: GM kits.
        beats: Of a bar.
        steps: Of a bar; patterns repeat, whatever their length.
        swing: The share of a beat at which its second half starts; 0.5 is even.
        swung_beats: What is swung: a beat, or half of one.
        looseness: How early or late players are, in seconds.
        room: Seconds of reverberation.
        finish: How the whole may sound: "clean", "loud", "tape", "old record", "lo-fi".
    """

    name: str
    tempo: Range
    progressions: tuple[str, ...]
    parts: tuple[Part, ...]
    drums: dict[str, tuple[str, ...]] = field(default_factory=dict)
    scales: tuple[str, ...] = ("major",)
    drums_chance: float = 1.0
    kits: tuple[int, ...] = (0, 8)
    beats: int = 4
    steps: int = 16
    swing: Range = (0.5, 0.5)
    swung_beats: float = 1.0
    looseness: float = 0.008
    room: Range = (0.3, 1.2)
    finish: tuple[str, ...] = ("clean",)


class Note(NamedTuple):
    """One note: when and for how long in seconds, its MIDI pitch, its velocity 0 to 1."""

    onset: float
    seconds: float
    pitch: int
    velocity: float
    bend: float = 0.0
    """From how many semitones below the pitch it slides up."""


@dataclass
class Track:
    """The notes of one player.

    Attributes:
        instrument: A GM program, or a name of the synthesizer's own instruments; for drums the kit.
        notes: What is played; for drums a pitch is a GM percussion key.
        volume: From 0 to 1.
        effect: What the sound goes through.
        drums: Whether this is the drummer.
        lead: Whether this is a melody, which a singer may take over.
    """

    instrument: int | str
    notes: list[Note]
    volume: float = 0.8
    effect: str = ""
    drums: bool = False
    lead: bool = False


@dataclass(frozen=True)
class Arrangement:
    """A piece, ready to be played.

    Attributes:
        style: Its style.
        tempo_bpm: Beats a minute.
        key: The tonic's pitch class.
        scale: The pitch classes of its scale.
        chords: The pitch classes of each bar's chord, root first.
        edges: When each step starts, and when the last one ends, in seconds.
        tracks: The players.
    """

    style: Style
    tempo_bpm: float
    key: int
    scale: tuple[int, ...]
    chords: list[tuple[int, ...]]
    edges: list[float]
    tracks: list[Track]

    def chord_at(self, step: int) -> tuple[int, ...]:
        """The pitch classes of the chord during a step."""
        return self.chords[min(step // self.style.steps, len(self.chords) - 1)]
