"""Reggae and ska, Latin American and Caribbean music."""

from benchmarks.training_music.score import Part, Style

SKANK = ("..9...9...9...9.", "..98..98..98..98")
CLAVE = ("9..9..9...9.9...", "..9.9...9..9..9.")

REGGAE = Style(
    "reggae", (128, 172), ("1 4 1 5", "1m b7 1m b7", "1m 4m", "1 2m", "1 5 6m 4"),
    (
        Part("bass", ("electric bass",), ("9..8..9...8.7...", "..9.8...9..7....",
             "9...7.8...9.7..."),
             36, volume=1.0, gate=0.7, figure=(0, 0, 2, 1)),
        Part("chords", ("muted guitar", "clean guitar", "jazz guitar"), ("....9.......9...",
             "....98......98.."), 62, volume=0.8, gate=0.2),
        Part("chords", ("organ",), ("..7.87....7.87..", "..8..8....8..8.."), 60, 0.9, 0.6,
             gate=0.35),
        Part("lead", ("trombone", "saxophone", "organ", "trumpet", "reed organ", "clean guitar"),
             ("9...8.7.........", "....9.8.7.......", "........9..8.7.."), 69, 0.6, 0.6, bend=0.2),
        Part("chords", ("piano",), ("....8.......8...",), 64, 0.5, 0.5, gate=0.2),
    ),
    {"kick": ("........9.......", "9.......9.......", "9...9...9...9..."),
     "rim": ("........9.......", "........9.....5."), "hat": ("8.6.8.6.8.6.8.6.",
     "8..68..68..68..6"),
     "open": ("................", "..............7."), "timbale": ("................",
     "..............89")},
    ("major", "minor", "dorian", "major"), kits=(0, 8, 16), swing=(0.52, 0.62), room=(0.4, 1.6),
    finish=("clean", "tape"),
)  # fmt: skip
DUB = Style(
    "dub reggae", (120, 152), ("1m 1m 4m 1m", "1m b7"),
    (
        Part("bass", ("electric bass", "sub_bass", "synth bass"), ("9..8..9.....7...",
             "9.....8.9.7....."),
             33, volume=1.0, gate=0.8, figure=(0, 0, 2)),
        Part("chords", ("clean guitar", "organ", "piano"), ("....9.......9...",
             "....9..........."), 62,
             volume=0.7, gate=0.2),
        Part("lead", ("reed organ", "trombone", "whistle"), ("9.....8.........",), 72, 0.6, 0.5),
    ),
    {"kick": ("........9.......", "9...9...9...9..."), "rim": ("........9.......",),
     "snare": ("................", "........8.....78"), "hat": ("8.6.8.6.8.6.8.6.",)},
    ("minor", "dorian"), kits=(8, 16, 25), swing=(0.55, 0.62), room=(1.5, 3.5), finish=("tape",),
)  # fmt: skip
DANCEHALL = Style(
    "dancehall", (90, 108), ("1m 1m b7 b7", "1m", "1m b6 b7 1m"),
    (
        Part("bass", ("synth bass", "sub_bass", "808"), ("9..9..9.........", "9..8..8.9..8...."),
             33,
             volume=1.0, figure=(0, 0, 2)),
        Part("chords", ("synth brass", "organ", "muted guitar", "synth lead"), ("...9..9....9..9.",
             "..9...9...9...9."), 62, volume=0.6, gate=0.25),
        Part("lead", ("synth lead", "music box", "steel drums", "saw_lead"), ("9..8..7.........",
             "9..9..8.....7..."), 72, 0.6, 0.5),
    ),
    {"kick": ("9..7..9.9..7..9.", "9...9...9...9..."), "snare": ("...9..9....9..9.",
    "...9..8....9..8."),
     "clap": ("................", "......8.......8."), "hat": ("8.8.8.8.8.8.8.8.",)},
    ("minor", "minor pentatonic"), kits=(24, 25), looseness=0.0, finish=("loud",),
)  # fmt: skip
SKA = Style(
    "ska", (120, 170), ("1 4 1 5", "1 6m 4 5", "1m 4m 57 1m"),
    (
        Part("walk", ("electric bass", "acoustic bass"), ("9...8...9...8...",), 40, volume=1.0),
        Part("chords", ("clean guitar", "muted guitar", "driven guitar"), SKANK[:1], 64, volume=0.7,
             gate=0.25),
        Part("chords", ("organ", "piano"), SKANK, 60, 0.6, 0.5, gate=0.3),
        Part("lead", ("trumpet", "trombone", "saxophone", "brass"), ("9...8.7.9.8.....",
             "9.8.9...7.8.9...", "..9.8.7.9......."), 70, 0.95, 0.8),
        Part("chords", ("brass", "saxophone"), ("9...............", "......9.9......."), 66, 0.5,
             0.5,
             gate=0.4),
    ),
    {"kick": ("9.......9.......", "........9......."), "snare": ("....9.......9...",),
     "hat": ("8.7.8.7.8.7.8.7.",), "rim": ("................", "....8.......8...")},
    ("major", "mixolydian", "harmonic minor"), kits=(0, 8), finish=("clean", "tape"),
)  # fmt: skip
SALSA = Style(
    "salsa", (160, 210), ("1m 4m 57 1m", "1 4 57 4", "2m7 57 1 67", "1m b7 b6 57"),
    (
        Part("bass", ("acoustic bass", "electric bass"), ("......9.....8...", "9.....8.....7..."),
             38,
             volume=1.0, figure=(2, 0)),
        Part("arpeggio", ("piano", "piano", "nylon guitar", "electric piano"), ("9.88.8.89.8.8.8.",
             "9..8.88.8.88.8.8"), 67, volume=0.7, figure=(0, 2, 1, 2, 3, 2, 1, 2)),
        Part("chords", ("brass", "trumpet", "trombone"), ("9.....8.........", "..9.9.......9.9.",
             "9..9..9........."), 68, 0.85, 0.7, gate=0.4),
        Part("lead", ("trumpet", "flute", "trombone", "saxophone", "violin"), ("..9.8.7.8.......",
             "9..8..7.........", "........9.8.9..."), 74, 0.7, 0.7),
    ),
    {"claves": CLAVE, "mute conga": ("9.7...7.9.7.....",), "conga": ("......89......89",),
     "cowbell": ("9...7.8.9...7.8.", "9...9...9...9..."), "guiro": ("9...7.7.9...7.7.",),
     "timbale": ("................", "..........8..898"), "maracas": ("8.6.8.6.8.6.8.6.",),
     "low bongo": ("................", "9.7.8.7.9.7.8.7.")},
    ("harmonic minor", "major", "major", "minor"), room=(0.3, 1.0),
)  # fmt: skip
CUMBIA = Style(
    "cumbia", (85, 105), ("1m 57 1m 57", "1m b7 b6 57", "1 5 1 5"),
    (
        Part("bass", ("electric bass", "tuba"), ("9...8...9.......", "9.......8...7..."), 38,
             volume=1.0, figure=(0, 2)),
        Part("chords", ("accordion", "nylon guitar", "organ"), ("..9...9...9...9.",), 62,
             volume=0.5,
             gate=0.3),
        Part("lead", ("accordion", "whistle", "clarinet", "synth lead", "brass"),
             ("9.8.9.7.8.......",
             "..9.8.7.9.8.7..."), 72, volume=0.8),
    ),
    {"guiro": ("9.778.779.778.77",), "kick": ("9.......9.......",), "conga": ("....8.98....8.98",),
     "cowbell": ("9...9...9...9...", "................")},
    ("harmonic minor", "minor", "major"),
)  # fmt: skip
REGGAETON = Style(
    "reggaeton", (86, 100), ("6m 4 1 5", "1m b6 b3 b7", "1m 4m b7 1m"),
    (
        Part("bass", ("sub_bass", "synth bass", "808"), ("9.....8.....7...", "9...8...9...8..."),
             34,
             volume=1.0),
        Part("chords", ("synth pad", "nylon guitar", "piano", "synth strings"), ("9...............",
             "9..8..8.9..8..8."), 60, 0.9, 0.5),
        Part("lead", ("mallets", "synth lead", "nylon guitar", "whistle", "steel drums"),
             ("9..8..7.8.......", "9..7..8...7....."), 74, 0.8, 0.6),
    ),
    {"kick": ("9...9...9...9...",), "snare": ("...9..9....9..9.",), "hat": ("................",
     "8.8.8.8.8.8.8.8."), "timbale": ("................", "..............88")},
    ("minor", "minor", "harmonic minor"), kits=(24, 25, 0), looseness=0.0, finish=("loud", "clean"),
)  # fmt: skip
BOSSA = Style(
    "bossa nova", (110, 150), ("1M7 27 2m7 57", "1m9 1m9 4m9 57", "1M7 1M7 b7M7 57",
    "2m9 59 1M7 67"),
    (
        Part("bass", ("acoustic bass", "electric bass"), ("9.....8.9.....7.",), 38, volume=0.9,
             figure=(0, 2)),
        Part("chords", ("nylon guitar",), ("9..8..8...8..8..", "9..8...8..8.8...",
             "..8..8..9..8..8."),
             58, volume=0.8, gate=0.6, strum=0.006),
        Part("lead", ("flute", "saxophone", "piano", "nylon guitar", "mallets", "trombone",
             "whistle"),
             ("9.....8.7.......", "..9..8..7..8....", "9...7..8........"), 72, 0.8, 0.7),
        Part("chords", ("strings", "piano"), ("6...............",), 66, 0.4, 0.4),
    ),
    {"rim": ("9..9..9...9..9..", "9..9...9..9.9..."), "kick": ("8.....88......8.",),
     "hat": ("7676767676767676", "7.7.7.7.7.7.7.7."), "shaker": ("5.5.5.5.5.5.5.5.",
     "5454545454545454")},
    ("major", "minor", "major", "major"), kits=(40, 32, 0), drums_chance=0.85, room=(0.4, 1.2),
)  # fmt: skip
SAMBA = Style(
    "samba", (90, 125), ("1 67 2m7 57", "1m 4m 57 1m", "1M7 4M7"),
    (
        Part("bass", ("acoustic bass", "electric bass"), ("9.....8.9.....8.",), 38, 0.8,
             figure=(0, 2)),
        Part("chords", ("nylon guitar", "steel guitar"), ("9.8..8.8.8.8..8.", "..98..98.98..98."),
             64,
             volume=0.6, gate=0.4),
        Part("lead", ("flute", "whistle", "trombone", "clarinet"), ("9.8.7..8........",), 74, 0.6,
             0.6),
    ),
    {"surdo": ("3.......9.......",), "floor tom": ("........9.......",),
    "tambourine": ("9669966996699669",),
     "snare": ("4648464846484648",), "agogo": ("9..9..9.........", "9.9...9..9......"),
     "low agogo": (".........9.9....",), "cuica": ("................", "..9.8..9........"),
     "shaker": ("8668866886688668",)},
    ("major", "harmonic minor"), drums_chance=1.0,
)  # fmt: skip
TANGO = Style(
    "tango", (110, 130), ("1m 1m 57 57 57 57 1m 1m", "1m 4m 57 1m", "1m b6 2h 57"),
    (
        Part("bass", ("contrabass", "acoustic bass", "piano"), ("9...8...9...8...",
             "9.....8.9...8..."),
             40, volume=0.9, gate=0.5, figure=(0, 2)),
        Part("chords", ("accordion", "piano"), ("9...9...9...9...", "9.....9.9...9..."), 62,
             volume=0.6, gate=0.4),
        Part("lead", (23, "violin", "accordion"), ("9...7.8.9.......", "9.89.7..8.......",
             "..9.8.7.8...9..."), 72, volume=0.8),
        Part("lead", ("violin", "strings"), ("9.......7.......",), 76, 0.5, 0.5),
    ),
    scales=("harmonic minor",), room=(0.4, 1.4), finish=("clean", "old record"),
)  # fmt: skip
CALYPSO = Style(
    "calypso", (95, 125), ("1 4 57 1", "1 1 57 1", "1 6m 2m 57"),
    (
        Part("bass", ("electric bass", "acoustic bass"), ("9.....8.7.......", "9..8....9...8..."),
             38,
             figure=(0, 2)),
        Part("lead", ("steel drums",), ("9.8..8.7.8......", "9..8..9.8..7....",
             "..9.8..9.7..8..."), 74,
             volume=1.0),
        Part("chords", ("steel drums", "nylon guitar", "mallets"), ("..9...9...9...9.",
             "9..8..8.9..8..8."), 64, 0.9, 0.6, gate=0.4),
        Part("lead", ("trumpet", "flute"), ("9.8.7...........",), 72, 0.4, 0.5),
    ),
    {"kick": ("9...9...9...9...",), "rim": ("...8..8....8..8.",), "maracas": ("8.6.8.6.8.6.8.6.",),
     "conga": ("......88......88",), "cowbell": ("................", "9..9..9...9.9...")},
    ("major", "major pentatonic"),
)  # fmt: skip
MARIACHI = Style(
    "mariachi", (100, 150), ("1 1 57 57 57 57 1 1", "1 4 57 1"),
    (
        Part("bass", ("nylon guitar", "acoustic bass"), ("9...........",), 40, volume=0.9,
             figure=(0, 2)),
        Part("chords", ("nylon guitar", "steel guitar"), ("....9...9...", "....98..98.."), 62,
             volume=0.6, gate=0.4, strum=0.01),
        Part("lead", ("trumpet",), ("9...8...7...", "9.8.9.......", "9.......8.7."), 74,
             volume=0.8),
        Part("lead", ("violin", "strings"), ("9...........", "9...7...8..."), 76, 0.8, 0.6),
    ),
    beats=3, steps=12, room=(0.3, 1.2),
)  # fmt: skip

LATIN = (
    REGGAE, SALSA, SKA, BOSSA, CALYPSO, DUB, CUMBIA, REGGAETON, SAMBA, TANGO, DANCEHALL, MARIACHI,
)  # fmt: skip
