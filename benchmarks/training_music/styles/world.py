"""Traditional music of many places, as far as General MIDI's instruments go."""

from benchmarks.training_music.score import Part, Style

TURNS = ("9.8.7.8.9.......", "9..87.8.9.7.....", "9...7.878.......", "9.......8.78....")

INDIAN = Style(
    "Indian", (60, 130), ("1", "15 15 15 45"),
    (
        Part("drone", (104, 20), ("8.6.7.6.8.6.7.6.", "8...............", "8...7...7...6..."), 48,
             volume=0.5),
        Part("lead", ("sitar", "sitar", "shanai", "flute", "violin"), TURNS, 66, volume=0.9,
             bend=0.7),
    ),
    {"low bongo": ("9..7..8.9.7.7...", "9.7.78..9.7.78.."), "high bongo": ("...8.88....8.8.8",
    "..8..8.8..8..8.8"),
     "low conga": ("9.......7......."  ,)},
    ("phrygian dominant", "dorian", "lydian", "double harmonic", "mixolydian"), drums_chance=0.7,
    room=(0.4, 1.5),
)  # fmt: skip
MIDDLE_EASTERN = Style(
    "Middle Eastern", (75, 140), ("1", "15 15 b25 15", "15 4m b25 15"),
    (
        Part("lead", ("shanai", "clarinet", "violin", "oboe", "flute", "nylon guitar", 15), TURNS,
             69, volume=0.9,
             bend=0.5),
        Part("chords", ("strings", "dulcimer"), ("9..9..9.9...9...", "7..............."), 60, 0.5,
             0.5),
        Part("bass", ("acoustic bass", "cello"), ("9...8...9...8...",), 40, 0.6, 0.6, figure=(0,
             2)),
        Part("drone", ("reed organ", "bagpipe", "strings"), ("6...............",), 50, 0.5, 0.4),
    ),
    {"low conga": ("9...7...9.......", "9..8..9.9...8..."), "high bongo": ("..8...8...8.8.8.",
    "..88..8.8.8.8.8."),
     "tambourine": ("8.78.7878.78.787", "................")},
    ("phrygian dominant", "double harmonic", "harmonic minor"), drums_chance=0.85,
)  # fmt: skip
JAPANESE = Style(
    "Japanese", (50, 100), ("1", "15 45"),
    (
        Part("arpeggio", ("koto",), ("9...7.8.....7...", "9.8.7...9......."), 62, 0.8, 0.7,
             figure=(0, 2, 1, 3)),
        Part("lead", (77, "shamisen", "koto", "flute"), ("9.......7.8.....", "9...8.7.........",
             "....9..87......."), 72,
             volume=0.9, bend=0.5),
        Part("lead", ("shamisen", "koto"), ("9..8..7.........",), 60, 0.5, 0.6),
        Part("bass", ("taiko",), ("9...............", "9.......7.7....."), 40, 0.4, 0.9),
    ),
    {"woodblock": ("........8.......",)},
    ("hirajoshi", "in sen"), drums_chance=0.3, looseness=0.02, room=(0.5, 2.5),
)  # fmt: skip
CHINESE = Style(
    "Chinese", (60, 130), ("1", "1 4 5 1"),
    (
        Part("arpeggio", ("koto", "dulcimer", "harp"), ("9.8.7.8.9.8.7.8.", "9...8...7...8..."),
             62, volume=0.6,
             figure=(0, 1, 2, 3)),
        Part("lead", ("fiddle", "flute", "recorder", "dulcimer", "violin"), TURNS, 76, volume=0.9,
             bend=0.5),
        Part("bass", ("cello", "acoustic bass"), ("9.......8.......",), 43, 0.5, 0.6),
    ),
    {"woodblock": ("8...8...8...8...", "................"), "low woodblock": ("................",
    "..8...8...8...8.")},
    ("major pentatonic",), drums_chance=0.4, room=(0.5, 1.8),
)  # fmt: skip
AFRICAN = Style(
    "African", (95, 130), ("1 4 5 4", "1 4 1 5", "1m b7"),
    (
        Part("arpeggio", ("kalimba", "clean guitar", "mallets", "kalimba"), ("9.89.89.9.89.89.",
             "9.8.98.89.8.98.8"), 69,
             volume=0.8, figure=(0, 2, 1, 3, 2)),
        Part("arpeggio", ("clean guitar", "mallets", "nylon guitar"), (".9.8.9.8.9.8.9.8",
             "9..8..9..8..9..8"), 64, 0.7, 0.6,
             figure=(2, 1, 0)),
        Part("bass", ("electric bass", "kalimba"), ("9..8..9...8.7...", "..9...8.9.......") , 38,
             0.7, 0.9,
             figure=(0, 2, 0, 1)),
        Part("lead", ("flute", "saxophone", "whistle", "choir"), ("9.8.7...8.......",), 74, 0.5,
             0.6),
    ),
    {"conga": ("9..8..9...8.8...", "9.88.8.89.88.8.8"), "low conga": ("..8..8....8..8..",),
    "cowbell": ("9.9..9.9.9.9..9.",
     "9..9..9...9.9..."), "shaker": ("8.68.68.68.68.68", "8686868686868686"),
     "kick": ("................", "9...9...9...9...")},
    ("major", "major pentatonic", "minor pentatonic"), drums_chance=0.9,
)  # fmt: skip
DRUMS = Style(
    "drums alone", (70, 160), ("1",), (),
    {"kick": ("9..7..9.....7...", "9...9...9...9...", "9.....7.9......."),
    "snare": ("....9.......9...", "....9..4.4..9..4",
     "8.889.888.889.88"), "hat": ("8.7.8.7.8.7.8.7.", "................"),
     "conga": ("................", "9..8..9...8.8..."),
     "low bongo": ("................", "9.7.78..9.7.78.."), "high bongo": ("................",
     "..8..8.8..8..8.8"),
     "low tom": ("................", "............8.8."), "mid tom": ("................",
     "..........8.8...", "8.8..8.8........"),
     "shaker": ("................", "8686868686868686"), "agogo": ("................",
     "9..9..9...9.9..."),
     "timbale": ("................", "8..8..8...8.8..."), "ride": ("................",
     "8.7.8.7.8.7.8.7.")},
    kits=(0, 8, 16, 24, 25, 32, 40, 48), swing=(0.5, 0.66), room=(0.1, 1.5), finish=("clean",
    "loud", "tape"),
)  # fmt: skip
GAMELAN = Style(
    "bells and mallets", (60, 120), ("1",),
    (
        Part("lead", ("bells", "mallets", 14, 12), ("9.8.9.8.7.8.9...", "9...8...9...7..."), 74,
             volume=0.8),
        Part("arpeggio", ("mallets", "bells", 9, 108), ("9898989898989898", "9.8.9.8.9.8.9.8."),
             68, volume=0.6,
             figure=(0, 2, 1, 3)),
        Part("bass", (14, "taiko", "bells"), ("9...............",), 45, 0.7, 0.8),
    ),
    scales=("in sen", "hirajoshi", "whole tone"), room=(0.8, 3.0),
)  # fmt: skip
CELTIC = Style(
    "Celtic", (100, 130), ("1 1 5 1", "1 b7 1 5", "1m b7 1m b7", "1 4 1 5"),
    (
        Part("lead", ("fiddle", "whistle", "recorder", "bagpipe", "flute", "accordion"),
             ("9.89.89.89.8", "9..98.9.89..",
             "9.78.9.78.9."), 76, volume=0.9),
        Part("chords", ("steel guitar", "accordion"), ("9..8..9..8..", "9.79.79.79.7"), 57, 0.8,
             0.5, strum=0.01),
        Part("drone", ("bagpipe", "strings"), ("7...........",), 50, 0.4, 0.4),
        Part("arpeggio", ("harp", "nylon guitar"), ("9.8.8.9.8.8.",), 60, 0.4, 0.5, figure=(0, 1,
             2)),
    ),
    {"floor tom": ("9..7..9..7..", "9.79.79.79.7")},
    ("major", "mixolydian", "dorian", "major"), beats=4, steps=12, drums_chance=0.5,
)  # fmt: skip
WALTZ = Style(
    "accordion waltz", (130, 190), ("1 1 57 57 57 57 1 1", "1m 4m 57 1m", "1 67 2m 57"),
    (
        Part("bass", ("acoustic bass", "tuba", "accordion"), ("9...........",), 40, volume=0.8,
             figure=(0, 2)),
        Part("chords", ("accordion", "nylon guitar"), ("....8...8...",), 60, volume=0.6, gate=0.4),
        Part("lead", ("accordion", "accordion", "violin", "clarinet"), ("9...8...7...",
             "9.......8.7.", "9.8.7.8.9..."), 74,
             volume=0.9),
    ),
    scales=("major", "harmonic minor", "major"), beats=3, steps=12, finish=("clean", "old record"),
)  # fmt: skip
POLKA = Style(
    "polka", (105, 135), ("1 1 57 1", "1 4 57 1", "1 57 57 1"),
    (
        Part("bass", ("tuba", "acoustic bass"), ("9...8...9...8...",), 38, volume=1.0, gate=0.6,
             figure=(0, 2)),
        Part("chords", ("accordion", "brass", "banjo"), ("..8...8...8...8.",), 60, volume=0.6,
             gate=0.4),
        Part("lead", ("accordion", "clarinet", "trumpet", "accordion"), ("9.8.9.8.7.8.9...",
             "9...8.7.8.7.6..."), 74,
             volume=0.9),
    ),
    {"kick": ("9...9...9...9...",), "snare": ("..8...8...8...8.", "..8...8...8...88"),
    "crash": ("................",
     "9...............")},
)  # fmt: skip
KLEZMER = Style(
    "klezmer and Balkan", (110, 160), ("1 1 4m 1", "1 b2 1 b2", "1m 57 1m 57"),
    (
        Part("bass", ("tuba", "contrabass"), ("9...8...9...8...",), 40, volume=0.9, figure=(0, 2)),
        Part("chords", ("accordion", "brass", "dulcimer"), ("..8...8...8...8.",), 60, volume=0.6,
             gate=0.4),
        Part("lead", ("clarinet", "violin", "trumpet", "accordion", "dulcimer"),
             ("9.8.7.8.9.7.....", "9898.7..8.......",
             "9..87.8.9......."), 74, volume=0.9, bend=0.4),
    ),
    {"kick": ("9.......9.......",), "snare": ("..8..8..8.8...8.", "...8..8....8..8.")},
    ("phrygian dominant", "phrygian dominant", "harmonic minor"), drums_chance=0.6,
)  # fmt: skip

WORLD = (
    INDIAN, AFRICAN, CELTIC, MIDDLE_EASTERN, DRUMS, WALTZ, JAPANESE, POLKA, KLEZMER, CHINESE,
    GAMELAN,
)  # fmt: skip
