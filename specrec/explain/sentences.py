"""Puts reasons into English; another language would be another file like this one."""

from collections.abc import Sequence

from specrec.descriptors.vocabulary import WORDS, Words, noun, percent
from specrec.explain.explanation import Reason

_MOST = 2  # reasons named in one sentence, and facts beside them
_CHANCE = "No more similar than chance"
_USUAL = "Sounds similar, but no shared feature stands out"
_UNEXPLAINED = "Sounds similar, but mostly unexplained by named features"


def sentence(
    similarity: float, residual: float, reasons: Sequence[Reason], leading: Sequence[str] = ()
) -> str:
    """Says in one line why two tracks match.

    Args:
        similarity: Similarity of the two tracks, from -1 to 1.
        residual: The part of it that named features do not explain.
        reasons: The reasons, sorted by weight.
        leading: Features that add most, which are named if no shared feature stands out; empty
            unless tracks are compared by features alone.
    """
    named = named_reasons(reasons)
    if similarity <= 0:  # that of two tracks drawn by chance, on average
        shared = [phrase(item) for item in named]
        return f"{_CHANCE}{f', though both are {_listed(shared)}' if shared else ''}."
    because = [item for item in named if item.verdict == "because"]
    beside = [phrase(item) for item in named if item.verdict == "both also"]
    unnamed = residual > similarity / 2
    parts = []
    if because:
        parts.append(f"Because both are {_listed([phrase(item) for item in because])}")
    if because and unnamed:
        parts.append(f"{percent(residual / similarity)} % unexplained by named features")
    if not because and leading:
        parts.append(f"Similar in {_listed([noun(name) for name in leading[:_MOST]])}")
    elif not because and unnamed:
        parts.append(_UNEXPLAINED)
    elif not because and not beside:
        parts.append(_USUAL)
    if beside:
        parts.append(f"{'both also' if parts else 'Both'} {_listed(beside)}")
    return "; ".join(parts) + "."


def named_reasons(reasons: Sequence[Reason]) -> list[Reason]:
    """Picks the reasons that a sentence names, in its order."""
    because = [item for item in reasons if item.verdict == "because"][:_MOST]
    return because + [item for item in reasons if item.verdict == "both also"][:_MOST]


def phrase(reason: Reason) -> str:
    """Puts a reason into a few words: `bright (3.4 and 3.1 kHz centroid, top 8 %)`."""
    words = WORDS[reason.feature]
    if reason.side == "same":
        return f"in the key of {words.value(reason.query.value)}"
    quality = words.high if reason.side == "high" else words.low
    return f"{quality} ({_values(reason, words)}, {_place(reason)})"


def _values(reason: Reason, words: Words) -> str:
    first, second = words.value(reason.query.value), words.value(reason.neighbor.value)
    about = "" if reason.query.measured and reason.neighbor.measured else "about "
    both = first if first == second else f"{first} and {second}"
    return f"{about}{both} {words.unit}".strip()


def _place(reason: Reason) -> str:
    """Says where the track that stands out less is in the library."""
    places = (reason.query.percentile, reason.neighbor.percentile)
    return _top(min(places)) if reason.side == "high" else _lowest(max(places))


def place_text(percentile: float) -> str:
    """Says where a value is in the library, from the nearer end.

    >>> place_text(92.0), place_text(8.0)
    ('top 8 %', 'lowest 8 %')
    """
    return _top(percentile) if percentile > 50 else _lowest(percentile)


def _top(percentile: float) -> str:
    return f"top {max(1, round(100 - percentile))} %"


def _lowest(percentile: float) -> str:
    return f"lowest {max(1, round(percentile))} %"


def _listed(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
