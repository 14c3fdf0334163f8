"""One table of text, rendered to the terminal and to Markdown; the page's template renders HTML."""

from collections.abc import Sequence
from dataclasses import dataclass

import rich.table
from rich import box

from specrec.report.console import Console, escape


@dataclass(frozen=True)
class Table:
    """A table with its title, and what there is to know to read it.

    Attributes:
        title: What it shows.
        header: Names of its columns; the first column names the rows.
        rows: The cells of each row; none where only the note has something to say.
        note: What follows it; may be empty.
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def transposed(self) -> "Table":
        """The same with columns for rows, for few rows with many figures.

        >>> Table("", ("model", "P@1", "mAP"), (("base", "0.7", "0.3"),)).transposed().rows
        (('P@1', '0.7'), ('mAP', '0.3'))
        """
        corner, *names = zip(self.header, *self.rows, strict=True)
        return Table(self.title, ("figure", *corner[1:]), tuple(names), self.note)

    def to_markdown(self, level: int = 2) -> str:
        """GitHub's Markdown: a heading of that level, the table, the note."""
        parts = [f"{'#' * level} {self.title}"] if self.title else []
        if self.rows:
            lines = [self.header, ("---", *["---:"] * (len(self.header) - 1)), *self.rows]
            cells = (" | ".join(cell.replace("|", "\\|") for cell in line) for line in lines)
            parts.append("\n".join(f"| {line} |" for line in cells))
        return "\n\n".join([*parts, self.note] if self.note else parts)


def print_tables(*tables: Table) -> None:
    """Prints tables; an interval stands below its figure, so that many fit into 80 columns."""
    console = Console()
    for table in tables:
        console.print(f"[italic]{escape(table.title)}[/]")
        if table.rows:
            drawn = rich.table.Table(box=box.SIMPLE_HEAD, padding=0)
            drawn.add_column(table.header[0], overflow="fold", min_width=14)
            for name in table.header[1:]:
                drawn.add_column(name, justify="right")
            for name, *cells in table.rows:
                drawn.add_row(escape(name), *map(_folded, cells))
            console.print(drawn)
        if table.note:
            console.print(f"[dim]{escape(table.note)}[/]\n")


def _folded(cell: str) -> str:
    figure, bracket, rest = escape(cell).partition(" (")
    return f"{figure}\n[dim]({rest}[/]" if bracket else figure
