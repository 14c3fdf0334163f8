"""One table of text, rendered to the terminal and to Markdown; the page's template renders HTML."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import rich.table
from rich import box

from specrec.report.console import Console, escape


@dataclass(frozen=True)
class Table:
    """A table with its title, and what there is to know to read it.

    Attributes:
        title: What it shows; may be empty.
        header: Names of its columns; all empty where the first column says all.
        rows: The cells of each row; none where only the note has something to say.
        note: What follows it; may be empty.
        text_columns: How many columns from the left hold text; the others hold figures, which
            stand at the right.
        bold: Places of the rows that stand out, from 0.
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    text_columns: int = 1
    bold: Collection[int] = ()

    def transposed(self) -> "Table":
        """The same with columns for rows, for few rows with many figures.

        >>> Table("", ("model", "P@1", "mAP"), (("base", "0.7", "0.3"),)).transposed().rows
        (('P@1', '0.7'), ('mAP', '0.3'))
        """
        corner, *names = zip(self.header, *self.rows, strict=True)
        return replace(self, header=("figure", *corner[1:]), rows=tuple(names), bold=())

    def to_markdown(self, level: int = 2) -> str:
        """GitHub's Markdown: a heading of that level, the table, the note."""
        parts = [f"{'#' * level} {self.title}"] if self.title else []
        if self.rows:
            figures = len(self.header) - self.text_columns
            lines = [self.header, ["---"] * self.text_columns + ["---:"] * figures, *self.rows]
            cells = (" | ".join(cell.replace("|", "\\|") for cell in line) for line in lines)
            parts.append("\n".join(f"| {line} |" for line in cells))
        return "\n\n".join([*parts, self.note] if self.note else parts)


def print_tables(*tables: Table) -> None:
    """Prints tables; where one is too wide, each interval stands below its figure."""
    console = Console()
    for table in tables:
        if table.title:
            console.print(f"[bold]{escape(table.title)}[/]")
        if table.rows:
            console.print(_drawn(table, console.width))
        if table.note:
            note = "\n".join(map(escape, table.note.splitlines()))
            console.print(f"[dim]{note}[/]\n")


def _drawn(table: Table, width: int) -> rich.table.Table:
    columns = zip(table.header, *table.rows, strict=True)
    wide = sum(max(map(len, column)) + 2 for column in columns) > width
    named = any(table.header)
    has_figures = len(table.header) > table.text_columns
    drawn = rich.table.Table(
        box=box.SIMPLE_HEAD if named else None,
        show_header=named,
        padding=(0, 0 if wide and has_figures else 1, 0, 0),
    )
    for place, name in enumerate(table.header):
        figures = place >= table.text_columns
        drawn.add_column(
            escape(name).replace(" ", "\n") if wide and figures else escape(name),
            justify="right" if figures else "left",
            overflow="fold",
            min_width=14 if place == 0 and named else None,
        )
    for place, row in enumerate(table.rows):
        texts = map(escape, row[: table.text_columns])
        cells = map(_folded if wide else escape, row[table.text_columns :])
        drawn.add_row(*texts, *cells, style="bold" if place in table.bold else "")
    return drawn


def _folded(cell: str) -> str:
    figure, bracket, rest = escape(cell).partition(" (")
    return f"{figure}\n[dim]({rest}[/]" if bracket else figure
