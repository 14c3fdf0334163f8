"""Ten families of music that a listener tells apart.

A rhythm is a string of sixteenth notes, four beats of four to a bar, repeated as needed; spaces
stand between the bars. A digit is how much the event matters: 9 always sounds, 1 only when the
piece is at its densest, and a dot never. So a denser piece adds events and moves none.
"""

from dataclasses import dataclass

Range = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Style:
    """What the tracks of one family share, and the ranges within which they differ.

    Attributes:
        name: The family, which is the genre too.
        tempo_bpm: The lowest and the highest tempo in beats per minute, as in `Piece`; the next
            six are ranges of `Piece` too.
        brightness_hz: The range of the mix's low-pass cut-off.
        noisiness: The range of the pink noise's level.
        percussiveness: The range of the drums' share of the power.
        bass: The range of the bass line's share of the power.
        density: The range of the density of events.
        loudness_db: The range of the RMS.
        minor_share: The probability of a minor key, 0 to 1.
        progressions: Chords' roots as scale degrees 0 to 6, one per bar, to choose from.
        chord_instruments: What may play the chords, names in `INSTRUMENTS`.
        lead_instruments: What may play the melody, names in `INSTRUMENTS`.
        bass_instruments: What may play the bass line, names in `INSTRUMENTS`.
        chord_shape: The scale steps over the root that make a chord.
        chord_lowest: The lowest MIDI note at which a voicing may start.
        chord_rhythm: The rhythm of the chords.
        arpeggio: How many sixteenths each note of a broken chord has; 0 plays the notes together.
        strum_seconds: The delay from each note of a chord to the next.
        lead_center: The MIDI note around which the melody moves.
        lead_rhythm: The rhythm of the melody.
        lead_share: The melody's share of the power of melody and chords, 0 to 1.
        bass_rhythm: The rhythm of the bass line.
        bass_figure: The bass line's scale steps over the chord's root, spread evenly over the bar.
        drums: The rhythm of each voice in `DRUMS`.
        swing: Where the off-beat eighth falls within the beat: 0.5 is straight, 2/3 triplets.
        looseness_seconds: The standard deviation of the players' timing.
        pump: How far the music ducks at each beat, 0 to 1.
        reverb_seconds: How long it takes the room's echo to fall by 60 dB.
        reverb_share: The level of the room beside the dry sound, 0 to 1.
    """

    name: str
    tempo_bpm: Range
    brightness_hz: Range
    noisiness: Range
    percussiveness: Range
    bass: Range
    density: Range
    loudness_db: Range
    minor_share: float
    progressions: tuple[tuple[int, ...], ...]
    chord_instruments: tuple[str, ...]
    lead_instruments: tuple[str, ...]
    bass_instruments: tuple[str, ...]
    chord_shape: tuple[int, ...]
    chord_lowest: int
    chord_rhythm: str
    arpeggio: int
    strum_seconds: float
    lead_center: int
    lead_rhythm: str
    lead_share: float
    bass_rhythm: str
    bass_figure: tuple[int, ...]
    drums: dict[str, str]
    swing: float
    looseness_seconds: float
    pump: float
    reverb_seconds: float
    reverb_share: float


FOLK = Style(
    name="folk", tempo_bpm=(84, 112), brightness_hz=(4000, 7000), noisiness=(0.0, 0.1),
    percussiveness=(0.02, 0.1), bass=(0.15, 0.3), density=(0.45, 0.85), loudness_db=(-21, -17),
    minor_share=0.25, progressions=((0, 4, 5, 3), (0, 3, 0, 4), (5, 3, 0, 4), (0, 2, 3, 4)),
    chord_instruments=("steel_guitar", "nylon_guitar"),
    lead_instruments=("flute", "nylon_guitar", "steel_guitar"),
    bass_instruments=("upright_bass",), chord_shape=(0, 2, 4, 7), chord_lowest=48,
    chord_rhythm="9.4.7.3.8.4.6.2.", arpeggio=2, strum_seconds=0.0, lead_center=72,
    lead_rhythm="9...6.8.7.5.8.5. 9.5.7.6.8....... 9...5.8.6.7.5.8. 9.......5.......",
    lead_share=0.4, bass_rhythm="9.......8...3...", bass_figure=(0, 0, 4, 4),
    drums={"shaker": "6.3.8.2.5.3.8.21", "brush": "....9.......9...", "kick": "9.......7.4....."},
    swing=0.53, looseness_seconds=0.008, pump=0.0, reverb_seconds=1.3, reverb_share=0.2,
)  # fmt: skip

AMBIENT = Style(
    name="ambient", tempo_bpm=(58, 78), brightness_hz=(1200, 2600), noisiness=(0.15, 0.35),
    percussiveness=(0.0, 0.01), bass=(0.2, 0.45), density=(0.1, 0.45), loudness_db=(-27, -22),
    minor_share=0.4, progressions=((0, 3), (0, 5, 3, 3), (0, 2, 3, 3), (3, 0, 5, 5)),
    chord_instruments=("pad", "strings"), lead_instruments=("bell", "electric_piano", "flute"),
    bass_instruments=("sub_bass",), chord_shape=(0, 2, 4, 8), chord_lowest=52,
    chord_rhythm="9...............", arpeggio=0, strum_seconds=0.06, lead_center=76,
    lead_rhythm="9.......6....... ....8.....5..... 9.........7..... ................",
    lead_share=0.25, bass_rhythm="9...............", bass_figure=(0,),
    drums={"tom": "9............... ................", "shaker": "....5.......5..."},
    swing=0.5, looseness_seconds=0.02, pump=0.0, reverb_seconds=3.5, reverb_share=0.7,
)  # fmt: skip

HOUSE = Style(
    name="house", tempo_bpm=(118, 127), brightness_hz=(5500, 8500), noisiness=(0.0, 0.05),
    percussiveness=(0.35, 0.5), bass=(0.35, 0.5), density=(0.45, 0.75), loudness_db=(-16, -13.5),
    minor_share=0.7, progressions=((0, 5, 3, 6), (0, 3, 5, 6), (5, 6, 0, 0), (0, 2, 5, 3)),
    chord_instruments=("organ", "electric_piano", "piano"),
    lead_instruments=("saw_lead", "flute", "organ"),
    bass_instruments=("synth_bass",), chord_shape=(0, 2, 4, 6), chord_lowest=53,
    chord_rhythm="..9...8...9..6.. 9.....9...8..5..", arpeggio=0, strum_seconds=0.0,
    lead_center=74,
    lead_rhythm="9..7..8.....5... ..8...6.9....... 9..7..8...5.6... 9...............",
    lead_share=0.3, bass_rhythm="..9.3.9.4.9...9.", bass_figure=(0, 0, 7, 0),
    drums={
        "kick": "9...9...9...9...", "open_hat": "..8...8...8...8.", "clap": "....9.......9...",
        "closed_hat": "5463547354635473",
    },
    swing=0.53, looseness_seconds=0.0, pump=0.6, reverb_seconds=0.9, reverb_share=0.15,
)  # fmt: skip

TECHNO = Style(
    name="techno", tempo_bpm=(129, 140), brightness_hz=(4500, 9000), noisiness=(0.1, 0.25),
    percussiveness=(0.5, 0.7), bass=(0.5, 0.7), density=(0.6, 0.95), loudness_db=(-15, -13),
    minor_share=1.0, progressions=((0,), (0, 0, 0, 5), (0, 0, 5, 5)),
    chord_instruments=("saw_lead", "square"), lead_instruments=("square", "saw_lead", "bell"),
    bass_instruments=("synth_bass", "reese_bass"), chord_shape=(0, 2, 4), chord_lowest=50,
    chord_rhythm="...9.....6.9....", arpeggio=0, strum_seconds=0.0, lead_center=67,
    lead_rhythm="9..6.59..6..7.5.", lead_share=0.4, bass_rhythm="..78.978.877.987",
    bass_figure=(0, 0, 0, 7, 0, 0, 0, 2),
    drums={
        "kick": "9...9...9...9...", "closed_hat": "3487348734873487",
        "open_hat": "..6...6...6...6.", "clap": "............6...",
        "tom": "................ ...........5..6.",
    },
    swing=0.5, looseness_seconds=0.0, pump=0.5, reverb_seconds=1.6, reverb_share=0.2,
)  # fmt: skip

CHIPTUNE = Style(
    name="chiptune", tempo_bpm=(132, 165), brightness_hz=(8500, 10500), noisiness=(0.0, 0.0),
    percussiveness=(0.12, 0.25), bass=(0.25, 0.4), density=(0.4, 0.85), loudness_db=(-17, -14),
    minor_share=0.35, progressions=((0, 4, 5, 3), (0, 5, 3, 4), (5, 6, 0, 0), (0, 0, 3, 4)),
    chord_instruments=("pulse", "square"), lead_instruments=("square", "pulse"),
    bass_instruments=("triangle",), chord_shape=(0, 2, 4), chord_lowest=60,
    chord_rhythm="9375837594758375", arpeggio=1, strum_seconds=0.0, lead_center=81,
    lead_rhythm="9.7.8.679.7.86.. 9.6.87..9...7...", lead_share=0.55,
    bass_rhythm="9.7.8.7.9.7.8.7.", bass_figure=(0, 7, 0, 7, 0, 7, 4, 7),
    drums={
        "closed_hat": "7.8.7.8.7.8.7.86", "snare": "....9.......9..4", "kick": "9..4..7.9...7...",
    },
    swing=0.5, looseness_seconds=0.0, pump=0.0, reverb_seconds=0.3, reverb_share=0.03,
)  # fmt: skip

METAL = Style(
    name="metal", tempo_bpm=(140, 185), brightness_hz=(5500, 8500), noisiness=(0.15, 0.3),
    percussiveness=(0.3, 0.45), bass=(0.12, 0.22), density=(0.45, 0.9), loudness_db=(-14, -12),
    minor_share=1.0, progressions=((0, 0, 5, 6), (0, 5, 2, 6), (0, 0, 1, 4), (0, 3, 5, 4)),
    chord_instruments=("distorted_guitar",), lead_instruments=("distorted_guitar", "saw_lead"),
    bass_instruments=("reese_bass", "synth_bass"), chord_shape=(0, 4), chord_lowest=40,
    chord_rhythm="9.549.549.537.6. 9.549.549...8.4.", arpeggio=0, strum_seconds=0.0,
    lead_center=69, lead_rhythm="9...7.8.9...6.7. 8.7.6.5.9.......", lead_share=0.25,
    bass_rhythm="9.549.549.537.6.", bass_figure=(0,),
    drums={
        "kick": "9.349.349.349.34", "snare": "....9.......9... ....9.......9.55",
        "open_hat": "9...8...9...8...", "tom": "................ ............67..",
    },
    swing=0.5, looseness_seconds=0.004, pump=0.0, reverb_seconds=0.7, reverb_share=0.08,
)  # fmt: skip

JAZZ = Style(
    name="jazz", tempo_bpm=(120, 180), brightness_hz=(3500, 6000), noisiness=(0.05, 0.15),
    percussiveness=(0.1, 0.2), bass=(0.35, 0.5), density=(0.4, 0.8), loudness_db=(-21, -17),
    minor_share=0.4, progressions=((1, 4, 0, 5), (0, 5, 1, 4), (2, 5, 1, 4), (0, 3, 1, 4)),
    chord_instruments=("piano", "electric_piano"),
    lead_instruments=("nylon_guitar", "horn", "piano"),
    bass_instruments=("upright_bass",), chord_shape=(0, 2, 4, 6), chord_lowest=52,
    chord_rhythm="9.....8.....5... ..8.....9...4... 9.....6...8..... ....7.....9.....",
    arpeggio=0, strum_seconds=0.004, lead_center=72,
    lead_rhythm="9.6.7.4.5.6.3.8. 5.6.4.8......... ..7.8.5.6.4.5.6. 8...6.....3.....",
    lead_share=0.5, bass_rhythm="9...9...9...9.3.", bass_figure=(0, 2, 4, 5),
    drums={
        "ride": "9...8.7.9...8.7.", "closed_hat": "....9.......9...", "brush": "....6.4.....6.5.",
        "kick": "6.......5.......",
    },
    swing=0.66, looseness_seconds=0.009, pump=0.0, reverb_seconds=1.0, reverb_share=0.15,
)  # fmt: skip

ORCHESTRAL = Style(
    name="orchestral", tempo_bpm=(68, 100), brightness_hz=(3000, 5500), noisiness=(0.0, 0.08),
    percussiveness=(0.02, 0.08), bass=(0.25, 0.4), density=(0.3, 0.7), loudness_db=(-24, -19),
    minor_share=0.55, progressions=((0, 3, 4, 0), (0, 5, 3, 4), (0, 4, 5, 2), (0, 6, 5, 4)),
    chord_instruments=("strings",), lead_instruments=("horn", "strings", "flute"),
    bass_instruments=("strings",), chord_shape=(0, 2, 4, 7), chord_lowest=50,
    chord_rhythm="9.......6...4...", arpeggio=0, strum_seconds=0.01, lead_center=72,
    lead_rhythm="9.....7.8...6... 9...6.7.8....... 8.....7.9...5.6. 9...............",
    lead_share=0.45, bass_rhythm="9.......5...3...", bass_figure=(0, 0, 4, 2),
    drums={"tom": "9............... 9...........4.55", "ride": "5............... ................"},
    swing=0.5, looseness_seconds=0.012, pump=0.0, reverb_seconds=2.4, reverb_share=0.45,
)  # fmt: skip

LO_FI = Style(
    name="lo-fi hip hop", tempo_bpm=(70, 88), brightness_hz=(1600, 2800), noisiness=(0.45, 0.7),
    percussiveness=(0.25, 0.4), bass=(0.35, 0.5), density=(0.35, 0.65), loudness_db=(-20, -16),
    minor_share=0.5, progressions=((1, 4, 0, 5), (3, 2, 1, 0), (0, 5, 1, 4), (3, 4, 2, 5)),
    chord_instruments=("electric_piano", "piano"),
    lead_instruments=("bell", "nylon_guitar", "electric_piano"),
    bass_instruments=("sub_bass", "upright_bass"), chord_shape=(0, 2, 4, 6), chord_lowest=53,
    chord_rhythm="9.......4.7..... 9.....6...5.....", arpeggio=0, strum_seconds=0.02,
    lead_center=74,
    lead_rhythm="..9..7..8....... ....8..6....5... 9..6..8..7...... ................",
    lead_share=0.3, bass_rhythm="9......6..8.....", bass_figure=(0, 0, 4, 0),
    drums={
        "kick": "9......5..8.....", "snare": "....9.......9..3", "closed_hat": "8.5.8.548.5.8.5.",
    },
    swing=0.6, looseness_seconds=0.012, pump=0.2, reverb_seconds=0.8, reverb_share=0.15,
)  # fmt: skip

DRUM_AND_BASS = Style(
    name="drum and bass", tempo_bpm=(168, 178), brightness_hz=(6500, 9500), noisiness=(0.0, 0.1),
    percussiveness=(0.45, 0.6), bass=(0.6, 0.75), density=(0.6, 0.9), loudness_db=(-15, -13),
    minor_share=0.9, progressions=((0, 0, 5, 5), (0, 0, 3, 6), (0, 5, 6, 0)),
    chord_instruments=("pad", "strings"), lead_instruments=("bell", "saw_lead"),
    bass_instruments=("reese_bass", "sub_bass"), chord_shape=(0, 2, 4, 6), chord_lowest=55,
    chord_rhythm="9...............", arpeggio=0, strum_seconds=0.0, lead_center=79,
    lead_rhythm="9.....7...8..... ....6...9....... ..8...9.....5... ................",
    lead_share=0.35, bass_rhythm="9.....7...8..5.. ....6...9.....7.",
    bass_figure=(0, 0, 0, 0, 0, 0, 6, 4),
    drums={
        "kick": "9.........9..... 9.........9..5..", "snare": "....9..4.4..9..5",
        "closed_hat": "8.6.8.658.6.8.65", "shaker": "3535353535353535", "ride": "........6.......",
    },
    swing=0.5, looseness_seconds=0.003, pump=0.15, reverb_seconds=1.2, reverb_share=0.2,
)  # fmt: skip

STYLES: dict[str, Style] = {
    style.name: style
    for style in (
        FOLK, AMBIENT, HOUSE, TECHNO, CHIPTUNE, METAL, JAZZ, ORCHESTRAL, LO_FI, DRUM_AND_BASS,
    )
}  # fmt: skip
