"""Retrieval figures as a table or as JSON."""

import json
from dataclasses import asdict

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from specrec.evaluation.retrieval import Figure, RetrievalFigures


def print_figures(figures: dict[str, RetrievalFigures], label: str) -> None:
    """Prints one row an embedding, with 95 % bootstrap intervals."""
    queries = next(iter(figures.values())).queries
    table = Table(box=box.SIMPLE_HEAD, title_justify="left")
    table.title = f"Finding tracks of the same {escape(label)}: {queries} queries"
    table.add_column("embedding")
    for name in ("P@1", "P@10", "mAP"):
        table.add_column(name, justify="right")
    for name, of_embedding in figures.items():
        table.add_row(
            escape(name),
            _cell(of_embedding.precision_at_1),
            _cell(of_embedding.precision_at_10),
            _cell(of_embedding.mean_average_precision),
        )
    Console(highlight=False).print(table)


def figures_json(figures: dict[str, RetrievalFigures]) -> str:
    """The figures as a JSON document."""
    return json.dumps({name: asdict(value) for name, value in figures.items()}, indent=2)


def _cell(figure: Figure) -> str:
    low, high = (f"{end:.2f}".removeprefix("0") for end in (figure.low, figure.high))
    return f"{figure.value:.3f} [dim]({low}-{high})[/]"
