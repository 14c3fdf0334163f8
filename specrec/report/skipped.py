"""Files that were left out, on the terminal."""

from collections import Counter
from collections.abc import Sequence

from rich import box
from rich.table import Table

from specrec.catalog.scan import Skipped
from specrec.report.console import Console, escape

_SHOWN = 20


def print_skipped(console: Console, skipped: Sequence[Skipped]) -> None:
    """Lists files that were left out, and why."""
    if skipped:
        table = Table("skipped file", "reason", "detail", box=box.SIMPLE_HEAD)
        for item in skipped[:_SHOWN]:
            table.add_row(escape(item.path), item.reason, escape(item.detail))
        console.print(table)
    if len(skipped) > _SHOWN:
        counts = Counter(str(item.reason) for item in skipped)
        total = ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
        console.print(f"{_SHOWN} of {len(skipped)} shown; in all: {total}")
