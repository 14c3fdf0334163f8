"""Tags that are to be written, or were, on the terminal."""

import json
from collections.abc import Mapping

from rich import box
from rich.table import Table

from specrec.recommend.tagging import TagPlan, TagsWritten
from specrec.report.console import Console, escape

_SHOWN = 20


def print_tag_plan(plan: TagPlan) -> None:
    """Prints what would change in which file, and what would not, and why."""
    console = Console(soft_wrap=True)
    if plan.changes:
        table = Table("file", "tag", "old", "new", box=box.SIMPLE_HEAD)
        for change in plan.changes[:_SHOWN]:
            old = "-" if change.old is None else escape(change.old)
            table.add_row(escape(change.path), change.tag, old, escape(change.new))
        console.print(table, soft_wrap=False)
    if len(plan.changes) > _SHOWN:
        console.print(f"{_SHOWN} of {len(plan.changes)} changes shown; --json prints all")
    _print_reasons(console, "can't be tagged", plan.untaggable)
    for (field, why), count in sorted(plan.unknown.items()):
        console.print(f"{field}: not written into {_files(count)}: {escape(why)}")
    changed = len({change.path for change in plan.changes})
    tags = f"{len(plan.changes)} tag{'s' * (len(plan.changes) != 1)} in {_files(changed)}"
    console.print(f"{tags} of {plan.files} to write; {plan.kept} stay as they are")


def print_tags_written(done: TagsWritten, library: str) -> None:
    """Says what was written, and what to do next."""
    console = Console(soft_wrap=True)
    _print_reasons(console, "could not be written", done.failed)
    console.print(f"{_files(len(done.files))} written")
    if done.files:
        console.print(
            f"specrec index with library={escape(library)} takes note of it, and embeds none of"
            " them again"
        )


def tags_json(plan: TagPlan, done: TagsWritten | None) -> str:
    """A plan as a JSON document, with what was written of it."""
    written = None if done is None else {"files": done.files, "failed": done.failed}
    document = {"format_version": 1, **plan.to_dict(), "written": written}
    return json.dumps(document, indent=2, ensure_ascii=False)


def _print_reasons(console: Console, what: str, reasons: Mapping[str, str]) -> None:
    if not reasons:
        return
    console.print(f"{_files(len(reasons))} {what}:")
    for path, why in list(reasons.items())[:_SHOWN]:
        console.print(f"  {escape(path)}: {escape(why)}")
    if len(reasons) > _SHOWN:
        console.print(f"  and {len(reasons) - _SHOWN} more; --json lists all")


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"
