"""A match explained on the terminal and as JSON."""

import json

from rich import box
from rich.table import Table

from specrec.descriptors.features import FEATURES
from specrec.descriptors.vocabulary import noun, value_text
from specrec.explain.explanation import Contribution, Explanation, Verdict
from specrec.explain.feature_stats import Reading
from specrec.explain.sentences import place_text
from specrec.recommend.match import Difference, Match
from specrec.report.console import Console, escape
from specrec.report.terminal import clock, name_of


def match_json(match: Match, difference: Difference | None = None) -> str:
    """A match as a JSON document; a difference goes under `versus`."""
    document = match.to_dict()
    if difference is not None:
        document["versus"] = difference.to_dict()
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)


def print_match(match: Match) -> None:
    """Prints the sentence, the sum, both tracks' features, passages, and what would change it."""
    console, explanation = Console(), match.explanation
    query, neighbor = escape(name_of(match.query)), escape(name_of(match.neighbor))
    console.print(f"[bold]{query}[/] and [bold]{neighbor}[/]")
    console.print(f"{escape(explanation.sentence)}\n")
    console.print(_sum_table(match))
    console.print(
        "[dim]when ablated: change of the similarity when the feature is removed from both tracks;"
        " in brackets the drop that 95 of 100 random directions of the same variance stay below."
        " rank: before and after[/]"
    )
    grouped = [item for item in explanation.contributions if len(item.members) > 1]
    for item in grouped:
        others = ", ".join(noun(name) for name in item.members[1:])
        console.print(
            f"[dim]{noun(item.feature)} also stands for {others}, which the model does not tell"
            " apart[/]"
        )
    if match.readings:
        console.print(_reading_table(match))
    if match.windows is not None:
        passage = match.windows.passage
        console.print(
            f"\nMost similar passages: {_span(passage.query_start, passage.query_end)} and"
            f" {_span(passage.neighbor_start, passage.neighbor_end)}"
            f" (cosine {passage.similarity:.2f})"
        )
    causes = {item.feature for item in explanation.reasons if item.verdict == "because"}
    for item in explanation.contributions:
        if causes & set(item.members) and item.needed_change is not None:
            before, after = (value_text(item.feature, value) for value in item.needed_change)
            inside = item.rank_before <= match.k
            console.print(
                f"Counterfactual: with a {noun(item.feature)} of {after} instead of {before}, as"
                f" the model predicts it, it {'drops out of' if inside else 'enters'} the top"
                f" {match.k}"
            )


def print_difference(difference: Difference) -> None:
    """Prints why one track is nearer than another."""
    one, other = escape(name_of(difference.neighbor)), escape(name_of(difference.other))
    first, second = difference.similarities
    console = Console()
    console.print(f"\n[bold]{one}[/] ({first:.3f}) and not [bold]{other}[/] ({second:.3f})")
    table = Table(box=box.SIMPLE_HEAD, show_footer=True)
    table.add_column("feature", "difference")
    table.add_column("adds", f"{first - second:+.3f}", justify="right")
    parts = sorted(difference.contributions.items(), key=lambda item: -abs(item[1]))
    for name, value in parts:
        table.add_row(noun(name), f"{value:+.3f}")
    table.add_row("[dim]residual[/]", f"{difference.residual:+.3f}")
    console.print(table)


def verdict_on(item: Contribution, explanation: Explanation) -> Verdict | None:
    """What the explanation says of a group of features; None if nothing."""
    said = [reason.verdict for reason in explanation.reasons if reason.feature in item.members]
    return said[0] if said else None


def _sum_table(match: Match) -> Table:
    explanation = match.explanation
    table = Table(box=box.SIMPLE_HEAD, show_footer=True)
    table.add_column("feature", "similarity")
    table.add_column("adds", f"{explanation.similarity:+.3f}", justify="right")
    table.add_column("share", "100 %", justify="right")
    table.add_column("when ablated", justify="right")
    table.add_column("rank", justify="right")
    table.add_column("verdict")
    for item in explanation.contributions:
        table.add_row(
            noun(item.feature),
            f"{item.value:+.3f}",
            _share(item.value, explanation.similarity),
            f"{-item.drop:+.3f} ({max(item.control, 0.0):.3f})",
            _ranks(item),
            verdict_on(item, explanation) or "",
        )
    residual = _share(explanation.residual, explanation.similarity)
    table.add_row("[dim]residual[/]", f"{explanation.residual:+.3f}", residual, "", "", "")
    return table


def _reading_table(match: Match) -> Table:
    """Where both tracks stand, those features first that add most; the reasons in bold."""
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("feature")
    for track in (match.query, match.neighbor):
        title = escape(" ".join(track.title.split()))
        table.add_column(title, no_wrap=True, min_width=17, max_width=26)
    heard = [name for item in match.explanation.contributions for name in item.members]
    names = [name for name in heard if name in match.readings]
    names += [name for name in match.readings if name not in heard]
    reasons = {reason.feature for reason in match.explanation.reasons}
    for name in names:
        pair = (_reading(name, reading) for reading in match.readings[name])
        table.add_row(noun(name), *pair, style="bold" if name in reasons else "")
    return table


def _reading(feature: str, reading: Reading) -> str:
    text = value_text(feature, reading.value)
    if FEATURES[feature].kind != "class":
        text += f", {place_text(reading.percentile)}"
    return text if reading.measured else f"about {text}"


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.0%}".replace("%", " %") if whole else "-"


def _ranks(item: Contribution) -> str:
    return f"{item.rank_before} -> {item.rank_after}"


def _span(start: float, end: float) -> str:
    return f"{clock(start)}-{clock(end)}"
