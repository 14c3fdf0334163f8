"""Reasons in English. Another language is another file like this one."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from specrec.explain.explanation import Reason

_KEYS = ("C", "C sharp", "D", "E flat", "E", "F", "F sharp", "G", "A flat", "A", "B flat", "B")
_MOST = 2  # reasons named in one sentence, and facts beside them
_UNLIKE = "No more alike than any two tracks"
_USUAL = "Sounds alike, but in nothing that stands out"
_UNNAMED = "Sounds alike, but mostly for reasons without a name"


@dataclass(frozen=True)
class Words:
    """How a feature is spoken of.

    Attributes:
        noun: Its name in a table or a plot.
        high: What a track is like that has much of it.
        low: What a track is like that has little.
        value: A value as text, without the unit.
        unit: After the value.
        symbol: Likewise, where the noun stands beside it.
    """

    noun: str
    high: str
    low: str
    value: Callable[[float], str]
    unit: str = ""
    symbol: str = ""


def _number(digits: int) -> Callable[[float], str]:
    return lambda value: f"{value:.{digits}f}"


def _percent(value: float) -> str:
    return f"{100 * value:.0f}"


def _kilohertz(value: float) -> str:
    return f"{value / 1000:.1f}"


def _decibels(value: float) -> str:
    return f"{10 * math.log10(max(value, 1e-9)):.0f}"


WORDS = {
    "tempo_bpm": Words("tempo", "fast", "slow", _number(0), "bpm", "bpm"),
    "pulse_clarity": Words("pulse", "of a clear pulse", "without a clear pulse", _number(2)),
    "onset_rate_hz": Words(
        "note density", "busy", "sparse", _number(1), "onsets a second", "a second"
    ),
    "loudness_lufs": Words("loudness", "loud", "quiet", _number(0), "LUFS", "LUFS"),
    "loudness_range_lu": Words(
        "dynamics", "of wide dynamics", "of even loudness", _number(0), "LU of range", "LU"
    ),
    "centroid_hz": Words("brightness", "bright", "dark", _kilohertz, "kHz of centroid", "kHz"),
    "bandwidth_hz": Words(
        "bandwidth", "wide in spectrum", "narrow in spectrum", _kilohertz, "kHz", "kHz"
    ),
    "rolloff_hz": Words(
        "treble", "rich in treble", "poor in treble", _kilohertz, "kHz roll-off", "kHz"
    ),
    "flatness": Words("noisiness", "noisy", "pure in tone", _decibels, "dB of flatness", "dB"),
    "percussive_share": Words(
        "percussion", "percussive", "sustained", _percent, "% percussive", "%"
    ),
    "bass_share": Words("bass", "heavy in the bass", "light in the bass", _percent, "% bass", "%"),
    "tonal_clarity": Words("tonal clarity", "clearly tonal", "hardly tonal", _number(2)),
    "majorness": Words("mode", "major in sound", "minor in sound", _number(2)),
    "key": Words("key", "", "", lambda value: _KEYS[round(value) % 12]),
    "energy": Words("energy", "energetic", "calm", _number(2), "energy"),
    "danceability": Words(
        "danceability", "danceable", "hard to dance to", _number(2), "danceability"
    ),
    "valence": Words("valence", "cheerful", "somber", _number(2), "valence"),
    "acousticness": Words(
        "acousticness", "likely acoustic", "probably not acoustic", _number(2), "acousticness"
    ),
    "instrumentalness": Words(
        "instrumentalness",
        "likely instrumental",
        "probably sung",
        _number(2),
        "instrumentalness",
    ),
    "liveness": Words("liveness", "likely live", "probably from a studio", _number(2), "liveness"),
    "speechiness": Words(
        "speechiness", "likely spoken in part", "probably free of speech", _number(2), "speechiness"
    ),
    "loudness": Words("loudness", "loud", "quiet", _number(0), "dB", "dB"),
    "mode": Words("mode", "", "", lambda value: "major" if value > 0.5 else "minor"),
    "time_signature": Words("meter", "", "", _number(0), "beats a bar", "beats"),
}


def noun(feature: str) -> str:
    """A feature's name in words; that of another column is its own."""
    return WORDS[feature].noun if feature in WORDS else feature.replace("_", " ")


def sentence(
    similarity: float, residual: float, reasons: Sequence[Reason], alike: Sequence[str] = ()
) -> str:
    """Why two tracks match, in one line.

    Args:
        similarity: Of the two.
        residual: The part of it that no feature accounts for.
        reasons: In the order of their weight.
        alike: Features that add most, named where nothing unusual is shared; none if a model
            hears more than features.
    """
    named = named_reasons(reasons)
    if similarity <= 0:  # that of two tracks drawn by chance, on average
        shared = [phrase(item) for item in named]
        return f"{_UNLIKE}{f', though both are {_listed(shared)}' if shared else ''}."
    because = [item for item in named if item.verdict == "because"]
    beside = [phrase(item) for item in named if item.verdict == "both also"]
    unnamed = residual > similarity / 2
    parts = []
    if because:
        parts.append(f"Because both are {_listed([phrase(item) for item in because])}")
    if because and unnamed:
        parts.append(f"{_percent(residual / similarity)} % of the match has no name")
    if not because and alike:
        parts.append(f"Alike in {_listed([noun(name) for name in alike[:_MOST]])}")
    elif not because and unnamed:
        parts.append(_UNNAMED)
    elif not because and not beside:
        parts.append(_USUAL)
    if beside:
        parts.append(f"{'both also' if parts else 'Both'} {_listed(beside)}")
    return "; ".join(parts) + "."


def named_reasons(reasons: Sequence[Reason]) -> list[Reason]:
    """Those of some reasons that a sentence names, in its order."""
    because = [item for item in reasons if item.verdict == "because"][:_MOST]
    return because + [item for item in reasons if item.verdict == "both also"][:_MOST]


def phrase(reason: Reason) -> str:
    """A reason in a few words: `bright (3.4 and 3.1 kHz of centroid, top 8 %)`."""
    words = WORDS[reason.feature]
    if reason.side == "same":
        return f"in the key of {words.value(reason.query.value)}"
    quality = words.high if reason.side == "high" else words.low
    return f"{quality} ({_values(reason, words)}, {_place(reason)})"


def reading_text(feature: str, value: float) -> str:
    """A value as it stands beside the feature's noun: `4 LU`."""
    words = WORDS[feature]
    return f"{words.value(value)} {words.symbol}".strip()


def _values(reason: Reason, words: Words) -> str:
    first, second = words.value(reason.query.value), words.value(reason.neighbor.value)
    about = "" if reason.query.measured and reason.neighbor.measured else "about "
    both = first if first == second else f"{first} and {second}"
    return f"{about}{both} {words.unit}".strip()


def _place(reason: Reason) -> str:
    """The place of the one that stands out less."""
    places = (reason.query.percentile, reason.neighbor.percentile)
    return _top(min(places)) if reason.side == "high" else _lowest(max(places))


def place_text(percentile: float) -> str:
    """Where a value stands in the library, from the nearer end: `top 8 %`."""
    return _top(percentile) if percentile > 50 else _lowest(percentile)


def _top(percentile: float) -> str:
    return f"top {max(1, round(100 - percentile))} %"


def _lowest(percentile: float) -> str:
    return f"lowest {max(1, round(percentile))} %"


def _listed(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
