"""A match explained on the terminal and as JSON."""

import math
from typing import Any

from specrec.descriptors.features import CONCEPTS, PROPERTIES
from specrec.descriptors.vocabulary import noun, value_text
from specrec.explain.explanation import Contribution, Explanation, Verdict
from specrec.explain.readings import Reading
from specrec.explain.sentences import place_text
from specrec.recommend.match import Difference, Match
from specrec.report.console import Console, escape
from specrec.report.pictures import shortened
from specrec.report.table import Table, print_tables
from specrec.report.text import NONE, clock, json_document, name_of, percent
from specrec.report.timeline import located_reasons, passages_text

MOST_PARTS = 12
"""Parts of a similarity that are listed; the others are given as their sum."""

_LETTERS = 40  # of a title above a column


def match_json(match: Match, difference: Difference | None = None) -> str:
    """A match as a JSON document; a difference goes under `versus`."""
    return json_document(match_content(match, difference))


def match_content(match: Match, difference: Difference | None = None) -> dict[str, Any]:
    """What the JSON document of a match holds."""
    versus = {} if difference is None else {"versus": difference.to_dict()}
    return match.to_dict() | versus


def print_match(match: Match) -> None:
    """Prints the sentence, the sum, both tracks' features, passages, and what would change it."""
    console, explanation = Console(), match.explanation
    query, neighbor = escape(name_of(match.query)), escape(name_of(match.neighbor))
    console.print(f"[bold]{query}[/] and [bold]{neighbor}[/]")
    console.print(f"{escape(explanation.sentence)}\n")
    print_tables(sum_table(match))
    if match.readings:
        print_tables(reading_table(match))
    if located_reasons(explanation):
        print_tables(where_table(match))
    if match.windows is not None:
        passage = match.windows.passage
        console.print(
            f"Most similar passages: {_span(passage.query_start, passage.query_end)} and"
            f" {_span(passage.neighbor_start, passage.neighbor_end)}"
            f" (cosine {passage.similarity:.2f})"
        )
    causes = {item.feature for item in explanation.reasons if item.verdict == "because"}
    for item in explanation.contributions:
        if causes & set(item.members) and item.needed_change is not None:
            inside = item.rank_before is not None and item.rank_before <= match.k
            console.print(
                f"Counterfactual: {_changed(item.feature, *item.needed_change)}, it would"
                f" {'drop out of' if inside else 'enter'} the top {match.k}"
            )


def _changed(feature: str, before: float, after: float) -> str:
    """Says how a feature would have to change: `with less piano (-0.3 instead of +1.8 ...)`."""
    first, second = (value_text(feature, value) for value in (before, after))
    if feature in CONCEPTS:
        degree = "more" if after > before else "less"
        start = "if it were" if CONCEPTS[feature].kind == "amount" else "with"
        values = f"{second} instead of {first}, as the model hears it"
        return f"{start} {degree} {noun(feature)} ({values})"
    return f"with a {noun(feature)} of {second} instead of {first}, as the model predicts it"


def print_difference(difference: Difference) -> None:
    """Prints why one track is nearer than another."""
    one, other = escape(name_of(difference.neighbor)), escape(name_of(difference.other))
    first, second = difference.similarities
    console = Console()
    console.print(f"\n[bold]{one}[/] ({first:.3f}) and not [bold]{other}[/] ({second:.3f})")
    parts = sorted(difference.contributions.items(), key=lambda item: -abs(item[1]))
    rows = [(noun(name), f"{value:+.3f}") for name, value in parts[:MOST_PARTS]]
    if rest := [value for _, value in parts[MOST_PARTS:]]:
        rows.append((f"{len(rest)} others", f"{math.fsum(rest):+.3f}"))
    if abs(difference.residual) >= 0.0005:
        rows.append(("residual", f"{difference.residual:+.3f}"))
    rows.append(("difference", f"{first - second:+.3f}"))
    print_tables(Table("", ("feature", "adds"), rows, bold=[len(rows) - 1]))


def verdict_on(item: Contribution, explanation: Explanation) -> Verdict | None:
    """The verdict of an explanation on a group of features; None if it gives none."""
    verdicts = (reason.verdict for reason in explanation.reasons if reason.feature in item.members)
    return next(verdicts, None)


def sum_table(match: Match) -> Table:
    """What each group of features adds to the similarity, the residual, and their sum."""
    explanation = match.explanation
    whole = explanation.similarity
    largest, others = explanation.largest(MOST_PARTS)
    rows = [
        (
            noun(item.feature),
            verdict_on(item, explanation) or "",
            f"{item.value:+.3f}",
            _share(item.value, whole),
            f"{-item.drop:+.3f} ({max(item.control, 0.0):.3f})",
            f"{item.rank_before} -> {item.rank_after}",
        )
        for item in largest
    ]
    if others:
        rest = math.fsum(item.value for item in others)
        rows.append((f"{len(others)} others", "", f"{rest:+.3f}", _share(rest, whole), "", ""))
    residual = explanation.residual
    if explanation.unnamed or not rows:
        rows.append(("residual", "", f"{residual:+.3f}", _share(residual, whole), "", ""))
    rows.append(("similarity", "", f"{whole:+.3f}", _share(whole, whole), "", ""))
    notes = [
        "when ablated: change of the similarity when the feature is removed from both tracks; in"
        " brackets the drop that 95 of 100 random directions of the same variance stay below."
        " rank: before and after"
    ]
    notes += [
        f"{noun(item.feature)} also stands for {', '.join(map(noun, item.members[1:]))}, which the"
        " model does not tell apart"
        for item in largest
        if len(item.members) > 1
    ]
    header = ("feature", "verdict", "adds", "share", "when ablated", "rank")
    return Table("", header, rows, "\n".join(notes), text_columns=2, bold=[len(rows) - 1])


def reading_table(match: Match) -> Table:
    """Where both tracks stand, those features first that add most; the reasons in bold."""
    explanation = match.explanation
    largest, _ = explanation.largest(MOST_PARTS)
    grouped = [name for item in largest for name in item.members]
    readings = match.readings
    names = [name for name in grouped if name in readings]
    names += [name for name in readings if name not in grouped and name not in CONCEPTS]
    reasons = {reason.feature for reason in explanation.reasons}
    rows = [
        (noun(name), *(_reading(name, reading) for reading in readings[name])) for name in names
    ]
    bold = [place for place, name in enumerate(names) if name in reasons]
    return Table("", ("feature", *_titles(match)), rows, text_columns=3, bold=bold)


def where_table(match: Match) -> Table:
    """Where in both tracks the reasons are heard that are concepts, those of the sentence first."""
    rows = [
        (
            noun(item.feature),
            passages_text(item.query_passages) or NONE,
            passages_text(item.neighbor_passages) or NONE,
        )
        for item in located_reasons(match.explanation)
    ]
    return Table("", ("heard", *_titles(match)), rows, text_columns=3)


def _titles(match: Match) -> list[str]:
    return [
        shortened(" ".join(track.title.split()), _LETTERS)
        for track in (match.query, match.neighbor)
    ]


def _reading(feature: str, reading: Reading) -> str:
    text = value_text(feature, reading.value)
    if PROPERTIES[feature].kind != "class":
        text += f", {place_text(reading.percentile)}"
    return text if reading.measured else f"about {text}"


def _share(part: float, whole: float) -> str:
    return percent(part / whole) if whole else NONE


def _span(start: float, end: float) -> str:
    return f"{clock(start)}-{clock(end)}"
