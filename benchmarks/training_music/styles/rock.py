"""Rock, punk, metal and pop with bands."""

from benchmarks.training_music.score import Part, Style

EIGHTHS = ("9.8.8.8.9.8.8.8.",)
ROCK_HATS = ("8.7.8.7.8.7.8.7.", "9...8...9...8...")
SOLO = ("9...8.7.9.......", "9.8.7.8.9...7...", "..9.8...7.8.9...", "9.......8.7.8.7.")
BACKBEAT = ("....9.......9...",)

ROCK_MUSIC = Style(
    "rock", (100, 145), ("1 4 5 4", "1 b7 4 1", "1 5 6m 4", "1m b6 b3 b7", "6m 4 1 5"),
    (
        Part("bass", ("electric bass",), EIGHTHS, 34, volume=0.9),
        Part("power", ("driven guitar",), ("9.8.8.8.9.8.8.8.", "9..9..9.8..9..8.",
             "9.......8.....8."),
             45, volume=0.9, effect="distortion"),
        Part("chords", ("driven guitar", "clean guitar"), ("9.....8.9.......",
             "9..8..8.9..8..8."), 55,
             0.6, 0.5, "overdrive"),
        Part("lead", ("driven guitar",), SOLO, 70, 0.7, 0.8, "distortion", bend=0.5,
             scale="minor pentatonic"),
        Part("chords", ("organ", "piano"), ("9...............", "9...8...9...8..."), 60, 0.3, 0.4),
    ),
    {"kick": ("9.......9.9.....", "9.....9.9.......", "9..7....9.7....."), "snare": BACKBEAT,
     "hat": ROCK_HATS, "crash": ("8...............", "................"),
     "ride": ("................", "8.7.8.7.8.7.8.7.")},
    ("major", "mixolydian", "major", "minor", "major"), kits=(16, 8, 0), finish=("loud", "clean"),
)  # fmt: skip
HARD_ROCK = Style(
    "hard rock", (85, 130), ("15 b75 45 15", "15 15 b35 45", "15 b65 b75 15"),
    (
        Part("power", ("driven guitar",), ("9..8..9.8.......", "9.9...8.9...8.8.",
             "9..9..8....9.8.."), 40,
             volume=1.0, effect="distortion"),
        Part("bass", ("electric bass",), ("9..8..9.8.......", "9.8.8.8.9.8.8.8."), 34, volume=0.9),
        Part("lead", ("driven guitar",), SOLO, 72, 0.8, 0.8, "distortion", bend=0.6, scale="blues"),
    ),
    {"kick": ("9.....7.9.......", "9.9.....9.9....."), "snare": BACKBEAT,
    "hat": ("................",
     "8...8...8...8..."), "open": ("9...9...9...9...",), "crash": ("9...............",)},
    ("minor pentatonic", "blues"), kits=(16,), finish=("loud",),
)  # fmt: skip
PUNK = Style(
    "punk", (160, 210), ("15 45 55 45", "15 55 65 45", "15 b75 45 15"),
    (
        Part("power", ("driven guitar",), ("9.9.9.9.9.9.9.9.", "9999999999999999"), 45, volume=1.0,
             effect="distortion", gate=0.8),
        Part("bass", ("electric bass",), ("9.9.9.9.9.9.9.9.",), 34, volume=0.9),
        Part("lead", ("driven guitar",), ("9.9.8.8.7.7.8.8.", "9...8...9......."), 69, 0.5, 0.7,
             "distortion"),
    ),
    {"kick": ("9.......9.......", "9.9...9.9.9...9."), "snare": ("....9.......9...",
    "..9...9...9...9."),
     "open": ("9...9...9...9...",), "hat": ("8.8.8.8.8.8.8.8.", "................"),
     "crash": ("9...............",)},
    kits=(16, 8), room=(0.1, 0.6), finish=("loud", "tape"),
)  # fmt: skip
METAL = Style(
    "metal", (110, 190), ("15 15 b65 b75", "15 b25 15 b35", "15 15 b55 45", "15 b65 b35 b75"),
    (
        Part("power", (30,), ("9.889.889.889.88", "9..9..9.9..9..9.", "9999988899998888",
             "9.8899..9.8899.."),
             38, volume=1.0, effect="distortion", gate=0.6),
        Part("power", (30,), ("9...............", "9.......9......."), 45, 0.6, 0.8, "distortion"),
        Part("bass", ("electric bass",), ("9.889.889.889.88", "9.9.9.9.9.9.9.9."), 30, volume=0.9),
        Part("lead", (30, 29), ("9876987698769876", "9.8.7.8.9.8.7.6.", "9.......8......."), 74,
             0.6, 0.8,
             "distortion", bend=0.3, scale="harmonic minor"),
    ),
    {"kick": ("9898989898989898", "9.889.889.889.88", "9999....9999...."),
    "snare": ("....9.......9...",
     "........9.......", "..9...9...9...9."), "ride": ("8...8...8...8...", "................"),
     "crash": ("9...............", "9.......9......."), "high tom": ("................",
     "............99..")},
    ("minor", "phrygian dominant", "harmonic minor"), kits=(16,), room=(0.2, 0.8), finish=("loud",),
)  # fmt: skip
INDIE = Style(
    "indie rock", (105, 150), ("1M7 4M7", "1 3m 4 5", "6m 4 1 5", "1 2m 4 1"),
    (
        Part("arpeggio", ("clean guitar",), ("9.8.7.8.9.8.7.8.", "9.88.8.89.88.8.8"), 62,
             volume=0.7,
             figure=(0, 1, 2, 3, 2, 1)),
        Part("bass", ("electric bass",), EIGHTHS, 36, volume=0.9, figure=(0, 0, 0, 2)),
        Part("chords", ("driven guitar", "clean guitar"), ("9.8.8.8.9.8.8.8.",
             "9.......8..8...."), 57, 0.8,
             0.5, "overdrive"),
        Part("lead", ("synth lead", "clean guitar", "mallets", "trumpet"), ("9...8...7.......",),
             72, 0.5,
             0.5),
    ),
    {"kick": ("9.....7.9.7.....", "9...9...9...9..."), "snare": BACKBEAT,
    "hat": ("8.7.8.7.8.7.8.7.",
     "8787878787878787"), "tambourine": ("................", "....7.......7...")},
    kits=(0, 8), room=(0.5, 1.8), finish=("clean", "tape", "lo-fi"),
)  # fmt: skip
ROCK_AND_ROLL = Style(
    "rock and roll", (140, 185), ("17 17 17 17 47 47 17 17 57 47 17 57", "1 6m 4 5"),
    (
        Part("walk", ("acoustic bass", "electric bass"), ("9...9...9...9...",), 40, volume=1.0),
        Part("power", ("clean guitar", "driven guitar"), ("9.9.8.8.9.9.8.8.",), 45, 0.9, 0.7,
             "overdrive",
             gate=0.6),
        Part("chords", ("piano", "honky-tonk"), ("9.9.9.9.9.9.9.9.", "98.98.98.98.98.9"), 67, 0.8,
             0.6,
             gate=0.5),
        Part("lead", ("saxophone", "clean guitar"), SOLO, 69, 0.8, 0.8, "overdrive", bend=0.4,
             scale="blues"),
    ),
    {"kick": ("9.......9.......", "9...9...9...9..."), "snare": ("....9.......9.9.",
    "....9.......9..."),
     "ride": ("8.7.8.7.8.7.8.7.", "8...7.7.8...7.7.")},
    ("blues", "major"), swing=(0.5, 0.62), finish=("tape", "clean", "old record"),
)  # fmt: skip
POP = Style(
    "pop", (95, 128), ("1 5 6m 4", "6m 4 1 5", "1 6m 4 5", "4 5 3m 6m"),
    (
        Part("bass", ("electric bass", "synth bass", "synth_bass"), ("9..8..8.9..8..8.",
             "9.8.8.8.9.8.8.8."), 36,
             volume=0.9),
        Part("chords", ("piano", "electric piano", "synth pad", "steel guitar"),
             ("9...8...9...8...",
             "9..8..8.....8...", "9.7.8.7.9.7.8.7."), 62, volume=0.6),
        Part("chords", ("synth strings", "strings", "synth pad"), ("7...............",), 64, 0.6,
             0.35),
        Part("lead", ("synth lead", "flute", "steel guitar", "saw_lead", "mallets", "synth voice"),
             ("9.8.7...8.......", "9..8..7.8.......", "........9.8.7..."), 74, 0.7, 0.5),
    ),
    {"kick": ("9...9...9...9...", "9.....7.9......."), "snare": BACKBEAT, "clap": BACKBEAT,
     "hat": ("8.7.8.7.8.7.8.7.", "..8...8...8...8.")},
    kits=(24, 0, 8, 25), looseness=0.003, finish=("loud", "clean"),
)  # fmt: skip
BALLAD = Style(
    "ballad", (56, 80), ("1 5 6m 4", "1 3m 4 5", "1M7 6m7 2m7 5sus", "6m 4 1 5"),
    (
        Part("arpeggio", ("piano", "steel guitar", "electric piano", "nylon guitar"),
             ("9.7.8.7.8.7.8.7.",
             "9.8.7.8."), 60, volume=0.7, figure=(0, 1, 2, 3, 2, 1)),
        Part("bass", ("electric bass", "acoustic bass", "cello"), ("9.......8.......",
             "9...........7..."), 36,
             0.8, 0.7),
        Part("chords", ("strings", "synth pad", "choir"), ("7...............",), 64, 0.8, 0.5),
        Part("lead", ("clean guitar", "saxophone", "flute", "oboe", "violin", "driven guitar"),
             ("9.....8.7.......", "9.......7.8.....", "....9.8.7......."), 71, 0.7, 0.7, bend=0.3),
    ),
    {"kick": ("9.......9.......", "9......79......."), "snare": BACKBEAT,
    "hat": ("7.6.7.6.7.6.7.6.",),
     "rim": ("................", "....8.......8...")},
    kits=(0, 8, 16), drums_chance=0.5, room=(0.8, 2.4),
)  # fmt: skip

ROCK = (ROCK_MUSIC, METAL, POP, PUNK, BALLAD, INDIE, HARD_ROCK, ROCK_AND_ROLL)
