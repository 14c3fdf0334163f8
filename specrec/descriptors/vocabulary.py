"""The words for features: one table, which sentences, tables and pages share.

Another language would be another file like this one, and one like `specrec.explain.sentences`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from specrec.concepts.vocabulary import load_vocabulary

_KEYS = ("C", "C sharp", "D", "E flat", "E", "F", "F sharp", "G", "A flat", "A", "B flat", "B")


@dataclass(frozen=True)
class Words:
    """The words for a feature.

    Attributes:
        noun: Its name in a table or a plot, before which `high` or `more` can stand.
        high: Adjective for a track with a high value; empty for a class.
        low: Adjective for a track with a low value; empty for a class.
        meaning: What the feature is, in a sentence.
        value: Formats a value, without the unit.
        unit: The unit after a value in a sentence.
        symbol: The unit after a value that has the noun beside it.
    """

    noun: str
    high: str
    low: str
    meaning: str
    value: Callable[[float], str]
    unit: str = ""
    symbol: str = ""


def _number(digits: int) -> Callable[[float], str]:
    return lambda value: f"{value:.{digits}f}"


def percent(value: float) -> str:
    """Formats a share from 0 to 1 as a whole number of percent."""
    return f"{100 * value:.0f}"


def _kilohertz(value: float) -> str:
    return f"{value / 1000:.1f}"


def _decibels(value: float) -> str:
    return f"{10 * math.log10(max(value, 1e-9)):.0f}"


def _signed(value: float) -> str:
    return f"{value:+.1f}"


def _share(noun: str, high: str, low: str, meaning: str) -> Words:
    return Words(noun, high, low, meaning, _number(2), noun)


WORDS = {
    "tempo_bpm": Words("tempo", "fast", "slow", "Beats per minute.", _number(0), "bpm", "bpm"),
    "pulse_clarity": Words(
        "pulse clarity",
        "rhythmic",
        "without a steady beat",
        "How clearly a regular beat stands out.",
        _number(2),
    ),
    "onset_rate_hz": Words(
        "note density",
        "busy",
        "sparse",
        "Notes and drum hits that begin per second.",
        _number(1),
        "onsets per second",
        "per second",
    ),
    "loudness_lufs": Words(
        "loudness",
        "loud",
        "quiet",
        "Loudness of the whole track as the ear weighs it (EBU R 128); 0 is full scale.",
        _number(0),
        "LUFS",
        "LUFS",
    ),
    "loudness_range_lu": Words(
        "dynamic range",
        "dynamic",
        "compressed",
        "Difference between loud and quiet parts (EBU R 128).",
        _number(0),
        "LU of range",
        "LU",
    ),
    "centroid_hz": Words(
        "brightness",
        "bright",
        "dark",
        "Spectral centroid: the frequency around which the spectrum is balanced.",
        _kilohertz,
        "kHz centroid",
        "kHz",
    ),
    "bandwidth_hz": Words(
        "bandwidth",
        "broadband",
        "narrowband",
        "How widely the spectrum spreads around its centroid.",
        _kilohertz,
        "kHz bandwidth",
        "kHz",
    ),
    "rolloff_hz": Words(
        "treble",
        "rich in treble",
        "poor in treble",
        "Spectral roll-off: the frequency below which most of the energy lies.",
        _kilohertz,
        "kHz roll-off",
        "kHz",
    ),
    "flatness": Words(
        "noisiness",
        "noisy",
        "pure-toned",
        "Spectral flatness, from a pure tone to white noise at 0 dB.",
        _decibels,
        "dB flatness",
        "dB",
    ),
    "percussive_share": Words(
        "percussion",
        "percussive",
        "sustained",
        "Share of the energy in drum hits and other attacks, not in sustained tones.",
        percent,
        "% percussive",
        "%",
    ),
    "bass_share": Words(
        "bass",
        "bass-heavy",
        "light on bass",
        "Share of the energy in the bass.",
        percent,
        "% bass",
        "%",
    ),
    "tonal_clarity": Words(
        "tonal clarity", "tonal", "atonal", "How well the notes fit one key.", _number(2)
    ),
    "majorness": Words(
        "majorness",
        "major-sounding",
        "minor-sounding",
        "Fit with a major key minus fit with a minor one.",
        _number(2),
    ),
    "key": Words(
        "key", "", "", "Tonic of the best-fitting key.", lambda value: _KEYS[round(value) % 12]
    ),
    "energy": _share(
        "energy", "energetic", "calm", "Intensity: high for loud, fast and noisy tracks."
    ),
    "danceability": _share(
        "danceability", "danceable", "not danceable", "How suitable it is for dancing."
    ),
    "valence": _share("valence", "cheerful", "sad", "How cheerful it sounds."),
    "acousticness": _share(
        "acousticness",
        "likely acoustic",
        "likely not acoustic",
        "How likely it is played on acoustic instruments.",
    ),
    "instrumentalness": _share(
        "instrumentalness",
        "likely instrumental",
        "likely with vocals",
        "How likely it has no vocals.",
    ),
    "liveness": _share(
        "liveness",
        "likely live",
        "likely recorded in a studio",
        "How likely it was recorded before an audience.",
    ),
    "speechiness": _share(
        "speechiness",
        "likely with speech",
        "likely without speech",
        "How likely it has spoken words.",
    ),
    "loudness": Words(
        "loudness",
        "loud",
        "quiet",
        "Loudness from the table; 0 is full scale.",
        _number(0),
        "dB",
        "dB",
    ),
    "mode": Words(
        "mode", "", "", "Major or minor.", lambda value: "major" if value > 0.5 else "minor"
    ),
    "time_signature": Words(
        "time signature", "", "", "Beats per bar.", _number(0), "beats per bar", "beats"
    ),
}
"""The words for each feature of `specrec.descriptors.features`, by its name."""


WORDS |= {
    concept.column: Words(
        concept.name,
        concept.name,
        f"little {concept.name}" if concept.kind == "presence" else f"not {concept.name}",
        f"How much of it there is: tracks that {concept.high} have the most.",
        _signed,
        "",
        "",
    )
    for concept in load_vocabulary()
    if concept.column not in WORDS
}


def noun(feature: str) -> str:
    """Returns a feature's name in words; for another column, its own name.

    >>> noun("loudness_range_lu"), noun("my_rating")
    ('dynamic range', 'my rating')
    """
    return WORDS[feature].noun if feature in WORDS else feature.replace("_", " ")


def value_text(feature: str, value: float) -> str:
    """Formats a value to stand beside the feature's noun; for another column, a plain number.

    >>> value_text("loudness_range_lu", 4.2), value_text("my_rating", 3.5)
    ('4 LU', '3.5')
    """
    if feature not in WORDS:
        return f"{value:,.6g}"
    words = WORDS[feature]
    return f"{words.value(value)} {words.symbol}".strip()
