"""Puts reasons into English; another language would be another file like this one."""

import math
from collections.abc import Mapping, Sequence, Set
from types import MappingProxyType

from specrec.concepts.phrases import Statement, describe
from specrec.descriptors.features import CONCEPTS
from specrec.descriptors.vocabulary import WORDS, Words, noun, percent
from specrec.explain.explanation import Reason
from specrec.explain.reasons import BY_COLUMN, BY_FEATURE

_ORDER = ("voice", "instruments", "style", "mood", "rhythm", "timbre", "setting")
"""The families of concepts as a sentence names them, the concrete before the abstract."""

_FAMILIES = {feature: concept.family for feature, concept in BY_FEATURE.items()} | {
    "tempo_bpm": "rhythm",
    "rolloff_hz": "timbre",
    "bandwidth_hz": "timbre",
    "flatness": "timbre",
    "acousticness": "timbre",
    "energy": "mood",
    "valence": "mood",
    "danceability": "rhythm",
    "liveness": "setting",
    "instrumentalness": "voice",
    "speechiness": "voice",
    "loudness_lufs": "loudness",  # as a table has it, too
}

_MOST = {"because": 3, "both also": 2}  # named in one sentence
_UNSPOKEN = frozenset({"rolloff_hz", "bandwidth_hz", "flatness"})
"""What is measured but has no plain word; it stands in tables only, unless it is a cause."""

_FAMILIAR = frozenset({"tempo_bpm"})
"""Features whose unit says more than where a track stands in the library."""

_MUCH = 75.0  # percentile from which on a track has more of what was asked for, if not clearly
_CHANCE = "No more similar than chance"
_USUAL = "Sounds similar, but no shared feature stands out"
_UNEXPLAINED = "Sounds similar, but mostly unexplained by named features"
_VAGUE = "Nearest to what was asked, though none of it is clear"


def sentence(
    similarity: float,
    residual: float,
    reasons: Sequence[Reason],
    leading: Sequence[str] = (),
    asked: Set[str] = frozenset(),
    amounts: Mapping[str, float] = MappingProxyType({}),
) -> str:
    """Says in one line why two tracks match.

    Args:
        similarity: Similarity of the two tracks, from -1 to 1.
        residual: The part of it that named features do not explain.
        reasons: The reasons, sorted by weight.
        leading: Features that add most, which are named if no shared feature stands out; empty
            unless tracks are compared by features alone.
        asked: Features that were asked for in words, and are said of the neighbor alone.
        amounts: Where the neighbor stands in what was asked for more of, in percent of the library.
    """
    if asked and similarity > 0:
        return _as_asked(similarity, residual, reasons, asked, amounts)
    named = named_reasons([item for item in reasons if item.feature not in asked])
    if similarity <= 0:  # that of two tracks drawn by chance, on average
        return f"{_CHANCE}{f', though both {predicate(named)}' if named else ''}."
    because = [item for item in named if item.verdict == "because"]
    beside = [item for item in named if item.verdict == "both also"]
    unnamed = residual > similarity / 2
    parts = []
    if because:
        parts.append(f"Because both {predicate(because)}")
    if because and unnamed:
        parts.append(f"{percent(residual / similarity)} % unexplained by named features")
    if not because and leading:
        parts.append(f"Similar in {_listed([noun(name) for name in leading[:2]])}")
    elif not because and unnamed:
        parts.append(_UNEXPLAINED)
    elif not because and not beside:
        parts.append(_USUAL)
    if beside:
        said = predicate(beside)
        parts.append(f"both also {said.removeprefix('are ')}" if parts else f"Both {said}")
    return "; ".join(parts) + "."


def _as_asked(
    similarity: float,
    residual: float,
    reasons: Sequence[Reason],
    asked: Set[str],
    amounts: Mapping[str, float],
) -> str:
    """Says first what a track has as asked, and then what it shares with the query's track."""
    wanted = [
        Statement(BY_FEATURE[item.feature], "low" if item.side == "low" else "high")
        for item in reasons
        if item.feature in asked and item.side != "same"
    ]
    had = [item for item in wanted if item.side == "high" or item.concept.low is not None]
    # That both are sung by a woman can't be said where only the neighbor has the voice asked for.
    unsaid = asked | {
        concept.feature
        for concept in BY_FEATURE.values()
        if concept.needs in {BY_FEATURE[name].name for name in asked}
    }
    others = [item for item in reasons if item.feature not in unsaid]
    rest = sentence(similarity, residual, others) if named_reasons(others) else ""
    if had:
        said = f"{describe(had, of_one=True)}, as asked"
    elif (most := max(amounts, key=amounts.__getitem__, default=None)) and amounts[most] >= _MUCH:
        place = min(99, math.floor(amounts[most]))
        said = f"more {noun(most)} than {place} % of the library, as asked"
    else:
        return rest or f"{_VAGUE}."
    said = f"{said[:1].upper()}{said[1:]}"
    return f"{said}; {rest[:1].lower()}{rest[1:]}" if rest else f"{said}."


def named_reasons(reasons: Sequence[Reason]) -> list[Reason]:
    """Picks the reasons that a sentence names, in its order: of each family of concepts one."""
    said: set[str] = set()
    kept: list[Reason] = []
    for verdict, most in _MOST.items():
        chosen: list[Reason] = []
        for item in reasons:
            family = _family(item)
            if item.verdict != verdict or family in said or len(chosen) == most:
                continue
            if verdict == "because" or _is_fact(item):
                said.add(family)
                chosen.append(item)
        kept += sorted(chosen, key=_place_in_sentence)
    return kept


def _family(reason: Reason) -> str:
    return _FAMILIES.get(reason.feature, reason.feature)


def _place_in_sentence(reason: Reason) -> int:
    family = _family(reason)
    return _ORDER.index(family) if family in _ORDER else len(_ORDER)


def _is_fact(reason: Reason) -> bool:
    """Whether it may be said without being a cause.

    That a concept is there, by an embedding whose similarity does not rest on it, is right less
    often than a sentence should be.
    """
    if reason.feature in CONCEPTS and CONCEPTS[reason.feature].kind == "presence":
        return reason.side == "low"
    return reason.feature not in _UNSPOKEN


def predicate(reasons: Sequence[Reason]) -> str:
    """Says what two tracks share, to follow "both": `have a piano and are calm and fast (...)`.

    Concepts come first, and then what has a value.
    """
    statements = [
        Statement(BY_COLUMN[item.feature], "low" if item.side == "low" else "high")
        for item in reasons
        if item.feature in CONCEPTS
    ]
    qualities = [item.rest for item in statements if item.verb == "are"]
    qualities += [phrase(item) for item in reasons if item.feature not in CONCEPTS]
    others = [item for item in statements if item.verb != "are"]
    parts = [describe(others)] if others else []
    parts += [f"are {_listed(qualities)}"] if qualities else []
    return ", and ".join(parts) if len(reasons) > 2 else " and ".join(parts)


def phrase(reason: Reason) -> str:
    """Puts a reason into a few words: `quiet (top 8 %)`, `slow (63 and 55 bpm)`."""
    words = WORDS[reason.feature]
    if reason.side == "same":
        return f"in the key of {words.value(reason.query.value)}"
    quality = words.high if reason.side == "high" else words.low
    known = reason.feature in _FAMILIAR
    return f"{quality} ({_values(reason, words) if known else _place(reason)})"


def _values(reason: Reason, words: Words) -> str:
    first, second = words.value(reason.query.value), words.value(reason.neighbor.value)
    about = "" if reason.query.measured and reason.neighbor.measured else "about "
    both = first if first == second else f"{first} and {second}"
    return f"{about}{both} {words.unit}".strip()


def _place(reason: Reason) -> str:
    """Says among how many of the library's tracks the quality is that pronounced in both."""
    places = (reason.query.percentile, reason.neighbor.percentile)
    return _top(min(places) if reason.side == "high" else 100 - max(places))


def place_text(percentile: float) -> str:
    """Says where a value is in the library, from the nearer end.

    >>> place_text(92.0), place_text(8.0)
    ('top 8 %', 'lowest 8 %')
    """
    return _top(percentile) if percentile > 50 else _lowest(percentile)


def _top(percentile: float) -> str:
    return f"top {_up(100 - percentile)} %"


def _lowest(percentile: float) -> str:
    return f"lowest {_up(percentile)} %"


def _up(share: float) -> int:
    """Rounds a share up: the third of a hundred tracks, at 2.5 %, is among three of a hundred."""
    return max(1, math.ceil(round(share, 6)))


def _listed(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
