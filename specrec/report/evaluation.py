"""An evaluation on the terminal and as JSON."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from specrec import __version__
from specrec.bootstrap import Estimate
from specrec.evaluation.protocol import Evaluation
from specrec.evaluation.retrieval import Hubness, Retrieval
from specrec.evaluation.stability import NEARLY_EQUAL, Stability
from specrec.report.console import Console, escape

if TYPE_CHECKING:
    from specrec.report.explanation_tables import Section

FORMAT_VERSION = 1
METRIC_NAMES = {
    "precision_at_1": "P@1",
    "precision_at_10": "P@10",
    "r_precision": "R-prec",
    "mean_average_precision": "mAP",
    "ndcg_at_10": "nDCG@10",
    "mean_reciprocal_rank": "MRR",
}
_DIFFERENCES = ("precision_at_1", "precision_at_10", "mean_average_precision")
INTERVALS = "In brackets: 95 % bootstrap intervals over queries."


def evaluation_json(evaluation: Evaluation) -> str:
    """The whole evaluation as a JSON document."""
    head = {"format_version": FORMAT_VERSION, "specrec_version": __version__}
    return json.dumps(head | asdict(evaluation), indent=2, ensure_ascii=False, allow_nan=False)


def print_evaluation(evaluation: Evaluation) -> None:
    """Prints the figures, the differences, hubness, and what else was measured.

    Of the differences only some metrics; the JSON document has all.
    """
    print_retrieval(evaluation.retrieval)
    console = Console()
    first = next(iter(evaluation.embeddings))
    for retrieval in evaluation.retrieval:
        if retrieval.differences and remark(retrieval) is None:
            title = f"{escape(first)} minus the others\n{escape(subject(retrieval))}"
            console.print(f"[italic]{title}[/]")
            console.print(_metric_table(retrieval.differences, _DIFFERENCES, difference_text))
    k = next(iter(evaluation.hubness.values())).k
    console.print(f"[italic]Hubs: how often a track is among the first {k} of another[/]")
    console.print(_hubness_table(evaluation.hubness))
    for name, reason in evaluation.left_out.items():
        console.print(f"[dim]{escape(name)} is left out: {escape(reason)}[/]\n", soft_wrap=True)
    for name, stabilities in evaluation.robustness.items():
        title = (
            f"Altered files of {len(evaluation.track_ids)} tracks against their originals: {name}"
        )
        console.print(f"[italic]{escape(title)}[/]")
        console.print(_robustness_table(stabilities))
    if evaluation.explanations is not None:
        # Here, not above: what is measured of explanations needs torch.
        from specrec.report.explanation_tables import explanation_sections

        for section in explanation_sections(evaluation.explanations):
            console.print(f"[italic]{escape(section.title)}[/]")
            console.print(_section_table(section))
            if section.note:
                console.print(f"[dim]{escape(section.note)}[/]\n")


def print_retrieval(retrievals: Sequence[Retrieval]) -> None:
    """Prints a table for each label, without and with the artist filter."""
    console = Console()
    for retrieval in retrievals:
        console.print(f"[italic]{escape(subject(retrieval))}[/]")
        if (why := remark(retrieval)) is None:
            console.print(_metric_table(retrieval.figures, METRIC_NAMES, figure_text))
        else:
            console.print(f"{escape(why)}\n")
    console.print(f"[dim]{INTERVALS}[/]\n")


def subject(retrieval: Retrieval) -> str:
    """Who looks for what, as a title."""
    if not retrieval.artist_filter:
        return f"Same {retrieval.label}: {retrieval.queries} queries"
    known = f" (artist or album known for {retrieval.known})" if retrieval.queries else ""
    return f"Same {retrieval.label}, artist filter on{known}: {retrieval.queries} queries"


def remark(retrieval: Retrieval) -> str | None:
    """Why a filtered table would say nothing, or nothing new."""
    if retrieval.queries == 0:
        return f"All tracks of the same {retrieval.label} are left out: nothing remains to find."
    if retrieval.artist_filter and retrieval.known == 0:
        return "No artist or album is known: the filter leaves out nothing."
    return None


def figure_text(figure: Estimate) -> str:
    """A figure and its interval."""
    low, high = (f"{end:.2f}".removeprefix("0")[:3] for end in (figure.low, figure.high))
    return f"{figure.value:.3f} ({low}-{high})"


def difference_text(figure: Estimate) -> str:
    """A signed figure and its interval."""
    return f"{figure.value:+.3f} ({figure.low:+.2f} to {figure.high:+.2f})"


def _metric_table(
    figures: Mapping[str, Mapping[str, Estimate]],
    metrics: Iterable[str],
    text: Callable[[Estimate], str],
) -> Table:
    """A row an embedding; a figure stands above its interval, so that six fit into 80 columns."""
    table = _table("embedding", *(METRIC_NAMES[metric] for metric in metrics))
    for name, of_embedding in figures.items():
        cells = (text(of_embedding[metric]).split(" ", 1) for metric in metrics)
        table.add_row(escape(name), *(f"{value}\n[dim]{ends}[/]" for value, ends in cells))
    return table


def _hubness_table(hubness: Mapping[str, Hubness]) -> Table:
    table = _table("embedding", "skewness", "largest hub", "never recommended")
    for name, of_embedding in hubness.items():
        table.add_row(
            escape(name),
            f"{of_embedding.skewness:.2f}",
            f"{of_embedding.largest} times",
            f"{of_embedding.never_share:.1%}",
        )
    return table


def _robustness_table(stabilities: Mapping[str, Stability]) -> Table:
    columns = ("median", "lowest", f">= {NEARLY_EQUAL}", "found first", "worst rank", "refused")
    table = _table("cosine after", *columns)
    for alteration, stability in stabilities.items():
        table.add_row(
            alteration,
            f"{stability.median_cosine:.4f}",
            f"{stability.lowest_cosine:.4f}",
            f"{stability.nearly_equal_share:.1%}",
            f"{stability.first_share:.1%}",
            str(stability.worst_rank),
            str(stability.refused or "-"),
        )
    return table


def _section_table(section: "Section") -> Table:
    """A figure stands above its interval, so that all fit into 80 columns."""
    table = _table(*section.header)
    for name, *cells in section.rows:
        folded = (
            cell.replace(" (", "\n[dim](", 1) + "[/]" if " (" in cell else cell for cell in cells
        )
        table.add_row(escape(name), *folded)
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=0)
    table.add_column(first, overflow="fold", min_width=14)
    for name in others:
        table.add_column(name, justify="right")
    return table
