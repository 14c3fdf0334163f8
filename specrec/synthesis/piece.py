"""The planted truth of a synthesized track: every factor that shapes its sound."""

from dataclasses import dataclass

import numpy as np

from specrec.synthesis.harmony import check_key
from specrec.synthesis.instruments import INSTRUMENTS
from specrec.synthesis.styles import STYLES, Range, Style

LIMITS: dict[str, Range] = {
    "seconds": (1.0, 3600.0),
    "tempo_bpm": (40.0, 240.0),
    "brightness_hz": (200.0, 20000.0),
    "noisiness": (0.0, 1.0),
    "percussiveness": (0.0, 1.0),
    "bass": (0.0, 1.0),
    "density": (0.0, 1.0),
    "loudness_db": (-40.0, -12.0),
}


@dataclass(frozen=True, kw_only=True)
class Piece:
    """What determines a track completely; change one field and only that factor changes.

    Attributes:
        style: The family, a name in `STYLES`: its rhythms, chord color, timing and room.
        seed: The seed of the melody, the timing and the noise, 0 or more.
        seconds: The length, 1 to 3600.
        tempo_bpm: The tempo in beats per minute, 40 to 240.
        key: The pitch class of the tonic, 0 (C) to 11 (B).
        mode: The scale, "major" or "minor".
        progression: The chords' roots as scale degrees 0 to 6, one per bar, repeated.
        brightness_hz: The cut-off of a two-pole low-pass over the mix, 200 to 20000; at or above
            half the sample rate it changes nothing.
        noisiness: The level of the pink noise beneath the music, 0 (none) to 1 (9 dB under it).
        percussiveness: The drums' share of the power of the dry mix, 0 to 1.
        bass: The bass line's share of the power of the pitched instruments, 0 to 1.
        density: How many of the style's rhythmic events sound, 0 (the few that matter) to 1.
        loudness_db: The RMS of the whole track in dB relative to full scale, -40 to -12.
        chord_instrument: What plays the chords, a name in `INSTRUMENTS`.
        lead_instrument: What plays the melody, a name in `INSTRUMENTS`.
        bass_instrument: What plays the bass line, a name in `INSTRUMENTS`.

    Raises:
        ValueError: If a value is unknown or out of range.
    """

    style: str
    seed: int
    seconds: float
    tempo_bpm: float
    key: int
    mode: str
    progression: tuple[int, ...]
    brightness_hz: float
    noisiness: float
    percussiveness: float
    bass: float
    density: float
    loudness_db: float
    chord_instrument: str
    lead_instrument: str
    bass_instrument: str

    def __post_init__(self) -> None:
        if self.style not in STYLES:
            raise ValueError(f"style {self.style!r} is unknown; give one of {', '.join(STYLES)}")
        if self.seed < 0:
            raise ValueError(f"seed {self.seed} is negative; give 0 or more")
        check_key(self.key, self.mode)
        if not self.progression or not all(0 <= degree <= 6 for degree in self.progression):
            raise ValueError(
                f"progression {self.progression} must hold scale degrees from 0 (I) to 6 (VII)"
            )
        for name, (low, high) in LIMITS.items():
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} {getattr(self, name)} must be from {low} to {high}")
        for name in ("chord_instrument", "lead_instrument", "bass_instrument"):
            if getattr(self, name) not in INSTRUMENTS:
                raise ValueError(
                    f"{name} {getattr(self, name)!r} is unknown; "
                    f"give one of {', '.join(INSTRUMENTS)}"
                )


def draw_piece(style: Style, rng: np.random.Generator, seconds: float = 20.0) -> Piece:
    """Draws a piece of a family, each factor uniformly from the family's range.

    Args:
        style: The family, or a narrowed copy of it.
        rng: The generator that draws everything.
        seconds: The length of the piece, 1 to 3600.

    Raises:
        ValueError: If `seconds` is out of range.
    """
    return Piece(
        style=style.name,
        seed=int(rng.integers(2**31)),
        seconds=seconds,
        tempo_bpm=round(rng.uniform(*style.tempo_bpm), 1),
        key=int(rng.integers(12)),
        mode="minor" if rng.random() < style.minor_share else "major",
        progression=style.progressions[rng.integers(len(style.progressions))],
        brightness_hz=round(rng.uniform(*style.brightness_hz), 0),
        noisiness=round(rng.uniform(*style.noisiness), 3),
        percussiveness=round(rng.uniform(*style.percussiveness), 3),
        bass=round(rng.uniform(*style.bass), 3),
        density=round(rng.uniform(*style.density), 3),
        loudness_db=round(rng.uniform(*style.loudness_db), 1),
        chord_instrument=str(rng.choice(style.chord_instruments)),
        lead_instrument=str(rng.choice(style.lead_instruments)),
        bass_instrument=str(rng.choice(style.bass_instruments)),
    )
