"""Where in a track concepts are heard, in words: `0:40 to 1:10`."""

from collections.abc import Mapping
from itertools import groupby

from specrec.concepts.phrases import listed
from specrec.concepts.vocabulary import load_vocabulary
from specrec.descriptors.vocabulary import noun
from specrec.explain.explanation import Explanation, Passages, Reason
from specrec.explain.sentences import named_reasons
from specrec.report.text import clock

_MOST = 2  # passages of a track that are told
_REASONS = 2  # of a sentence whose passages are told in one line


def passages_text(passages: Passages | None, most: int = _MOST) -> str:
    """Says where in a track something is heard, as exactly as its windows tell.

    Times are rounded to the step from one window to the next. Where windows don't cover the track,
    a time is only where something was heard.

    Args:
        passages: The passages; None if they are not known.
        most: Number of passages that are told, the longest; the others are counted.

    >>> passages_text(Passages(((39.2, 68.6), (88.2, 93.1)), False, 4.9, True, 180.0))
    '0:40 to 1:10 and 1:30 to 1:35'
    >>> passages_text(Passages(((0.0, 39.2),), False, 4.9, True, 180.0))
    'until 0:40'
    >>> passages_text(Passages(((37.5, 42.5),), False, 60.0, False, 180.0))
    'around 0:40'
    """
    if passages is None or not passages.spans:
        return ""
    if passages.throughout:
        return "throughout"
    longest = sorted(passages.spans, key=lambda span: span[0] - span[1])[:most]
    told = [_span(span, passages) for span in sorted(longest)]
    rest = len(passages.spans) - len(longest)
    return listed([*told, f"{rest} more"] if rest else told)


def _span(span: tuple[float, float], passages: Passages) -> str:
    start, end = span
    if not passages.covered:
        length = end - start
        if length < passages.step_seconds:  # one window, the others are further apart
            return f"around {clock(_rounded((start + end) / 2, 5.0))}"
        return f"around {clock(_rounded(start, 5.0))} to {clock(_rounded(end, 5.0))}"
    step = float(max(1, round(passages.step_seconds)))
    if start <= 0:
        return f"until {clock(_rounded(end, step))}"
    if end >= passages.seconds - 0.5 * passages.step_seconds:
        return f"from {clock(_rounded(start, step))} on"
    return f"{clock(_rounded(start, step))} to {clock(_rounded(end, step))}"


def _rounded(seconds: float, step: float) -> float:
    return step * round(seconds / step)


def by_family(heard: Mapping[str, Passages]) -> dict[str, Passages]:
    """Orders concepts as the vocabulary has its families; in each, those heard longest first."""
    seconds = {name: -sum(end - start for start, end in item.spans) for name, item in heard.items()}
    ordered: list[str] = []
    for _, concepts in groupby(load_vocabulary(), lambda concept: concept.family):
        names = [concept.feature for concept in concepts if concept.feature in heard]
        ordered += sorted(names, key=seconds.__getitem__)
    return {name: heard[name] for name in ordered}


def is_partial(reason: Reason) -> bool:
    """Whether a reason is heard in a part of the neighbor or of the query only."""
    return any(side is not None and side.spans and not side.throughout for side in _sides(reason))


def _sides(reason: Reason) -> tuple[Passages | None, Passages | None]:
    return reason.query_passages, reason.neighbor_passages


def located_reasons(explanation: Explanation) -> list[Reason]:
    """The reasons that are heard in passages, those of the sentence first.

    There are none if each is heard throughout both tracks: that needs no saying.
    """
    named = named_reasons(explanation.reasons)
    ordered = [*named, *(item for item in explanation.reasons if item not in named)]
    known = [
        item for item in ordered if any(side is not None and side.spans for side in _sides(item))
    ]
    return known if any(map(is_partial, known)) else []


def where_line(explanation: Explanation, other: str = "query") -> str:
    """Says in one line where the sentence's reasons are heard; empty if they are throughout.

    Args:
        explanation: Why a track is similar to another.
        other: What that other one is called.
    """
    named = named_reasons(explanation.reasons)
    partial = [item for item in located_reasons(explanation) if item in named and is_partial(item)]
    told = [_where(item, other) for item in partial[:_REASONS]]
    return f"Where: {'; '.join(told)}." if told else ""


def _where(reason: Reason, other: str) -> str:
    """`singing from 0:40 on (query: 0:20 to 0:50)`."""
    here, there = passages_text(reason.query_passages), passages_text(reason.neighbor_passages)
    name = noun(reason.feature)
    if not there:
        return f"{name} ({other}: {here})"
    if not here:
        return f"{name} {there}"
    return f"{name} {there} ({other}: {here})"
