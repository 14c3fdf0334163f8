"""Electronic music, to dance to and to rest with."""

from benchmarks.training_music.score import Part, Style

FOUR = ("9...9...9...9...",)
OFFBEAT = ("..9...9...9...9.",)

HOUSE = Style(
    "house", (118, 128), ("1m7 4m7", "1m9 b7 b6M7 57", "2m7 57 1M7 6m7"),
    (
        Part("bass", ("synth bass", "synth_bass", "electric bass"), ("..9...9...9...9.",
             "9..8..8.9.8..7.."), 36,
             volume=1.0, gate=0.6),
        Part("chords", ("piano", "electric piano", "organ", "synth brass", "synth pad"),
             ("9..9..9...9..9..", "..9..9....9..9..", "9.....9........."), 60, 0.95, 0.6, gate=0.5),
        Part("chords", ("synth strings", "synth pad", "pad"), ("7...............",), 66, 0.5, 0.35),
        Part("lead", ("synth lead", "saxophone", "mallets", "flute"), ("9..8..7.........",), 74,
             0.4, 0.5),
    ),
    {"kick": FOUR, "clap": ("....9.......9...",), "open": OFFBEAT, "hat": ("8.7.8.7.8.7.8.7.",
     "8767876787678767"), "conga": ("................", "...7..7....7.7..")},
    ("dorian", "minor", "major"), kits=(24, 25), looseness=0.0, finish=("loud",),
)  # fmt: skip
TECHNO = Style(
    "techno", (125, 145), ("1m", "1m 1m b2 1m", "1m b6"),
    (
        Part("bass", ("synth bass", "reese_bass", "synth_bass"), ("..99..99..99..99",
             "9.9..9.99.9..9.9"), 33,
             volume=1.0, gate=0.5),
        Part("arpeggio", ("synth lead", "saw_lead", "pulse", "square"), ("9.8.9.8.9.8.9.8.",
             "9889889898898898"),
             60, 0.9, 0.5, gate=0.5, figure=(0, 3, 0, 2, 1)),
        Part("chords", ("synth pad", "synth effects", "sound effects"), ("7...............",
             "......9........."), 62,
             0.5, 0.4),
    ),
    {"kick": FOUR, "hat": ("..9...9...9...9.", "8989898989898989"), "clap": ("................",
     "....9.......9..."), "rim": ("................", "...8..8..8..8...")},
    ("minor", "phrygian dominant"), kits=(25, 24), looseness=0.0, finish=("loud",),
)  # fmt: skip
TRANCE = Style(
    "trance", (130, 142), ("6m 4 1 5", "1m b6 b3 b7", "1m b7 b6 b7"),
    (
        Part("bass", ("synth_bass", "synth bass"), (".999.999.999.999", "..9...9...9...9."), 36,
             volume=1.0,
             gate=0.5),
        Part("arpeggio", ("saw_lead", "synth lead"), ("9.889.889.889.88", "9898989898989898"), 72,
             volume=0.6,
             gate=0.7, figure=(0, 2, 1, 3)),
        Part("chords", ("pad", "synth pad", "synth strings"), ("8...............",), 64,
             volume=0.5),
        Part("lead", ("saw_lead", 81, 80), ("9..8..7.9.......", "9.....8.....7..."), 76, 0.8, 0.6),
    ),
    {"kick": FOUR, "open": OFFBEAT, "clap": ("....9.......9...",), "hat": ("8787878787878787",)},
    ("minor",), kits=(24, 25), looseness=0.0, room=(0.8, 2.5), finish=("loud",),
)  # fmt: skip
DRUM_AND_BASS = Style(
    "drum and bass", (168, 178), ("1m 1m b6 b6", "1m9 4m9", "1m b3 b7 4"),
    (
        Part("bass", ("reese_bass", "sub_bass", "synth bass"), ("9.....8...7.....",
             "9.........8....."), 31,
             volume=1.0),
        Part("chords", ("synth pad", "pad", "electric piano", "strings"), ("8...............",),
             64, volume=0.5),
        Part("lead", ("synth lead", "bell", "piano", "synth voice"), ("9.....8.....7...",), 76,
             0.6, 0.5),
    ),
    {"kick": ("9.........9.....",), "snare": ("....9..4.4..9..4", "....9.......9..."),
     "hat": ("8.7.8.7.8.7.8.7.", "8787878787878787"), "ride": ("................",
     "8.8.8.8.8.8.8.8.")},
    ("minor", "dorian"), kits=(24, 16, 0), looseness=0.002, finish=("loud",),
)  # fmt: skip
DUBSTEP = Style(
    "dubstep", (138, 144), ("1m", "1m 1m b2 1m", "1m b6"),
    (
        Part("bass", ("reese_bass", 38, 87), ("9.99..9.8...9.9.", "9..9..9.99......",
             "9.......9.9.9.9."), 31,
             volume=1.0, effect="distortion", figure=(0, 0, 2)),
        Part("lead", ("saw_lead", 81, 84), ("9..8............",), 72, 0.6, 0.5),
        Part("chords", ("synth pad", "choir"), ("7...............",), 60, 0.5, 0.4),
    ),
    {"kick": ("9.....7.........", "9.............7."), "snare": ("........9.......",),
    "hat": ("8.8.8.8.8.8.8.8.",
     "8..8..8.8..8..8.")},
    ("minor", "phrygian dominant"), kits=(24, 16), looseness=0.0, finish=("loud",),
)  # fmt: skip
SYNTH_POP = Style(
    "synth-pop", (105, 130), ("6m 4 1 5", "1m b7 b6 b7", "1 5 2m 4"),
    (
        Part("bass", ("synth bass", "synth_bass"), ("9.9.9.9.9.9.9.9.", "9989998999899989"), 36,
             volume=1.0,
             gate=0.6),
        Part("chords", ("synth strings", "synth brass", "synth pad"), ("9...............",
             "9.....8.........") , 62,
             volume=0.5),
        Part("arpeggio", ("synth lead", "square", "pulse"), ("9.8.9.8.9.8.9.8.",), 72, 0.6, 0.4,
             figure=(0, 1, 2, 3)),
        Part("lead", ("synth lead", "saw_lead", "square"), ("9...8.7.8.......",
             "9..8..7........."), 76, 0.8, 0.5),
    ),
    {"kick": FOUR, "snare": ("....9.......9...",), "hat": ("8.7.8.7.8.7.8.7.",),
    "low tom": ("................",
     "............99.9")},
    ("minor", "dorian", "major"), kits=(24, 25, 16), looseness=0.0, finish=("loud", "tape"),
)  # fmt: skip
AMBIENT = Style(
    "ambient", (55, 80), ("1M7 4M7", "1sus 1 4M7 1", "6m9 4M7", "1m b6M7"),
    (
        Part("chords", ("synth pad", "pad", "strings", "choir", "synth effects"),
             ("7...............",), 60,
             volume=0.7, gate=1.1),
        Part("drone", ("synth pad", "synth effects", "synth strings", "cello"),
             ("6...............",), 40, 0.7, 0.5),
        Part("lead", ("bell", "music box", "harp", "piano", "whistle", "synth voice", "harmonics"),
             ("9.......7.......", "....8.......6...", "9..............."), 76, 0.7, 0.4),
        Part("chords", ("sound effects", "synth effects"), ("6...............",), 64, 0.3, 0.25),
    ),
    scales=("major", "lydian", "minor pentatonic", "major pentatonic"), room=(2.0, 5.0),
)  # fmt: skip
CHILL = Style(
    "chill-out", (75, 100), ("1M7 6m7", "2m9 1M7", "1m9 b6M7 b7 1m9"),
    (
        Part("chords", ("electric piano", "synth pad", "nylon guitar"), ("9.......6.......",
             "9.....7........."), 60,
             volume=0.6),
        Part("bass", ("sub_bass", "electric bass", "synth bass"), ("9.....8.........",
             "9..........7...."), 34,
             volume=0.9),
        Part("lead", ("flute", "saxophone", "sitar", "mallets", "trumpet", "nylon guitar"),
             ("9...8..7........",
             "........9.8....."), 72, 0.8, 0.5),
    ),
    {"kick": ("9.......9.......", "9......7..9....."), "snare": ("....8.......8...",),
    "hat": ("7.6.7.6.7.6.7.6.",),
     "shaker": ("................", "6565656565656565")},
    ("major", "dorian", "minor"), kits=(24, 25, 8), swing=(0.5, 0.6), room=(0.8, 2.5),
    finish=("lo-fi", "tape", "clean"),
)  # fmt: skip
GAME = Style(
    "chiptune", (120, 170), ("1 5 6m 4", "1m b7 b6 b7", "1 b7 b6 b7"),
    (
        Part("bass", ("triangle",), ("9.8.9.8.9.8.9.8.",), 40, volume=1.0, figure=(0, 3)),
        Part("arpeggio", ("pulse", "square"), ("9999999999999999", "9.9.9.9.9.9.9.9."), 64, 0.9,
             0.4,
             figure=(0, 1, 2)),
        Part("lead", ("square", "pulse"), ("9.8.7.8.9...7...", "9..8..7.8......."), 76, volume=0.6),
    ),
    {"kick": FOUR, "snare": ("....9.......9...",), "hat": ("8.8.8.8.8.8.8.8.",)},
    ("major", "minor", "mixolydian"), kits=(25, 24), looseness=0.0, room=(0.05, 0.2),
)  # fmt: skip

ELECTRONIC = (
    HOUSE, AMBIENT, TECHNO, TRANCE, DRUM_AND_BASS, SYNTH_POP, DUBSTEP, CHILL, GAME,
)  # fmt: skip
