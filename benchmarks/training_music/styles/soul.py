"""Hip-hop, R&B, soul, funk, gospel and disco."""

from benchmarks.training_music.score import Part, Style

TRAP_HATS = (
    "9...7...9...7...9...7...9.7.7.7.", "8.7.8.7.8.7.87788.7.8.7.87878787",
    "9...7...9.7.9.7.9...7...98765432",
)  # fmt: skip

BOOM_BAP = Style(
    "boom-bap hip-hop", (80, 98), ("1m7 1m7 4m7 1m7", "1m9 b6M7", "2m7 57 1M7 1M7", "1m b6 b7 1m"),
    (
        Part("bass", ("electric bass", "acoustic bass", "sub_bass"), ("9..7......8.....",
             "9.....9...7..8..", "9...........7.8."), 36, volume=1.0, figure=(0, 0, 2, 3)),
        Part("chords", ("electric piano", "piano", "strings", "jazz guitar", "organ"),
             ("9...............", "9.....7.........", "..9.......8....."), 60, 0.9, 0.6),
        Part("lead", ("mallets", "flute", "trumpet", "saxophone", "piano", "synth lead", "harp"),
             ("9..7..8.........", "........9.8.7...", "9...7..........."), 72, 0.5, 0.5),
        Part("chords", ("orchestra hit", "brass"), ("9...............",), 64, 0.15, 0.4, gate=0.2),
    ),
    {"kick": ("9.....7...9.....", "9..7......9.....", "9.9.......97...."),
     "snare": ("....9.......9...", "....9..4.4..9..."), "hat": ("8.7.8.7.8.7.8.7.",
     "8.7.8.788.7.8.7."), "clap": ("................", "....7.......7...")},
    ("minor", "dorian", "major", "minor"), kits=(8, 0, 24, 25, 16), swing=(0.52, 0.64),
    swung_beats=0.5,
    looseness=0.01, room=(0.1, 0.5), finish=("tape", "loud", "lo-fi"),
)  # fmt: skip
TRAP = Style(
    "trap hip-hop", (62, 78), ("1m 1m b6 b6", "1m 1m b7 b6", "1m 4m b6 57"),
    (
        Part("bass", ("808",), ("9.........7.....9...............",
             "9.....9.......8.....9.....7.....",
             "9...........7...8.....7........."), 31, volume=1.0, gate=1.0),
        Part("arpeggio", ("music box", "piano", "synth lead", "harp", "mallets"),
             ("9...7...8...7...9...7...8...7...", "9.....8.....7...9.....8.....7..."), 72, 0.8, 0.5,
             figure=(0, 2, 1, 3)),
        Part("chords", ("synth pad", "strings", "choir", "synth strings"), ("9" + 31 * ".",), 60,
             0.7, 0.4),
        Part("lead", ("whistle", "synth lead", "pulse", "bell"),
             ("9.....8.....7.......8...........",),
             74, 0.5, 0.4),
    ),
    {"kick": ("9.........7.....9...............", "9.....9.......8.....9..........."),
     "clap": ("................9...............",), "snare": ("................9...............",
     "................9.............6."), "hat": TRAP_HATS,
     "open": ("................................",
     "............................8...")},
    ("harmonic minor", "minor", "minor pentatonic"), kits=(25, 24), steps=32, looseness=0.0,
    room=(0.2, 0.9), finish=("loud",),
)  # fmt: skip
OLD_SCHOOL = Style(
    "old-school electro rap", (98, 118), ("1m 1m b7 1m", "1m7 4m7"),
    (
        Part("bass", ("synth bass", "slap bass", "synth_bass"), ("9..7.9..9..7.8..",
             "9.9...9.8.9...7."), 36, volume=1.0, figure=(0, 0, 3, 2), gate=0.5),
        Part("lead", ("synth lead", "synth brass", "saw_lead"), ("9..8..7.........",
             "9.9.8..........."), 67, 0.7, 0.5, gate=0.6, scale="minor pentatonic"),
        Part("chords", ("synth brass", "orchestra hit"), ("9...............", "......9........."),
             60,
             0.5, 0.5, gate=0.3),
    ),
    {"kick": ("9.....9.9.......", "9..9..9....9...."), "clap": ("....9.......9...",),
     "snare": ("................", "....8.......8.88"), "hat": ("8.8.8.8.8.8.8.8.",
     "8788878887888788"),
     "cowbell": ("................", "9.9...9.9.9...9.")},
    ("minor pentatonic", "minor"), kits=(25, 24, 16), looseness=0.0, finish=("loud", "tape"),
)  # fmt: skip
R_AND_B = Style(
    "R&B", (60, 95), ("1M7 6m7 2m7 5sus", "4M7 3m7 2m7 1M7", "6m9 2m9 5sus 1M7", "1m9 4m9"),
    (
        Part("bass", ("electric bass", "synth bass", "sub_bass"), ("9.....8.9.....7.",
             "9..7......8.7..."), 36, volume=1.0, figure=(0, 0, 2)),
        Part("chords", ("electric piano", "electric piano", "clean guitar", "piano"),
             ("9.......7.......", "9.....7.......6.", "..9.......8....."), 60, volume=0.6,
             strum=0.012),
        Part("chords", ("synth pad", "strings", "choir"), ("7...............",), 62, 0.6, 0.35),
        Part("lead", ("saxophone", "clean guitar", "flute", "electric piano"), ("........9.8.7...",
             "9.7.8..........."), 72, 0.6, 0.5, bend=0.3, scale="major pentatonic"),
    ),
    {"kick": ("9......7..9.....", "9.........9..7.."), "snare": ("....9.......9...",),
     "clap": ("................", "....8.......8..."), "hat": ("8.6.8.6.8.6.8.6.",
     "8.668.6.8.668.66"),
     "rim": ("................", "....8.......8...")},
    ("major", "major", "minor pentatonic", "dorian"), kits=(8, 24, 25, 0), swing=(0.5, 0.6),
    swung_beats=0.5,
    room=(0.5, 1.4), finish=("clean", "loud"),
)  # fmt: skip
SOUL_MUSIC = Style(
    "soul", (85, 125), ("1 6m 4 5", "1 4 1 4", "17 47", "1M7 2m7 3m7 2m7"),
    (
        Part("bass", ("electric bass",), ("9..8..9.8...7.7.", "9...8.7.9...8.7."), 36, volume=1.0,
             figure=(0, 2, 3, 2)),
        Part("chords", ("electric piano", "organ", "piano"), ("9...8...9...8...",
             "9.......8..7...."),
             60, volume=0.5),
        Part("chords", ("clean guitar", "jazz guitar"), ("....9.......9...",), 66, 0.8, 0.5,
             gate=0.2),
        Part("chords", ("brass", "saxophone", "trumpet"), ("9.7.......7.....",
             "..........9..9.."), 67,
             0.7, 0.5, gate=0.5),
        Part("chords", ("strings",), ("6...............",), 70, 0.3, 0.3),
    ),
    {"kick": ("9.....7.9.......", "9...9...9...9..."), "snare": ("....9.......9...",),
     "hat": ("8.6.8.6.8.6.8.6.",), "tambourine": ("....7.......7...", "7.7.9.7.7.7.9.7.")},
    ("major", "major pentatonic", "mixolydian"), finish=("tape", "clean"),
)  # fmt: skip
FUNK = Style(
    "funk", (92, 120), ("17", "19 19 19 47", "1m7 47", "1m7 1m7 1m7 b77"),
    (
        Part("bass", ("slap bass", "electric bass", "synth bass"), ("9..8.79..8.7..9.",
             "9.7..8..9..7.8.7", "9..79...8..7.89."), 36, volume=1.0, gate=0.5,
             figure=(0, 0, 3, 2, 0)),
        Part("chords", ("muted guitar", "clean guitar"), ("9.78.79.8.78.7.8", "..9..89...9..88."),
             64,
             volume=0.6, gate=0.3),
        Part("chords", ("clavinet", "electric piano", "organ"), ("9..8..7...8..9..",
             "9.98.8.79.7.8.8."), 58, 0.8, 0.5, gate=0.4),
        Part("chords", ("brass", "trumpet", "saxophone", "synth brass"), ("9...............",
             "......9..9......", "............9.99"), 67, 0.7, 0.6, gate=0.4),
        Part("lead", ("saxophone", "trombone", "synth lead", "flute"), ("..9.8..7.8......",), 68,
             0.4,
             0.6, bend=0.3, scale="blues"),
    ),
    {"kick": ("9..9......9..7..", "9.....9..7.9...."), "snare": ("....9..4.4..9..4",
    "....9..4.4.49..."),
     "hat": ("8676867686768676", "8.7.8.7.8.788.7."), "open": ("..............7.",
     "......7........."),
     "conga": ("................", "..7..7....7.7..."), "cowbell": ("................",
     "7...7...7...7...")},
    ("blues", "mixolydian", "dorian", "minor pentatonic"), swing=(0.5, 0.58), swung_beats=0.5,
    room=(0.1, 0.6),
    finish=("clean", "tape"),
)  # fmt: skip
GOSPEL = Style(
    "gospel", (65, 130), ("1 17 4 #4o 1 67 2m7 57", "1 4 1 5 1 17 4 1", "6m7 2m7 57 1"),
    (
        Part("chords", ("organ",), ("9.......8.......", "9...8...9...8..."), 60, volume=0.7),
        Part("chords", ("choir",), ("9.......8.......", "9.....8.9......."), 65, 0.9, 0.9),
        Part("chords", ("piano", "piano", "electric piano"), ("9...7.8.9.7.8.7.",
             "9.7.8.7.9.7.8.7."),
             62, 0.8, 0.6),
        Part("bass", ("electric bass",), ("9.....7.8...7.7.", "9...8...9...8.7."), 36, 0.9,
             figure=(0, 2, 1, 2)),
    ),
    {"kick": ("9.......9.....7.",), "snare": ("....9.......9...",), "clap": ("....9.......9...",),
     "tambourine": ("8.6.9.6.8.6.9.6.",), "hat": ("................", "7.7.7.7.7.7.7.7.")},
    ("major", "major pentatonic"), drums_chance=0.75, swing=(0.55, 0.67), room=(0.8, 2.2),
)  # fmt: skip
DISCO = Style(
    "disco", (112, 128), ("1m7 4m7", "6m 4 5 3m", "1m b6 b7 1m", "1M7 6m7 2m7 57"),
    (
        Part("bass", ("electric bass", "slap bass", "synth bass"), ("9.8.9.8.9.8.9.8.",
             "9.7.9.8..79.8.7."), 36, volume=1.0, gate=0.6, figure=(0, 3)),
        Part("chords", ("clean guitar", "muted guitar"), ("..98..98..98..98", "9.98.798.798.798"),
             66,
             volume=0.5, gate=0.3),
        Part("chords", ("strings", "synth strings"), ("9...............", "9.......8......."), 70,
             0.9,
             0.5),
        Part("lead", ("strings", "brass", "flute", "trumpet"), ("9.8.7...........",
             "........9.8.7.8."),
             76, 0.7, 0.6),
        Part("chords", ("electric piano", "clavinet", "piano"), ("9..8..7.9..8..7.",), 60, 0.6, 0.5,
             gate=0.5),
    ),
    {"kick": ("9...9...9...9...",), "snare": ("....9.......9...",), "clap": ("................",
     "....8.......8..."), "open": ("..9...9...9...9.",), "hat": ("8.7.8.7.8.7.8.7.",),
     "tambourine": ("................", "7.7.7.7.7.7.7.7.")},
    ("dorian", "major", "minor", "major"), kits=(0, 16, 24), finish=("clean", "loud", "tape"),
)  # fmt: skip
DOO_WOP = Style(
    "doo-wop", (60, 120), ("1 6m 4 5", "1 6m 2m7 57"),
    (
        Part("chords", ("piano",), ("9.8.8.9.8.8.", "9.7.7.9.7.7."), 64, volume=0.6, gate=0.7),
        Part("bass", ("acoustic bass", "electric bass"), ("9.....8.....",), 40, figure=(0, 2)),
        Part("chords", ("choir", "synth voice"), ("9.....8.....", "9..........."), 64, 0.9, 0.8),
        Part("lead", ("saxophone", "clean guitar"), ("9...7.8.....",), 70, 0.5, 0.6, bend=0.3),
    ),
    {"kick": ("9.....8.....",), "snare": ("...8.....8..",), "hat": ("777777777777",
    "7.7.7.7.7.7.")},
    beats=4, steps=12, kits=(40, 0), drums_chance=0.8, finish=("tape", "old record"),
)  # fmt: skip

SOUL = (
    BOOM_BAP, R_AND_B, FUNK, GOSPEL, TRAP, SOUL_MUSIC, DISCO, OLD_SCHOOL, DOO_WOP,
)  # fmt: skip
