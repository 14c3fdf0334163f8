"""Orchestras, chamber music, single instruments, choirs."""

from benchmarks.training_music.score import Part, Style

CADENCES = ("1 4 5 1", "1 6m 2m 5", "1m 4m 57 1m", "1 57 1 4 1 57 1 1", "1m b6 b3 57", "1 3m 4 57")
CADENCE_SCALES = ("major", "major", "harmonic minor", "major", "harmonic minor", "major")
SINGING = ("9.......7...8...", "9...........7.8.", "9...7...8.......", "9.....7.8...6...")
LIVELY = ("9.7.8.7.9.7.8.7.", "9...8.7.6.7.8...", "9.8.7.8.9.......", "9876.8769.7.8...")

ORCHESTRA = Style(
    "orchestral", (60, 140), CADENCES,
    (
        Part("chords", ("strings",), ("9.......7.......", "9.8.8.8.9.8.8.8.", "9..............."),
             60, volume=0.7),
        Part("bass", ("contrabass", "strings"), ("9.......8.......", "9...8...9...8..."), 38,
             volume=0.7),
        Part("lead", ("violin", "strings", "flute", "oboe", "horn", "trumpet", "clarinet",
             "cello"), SINGING, 76,
             volume=0.8),
        Part("chords", ("horn", "brass", "trombone"), ("9.......8.......", "9..............."),
             55, 0.6, 0.6),
        Part("lead", ("flute", "oboe", "clarinet", "bassoon"), LIVELY, 79, 0.5, 0.5),
        Part("bass", ("timpani",), ("9...............", "9...........9999", "9.......9......."),
             45, 0.6, 0.8),
        Part("arpeggio", ("harp",), ("9.8.7.8.9.8.7.8.",), 67, 0.3, 0.5, figure=(0, 1, 2, 3)),
    ),
    {"crash": ("9...............",), "triangle": ("........7.......",)},
    CADENCE_SCALES, kits=(48,), drums_chance=0.25, looseness=0.015, room=(1.5, 3.0),
)  # fmt: skip
FILM = Style(
    "film music", (70, 150), ("1m b6 b3 b7", "1m b6 4m 5", "1 b6 b7 1", "1m b2 1m b7"),
    (
        Part("arpeggio", ("strings", "pizzicato", "piano"), ("9.8.8.8.9.8.8.8.",
             "9888988898889888"), 55,
             volume=0.8, gate=0.5, figure=(0, 0, 2, 1)),
        Part("chords", ("brass", "horn", "trombone"), ("9...............", "9.......8......."),
             55, 0.8, 0.8),
        Part("chords", ("choir",), ("8...............",), 64, 0.6, 0.7),
        Part("lead", ("horn", "strings", "trumpet", "violin"), SINGING, 72, 0.8, 0.8),
        Part("bass", ("contrabass", "tuba"), ("9...............", "9.......8......."), 34,
             volume=0.8),
        Part("bass", ("timpani", "taiko"), ("9..9..9...9.9...", "9.......9.9....."), 40, 0.7, 0.9),
    ),
    {"floor tom": ("9.....9...9.....", "................"), "crash": ("9...............",)},
    ("minor", "harmonic minor", "minor", "phrygian dominant"), kits=(48,), drums_chance=0.6,
    room=(1.5, 3.5),
)  # fmt: skip
QUARTET = Style(
    "string quartet", (60, 140), CADENCES,
    (
        Part("lead", ("violin",), (*SINGING, *LIVELY), 77, volume=0.9),
        Part("arpeggio", ("violin",), ("9.8.8.8.9.8.8.8.", "9.......8......."), 67, volume=0.6,
             figure=(0, 1)),
        Part("arpeggio", ("viola",), ("9.8.8.8.9.8.8.8.", "9.......8......."), 58, volume=0.6,
             figure=(2, 1)),
        Part("bass", ("cello",), ("9.......8.......", "9...8...7...8..."), 43, volume=0.8,
             figure=(0, 2)),
    ),
    scales=CADENCE_SCALES, looseness=0.015, room=(0.8, 2.0),
)  # fmt: skip
PIANO = Style(
    "solo piano", (60, 160), (*CADENCES, "1M7 4M7"),
    (
        Part("arpeggio", (0, 0, 1, 2), ("9.7.8.7.9.7.8.7.", "9.......7.......",
             "9787878797878787"), 48, volume=0.7,
             figure=(0, 2, 1, 2)),
        Part("lead", (0, 0, 1, 2), (*SINGING, *LIVELY), 74, volume=0.9),
        Part("chords", (0, 1), ("9...............", "..8...8...8...8."), 60, 0.5, 0.5),
    ),
    scales=(*CADENCE_SCALES, "lydian"), looseness=0.015, room=(0.4, 2.0), finish=("clean",
    "clean", "old record"),
)  # fmt: skip
GUITAR = Style(
    "solo guitar", (60, 130), (*CADENCES, "1m b7 b6 5", "1 5 6m 4"),
    (
        Part("arpeggio", ("nylon guitar", "steel guitar", "jazz guitar"), ("9.7.8.7.9.7.8.7.",
             "9.78.7.89.78.7.8"), 52,
             volume=0.8, figure=(0, 2, 3, 1, 2, 3)),
        Part("lead", ("nylon guitar", "steel guitar", "jazz guitar"), SINGING, 68, 0.8, 0.9,
             bend=0.1),
        Part("chords", ("nylon guitar", "steel guitar"), ("9..8..8.9..8..8.", "9.8998.89.8998.8"),
             55, 0.3, 0.6,
             strum=0.01),
    ),
    scales=(*CADENCE_SCALES, "phrygian dominant", "major"), looseness=0.012, room=(0.3, 1.5),
)  # fmt: skip
SOLO = Style(
    "solo instrument", (60, 150), CADENCES,
    (Part("lead", ("any",), (*SINGING, *LIVELY), 68, volume=1.0, bend=0.15),),
    scales=("major", "dorian", "harmonic minor", "major pentatonic", "minor pentatonic", "blues"),
    looseness=0.015, room=(0.2, 2.0),
)  # fmt: skip
DUO = Style(
    "duo", (60, 130), CADENCES,
    (
        Part("lead", ("any",), (*SINGING, *LIVELY), 70, volume=0.9, bend=0.1),
        Part("arpeggio", ("piano", "harp", "nylon guitar", "accordion", "harpsichord", "any"),
             ("9.7.8.7.9.7.8.7.",
             "9.......7......."), 55, volume=0.7, figure=(0, 2, 1, 2)),
    ),
    scales=CADENCE_SCALES, looseness=0.012, room=(0.4, 2.0),
)  # fmt: skip
BAROQUE = Style(
    "baroque harpsichord", (70, 120), ("1 5 6m 3m 4 1 4 5", "1m 5 1m b7 b3 b7 1m 5", *CADENCES[:2]),
    (
        Part("arpeggio", ("harpsichord",), ("9787978797879787", "9.8.7.8.9.8.7.8."), 62, volume=0.8,
             figure=(0, 1, 2, 3, 2, 1)),
        Part("bass", ("harpsichord", "cello"), ("9...8...9...8...", "9.8.8.8.9.8.8.8."), 43,
             volume=0.8,
             figure=(0, 2, 1, 2)),
        Part("lead", ("harpsichord", "recorder", "violin", "oboe", "flute"), LIVELY, 76, 0.8, 0.8),
        Part("chords", ("strings",), ("7.......7.......",), 62, 0.3, 0.4),
    ),
    scales=("major", "harmonic minor", "major", "major"), room=(0.6, 2.0),
)  # fmt: skip
CHURCH_ORGAN = Style(
    "church organ", (50, 100), CADENCES,
    (
        Part("chords", ("church organ",), ("9.......9.......", "9...9...9...9...",
             "9..............."), 60, volume=0.8),
        Part("bass", ("church organ",), ("9.......8.......", "9...8...9...8..."), 36, volume=0.8,
             figure=(0, 2)),
        Part("lead", ("church organ",), (*SINGING, *LIVELY), 76, 0.8, 0.8),
        Part("chords", ("choir",), ("9.......9.......",), 62, 0.25, 0.7),
    ),
    scales=CADENCE_SCALES, room=(2.5, 5.0),
)  # fmt: skip
CHOIR = Style(
    "choir, instruments' voices", (50, 90), CADENCES,
    (
        Part("chords", ("choir",), ("9.......8.......", "9..............."), 62, volume=0.9),
        Part("lead", ("choir", "synth voice"), SINGING, 72, 0.8, 0.8),
        Part("bass", ("choir",), ("9.......8.......",), 46, 0.7, 0.7),
    ),
    scales=CADENCE_SCALES, room=(2.0, 4.5),
)  # fmt: skip
MUSIC_BOX = Style(
    "music box", (70, 120), ("1 4 5 1", "1 5 6m 4", "1 57 1 57"),
    (
        Part("arpeggio", ("music box",), ("9.8.8.9.8.8.", "9...8...8..."), 67, volume=0.7,
             figure=(0, 1, 2)),
        Part("lead", ("music box",), ("9...8...7...", "9.......8.7."), 84, volume=0.9),
    ),
    beats=3, steps=12, room=(0.2, 1.5),
)  # fmt: skip
MARCH = Style(
    "marching band", (105, 125), ("1 1 57 57 57 57 1 1", "1 4 57 1", "1 67 27 57"),
    (
        Part("bass", ("tuba",), ("9...8...9...8...",), 38, volume=1.0, gate=0.5, figure=(0, 2)),
        Part("chords", ("horn", "trombone", "brass"), ("..8...8...8...8.",), 60, volume=0.6,
             gate=0.4),
        Part("lead", ("trumpet", "clarinet", "brass"), ("9...8.7.9...8...", "9.889...8.7.9..."),
             72, volume=0.9),
        Part("lead", (72, "flute"), LIVELY, 86, 0.6, 0.5),
        Part("lead", ("trombone",), SINGING, 60, 0.5, 0.6),
    ),
    {"kick": ("9.......9.......", "9...9...9...9..."), "snare": ("9.789.789.789878",
    "8.869.868.869.99"),
     "crash": ("9.......9.......", "................")},
    kits=(48, 0), room=(0.4, 1.5),
)  # fmt: skip

CLASSICAL = (
    ORCHESTRA, SOLO, PIANO, QUARTET, CHURCH_ORGAN, GUITAR, BAROQUE, FILM, CHOIR, DUO, MARCH,
    MUSIC_BOX,
)  # fmt: skip
