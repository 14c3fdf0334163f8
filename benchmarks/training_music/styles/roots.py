"""Jazz, blues, country and what is near them."""

from benchmarks.training_music.score import Part, Style

WALKING = Part("walk", ("acoustic bass",), ("9...8...9...8...", "9...8...9...8.6."), 40, volume=1.0)
COMPING = ("9.....8.........", "..9.....8.....7.", "....9.........8.", "9.....7...8.....")
BEBOP = ("9.7.8.7.6.7.8.9.", "..8.7.6.8.7.9...", "8.7.9.....7.6.8.", "........9.7.8.6.")
PHRASES = ("9...7.8.6.......", "8.7.9.....6.7...", "....8.7.9...6...", "9.......7.6.8...")
BLUES_BARS = "17 47 17 17 47 47 17 17 57 47 17 57"

SWING = Style(
    "swing jazz", (110, 220),
    ("2m7 57 1M7 67", "1M7 67 2m7 57", "1M7 4M7 3m7 67 2m7 57 1M7 57", "2h 57 1m6 1m6"),
    (
        WALKING,
        Part("chords", ("piano", "jazz guitar", "piano", "organ"), COMPING, 60, 0.9, 0.6, gate=0.4),
        Part("lead", ("saxophone", "trumpet", "clarinet", "trombone", "mallets", "piano", "flute",
                      "jazz guitar", "saxophone", "saxophone"), BEBOP, 70, bend=0.15),
        Part("chords", ("brass", "saxophone"), ("..9.....7.......", "9..9......8....."), 66, 0.25,
             0.5, gate=0.35),
    ),
    {"ride": ("9...8.7.9...8.7.",), "pedal": ("....8.......8...",), "snare": ("......3.......4.",
     "..3.......3.....", "................"), "kick": ("5.......4.......", "4...4...4...4...")},
    ("major", "mixolydian", "major", "harmonic minor"), kits=(32, 40, 0), swing=(0.6, 0.68),
    room=(0.5, 1.4), finish=("clean", "tape", "old record"),
)  # fmt: skip
JAZZ_BALLAD = Style(
    "jazz ballad", (55, 80), ("1M7 6m7 2m7 57", "2m7 57 1M7 4M7", "1m9 4m9 2h 57"),
    (
        Part("bass", ("acoustic bass",), ("9.......7.....5.", "9.......8......."), 40,
             figure=(0, 2)),
        Part("chords", ("piano", "electric piano", "jazz guitar"), ("9.......6.......",
             "9...........5..."), 60, 0.95, 0.6, strum=0.02),
        Part("lead", ("saxophone", "trumpet", "jazz guitar", "clarinet", "mallets", "piano"),
             ("9.....7.8.......", "....8.7.9.......", "9...........6.7."), 68, bend=0.2),
        Part("chords", ("strings",), ("7...............",), 64, 0.3, 0.35),
    ),
    {"ride": ("7...5.4.7...5.4.", "6...6...6...6..."), "snare": ("3.4.5.4.3.4.5.4.",)},
    ("major", "major", "dorian"), kits=(40, 32), drums_chance=0.75, swing=(0.58, 0.67),
    room=(0.8, 2.0), finish=("clean", "tape"),
)  # fmt: skip
BIG_BAND = Style(
    "big band", (120, 190), ("16 67 2m7 57", "16 17 46 b77 16 67 2m7 57"),
    (
        WALKING,
        Part("chords", ("brass",), ("..9.....9.......", "9..9....9..9....", "........9..9...."),
             67, volume=0.8, gate=0.5),
        Part("chords", ("saxophone",), ("7.6.7.......6.7.", "....7.6.7......."), 62, volume=0.6),
        Part("lead", ("trumpet", "trombone", "clarinet", "saxophone"), BEBOP, 72, 0.8, bend=0.2),
        Part("chords", ("piano",), COMPING, 60, 0.6, 0.4, gate=0.4),
    ),
    {"ride": ("9...8.7.9...8.7.",), "pedal": ("....8.......8...",), "kick": ("6...6...6...6...",),
     "snare": ("....5.......6..5", "..............78"), "crash": ("8...............",)},
    kits=(32, 0), swing=(0.6, 0.67), finish=("clean", "tape", "old record"),
)  # fmt: skip
BLUES = Style(
    "blues", (65, 130), (BLUES_BARS, BLUES_BARS, "1m7 1m7 1m7 1m7 4m7 4m7 1m7 1m7 b67 57 1m7 57"),
    (
        Part("bass", ("electric bass", "acoustic bass"), ("9.8.9.8.9.8.9.8.", "9...9...9...9.7."),
             38, volume=1.0, figure=(0, 1, 2, 1)),
        Part("power", ("clean guitar", "driven guitar"), ("9.8.9.8.9.8.9.8.",), 46, 0.6, 0.6,
             "overdrive", gate=0.7),
        Part("chords", ("piano", "organ", "electric piano", "honky-tonk"), ("9.....8.9.......",
             "....9.......9...", "9.7.8.7.9.7.8.7."), 60, 0.7, 0.5, gate=0.5),
        Part("lead", ("harmonica", "clean guitar", "driven guitar", "jazz guitar", "saxophone"),
             ("..9.8.7.9.......", "9.8.....7.9.8...", "......8.9.7.6..."), 69, 1.0, 0.9,
             "overdrive",
             bend=0.5, scale="blues"),
    ),
    {"kick": ("9.......9.....7.", "9.....7.9......."), "snare": ("....9.......9...",),
     "hat": ("8...7.6.8...7.6.", "8.6.8.6.8.6.8.6."), "ride": ("................",
     "7.5.7.5.7.5.7.5.")},
    ("blues", "mixolydian", "minor pentatonic"), drums_chance=0.85, swing=(0.62, 0.68),
    finish=("clean", "tape"),
)  # fmt: skip
DELTA_BLUES = Style(
    "acoustic blues", (60, 110), (BLUES_BARS, "17 17 47 17 57 47 17 17"),
    (
        Part("bass", ("steel guitar",), ("9...8...9...8...",), 43, figure=(0, 2)),
        Part("lead", ("steel guitar", "harmonica", "steel guitar"), ("..9.8.7.9.......",
             "9.8...7.9.8.7...", "..8.9.7.6.8.9..."), 64, bend=0.6, scale="blues"),
        Part("chords", ("steel guitar",), ("..9.....8.......", "....9.......8..."), 55, 0.6, 0.5,
             gate=0.4, strum=0.015),
        Part("lead", ("harmonica",), ("........9.8.7...",), 72, 0.4, 0.6, bend=0.6, scale="blues"),
    ),
    scales=("blues",), swing=(0.6, 0.67), looseness=0.014, room=(0.2, 0.6),
    finish=("clean", "old record", "tape"),
)  # fmt: skip
COUNTRY = Style(
    "country", (95, 140), ("1 1 4 1 1 1 5 1", "1 4 1 5", "1 5 6m 4", "1 17 4 4 1 5 1 1"),
    (
        Part("bass", ("electric bass", "acoustic bass"), ("9.......8.......",), 38, volume=1.0,
             figure=(0, 2)),
        Part("chords", ("steel guitar",), ("....9.......9...", "....9.7.....9.7.",
             "9...8.7.9...8.7."), 57, volume=0.6, gate=0.5, strum=0.012),
        Part("lead", ("clean guitar", "fiddle", "steel guitar", "harmonica", "banjo", "violin"),
             PHRASES, 69, bend=0.5, scale="major pentatonic"),
        Part("lead", ("clean guitar",), ("9...............", "9.......7......."), 66, 0.7, 0.6,
             bend=1.0, scale="major pentatonic"),
        Part("chords", ("honky-tonk", "piano"), ("....8.......8...",), 64, 0.4, 0.5, gate=0.4),
    ),
    {"kick": ("9.......9.......",), "snare": ("....9.......9...", "8.6.9.6.8.6.9.66"),
     "hat": ("8.6.8.6.8.6.8.6.", "................"), "rim": ("................",
     "....7.......7...")},
    ("major", "mixolydian"), kits=(0, 8, 40), drums_chance=0.85, room=(0.3, 0.9),
)  # fmt: skip
COUNTRY_WALTZ = Style(
    "country waltz", (85, 130), ("1 1 4 1 5 5 1 1", "1 4 5 1"),
    (
        Part("bass", ("acoustic bass", "electric bass"), ("9...........",), 38, figure=(0, 2)),
        Part("chords", ("steel guitar", "nylon guitar"), ("....8...8...",), 58, volume=0.6,
             gate=0.5, strum=0.012),
        Part("lead", ("fiddle", "clean guitar", "harmonica", "accordion"), ("9.......7...",
             "9...8...7...", "9...........", "8.7.9...6..."), 69, bend=0.6,
             scale="major pentatonic"),
    ),
    {"kick": ("8...........",), "snare": ("....5...5...",)},
    beats=3, steps=12, kits=(40, 0), drums_chance=0.6,
)  # fmt: skip
BLUEGRASS = Style(
    "bluegrass", (120, 170), ("1 1 4 1 1 1 5 1", "1 b7 1 5", "1 4 1 5"),
    (
        Part("bass", ("acoustic bass",), ("9.......9.......",), 40, volume=1.0, figure=(0, 2)),
        Part("chords", ("steel guitar",), ("....9.......9...",), 60, volume=0.5, gate=0.25,
             strum=0.008),
        Part("arpeggio", ("banjo",), ("9.7.8.7.9.7.8.7.", "9.78.7.89.78.7.8"), 64, 0.9,
             figure=(0, 2, 1, 3, 2, 1, 0, 2)),
        Part("lead", ("fiddle", "steel guitar", "banjo", "violin"), ("9.7.8.7.9.8.7.8.",
             "9...8.7.9.8.7...", "9.8.7.8.6...8..."), 71, bend=0.3, scale="major pentatonic"),
    ),
    scales=("major", "mixolydian"), room=(0.2, 0.7), looseness=0.006,
)  # fmt: skip
FOLK = Style(
    "folk", (75, 125), ("1 5 6m 4", "1 4 1 5", "6m 4 1 5", "1m b7 b6 b7"),
    (
        Part("arpeggio", ("steel guitar", "nylon guitar"), ("9.7.8.7.9.7.8.7.", "9.6.8.6.7.6.8.6."),
             55, volume=0.8, figure=(0, 2, 1, 3, 2, 1)),
        Part("chords", ("steel guitar",), ("9...7.79..7.8.7.", "9.7.8.78.78.8.7."), 57, 0.5, 0.5,
             strum=0.012),
        Part("bass", ("acoustic bass",), ("9.......8.......",), 40, 0.5, figure=(0, 2)),
        Part("lead", ("fiddle", "harmonica", "recorder", "whistle", "flute", "cello", "accordion"),
             PHRASES, 72, 0.8, 0.7),
    ),
    {"tambourine": ("....7.......7...",), "kick": ("8.......8.......",)},
    ("major", "major", "minor", "dorian"), drums_chance=0.3, room=(0.3, 1.0),
)  # fmt: skip
RAGTIME = Style(
    "ragtime", (80, 115), ("1 67 27 57 1 67 27 1", "1 1 57 1 4 1 57 1"),
    (
        Part("bass", ("honky-tonk", "piano", "tuba"), ("9...9...9...9...",), 43, figure=(0, 2)),
        Part("chords", ("honky-tonk", "piano", "banjo"), ("..8...8...8...8.",), 60, volume=0.6,
             gate=0.5),
        Part("lead", ("honky-tonk", "piano", "clarinet"), ("9.79.79.8.79.7..", ".89.8.9..89.8.9."),
             74),
    ),
    scales=("major",), room=(0.2, 0.7), finish=("clean", "old record"),
)  # fmt: skip

ROOTS = (
    SWING, BLUES, COUNTRY, BLUEGRASS, JAZZ_BALLAD, DELTA_BLUES, FOLK, COUNTRY_WALTZ, BIG_BAND,
    RAGTIME,
)  # fmt: skip
