"""A library's state, and what became of the files of a folder: on the terminal and as JSON."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from specrec.catalog.joins import Joined
from specrec.catalog.scan import Skipped
from specrec.index.build import BuildReport
from specrec.index.library_parts import said_missing
from specrec.index.maintenance import Status
from specrec.index.merging import MergeReport
from specrec.index.repair import Repair, Verification
from specrec.printing import counted
from specrec.report.console import Console, escape
from specrec.report.table import Table, print_tables
from specrec.report.text import file_size, json_document

if TYPE_CHECKING:  # they load Matplotlib, which a status does without
    from specrec.report.spectrograms import Drawing, Rendering

_PATHS_SHOWN = 10
_SKIPPED_SHOWN = 20


def print_status(status: Status, library: str) -> None:
    """Prints what a library holds."""
    model, index = status.model, status.index
    tracks = f"{counted(status.tracks, 'track')}, {status.hours:,.1f} h of audio"
    if status.duplicates:
        tracks += f"; {status.duplicates:,} of them the same recording as another"
    left_out = ", ".join(f"{count} {reason}" for reason, count in status.skipped.items())
    settings = ", ".join(
        f"{name} {value}"
        for name, value in index.items()
        if name not in ("kind", "measured_recall") and not isinstance(value, dict | list)
    )
    rows = {
        "tracks": tracks,
        "features": f"measured of {counted(status.measured, 'track')}"
        + (f", not of {status.tracks - status.measured:,}" * (status.measured < status.tracks)),
        "skipped": left_out or "none",
        "other files": f"{status.ignored:,} ignored",
        "music": status.audio_root,
        "model": f"{model['name']} ({model['fingerprint']})",
        "index": f"{index['kind']}, recall@10 {index['measured_recall']:.3f}"
        + (f" ({settings})" if settings else ""),
        "disk": f"{file_size(status.bytes_generation)} tables and index,"
        f" {file_size(status.bytes_segments)} windows, {file_size(status.bytes_other)} other"
        " (the state before, other models, removed tracks)",
        "written": f"{status.created}, format {status.format_version}",
    }
    print_tables(Table(library, ("", ""), tuple(rows.items()), text_columns=2))


def print_verification(found: Verification, library: str) -> None:
    """Prints what is damaged."""
    console = Console()
    for line in found.damage:
        console.print(escape(line))
    if not found.damage:
        console.print(f"[bold]{escape(library)}[/]: whole; {counted(found.files, 'file')} read")


def print_repair(done: Repair) -> None:
    """Says what could be saved, and what to do next."""
    console = Console()
    if done.tracks:
        console.print(f"repaired: {counted(done.tracks, 'track')}; what was removed stays out")
    else:
        console.print("what was damaged is removed; what was decided about tracks is kept")
    if done.lost:
        console.print(f"{counted(done.lost, 'track')} could not be saved")
    if done.again:
        console.print(f"to be embedded again: {counted(done.again, 'track')}")
    console.print("now run specrec index again")


def verification_json(found: Verification, done: Repair | None) -> str:
    """A verification, and the repair if there was one, as a JSON document."""
    document = asdict(found) | {
        "segments": [str(path) for path in found.segments],
        "repair": None if done is None else asdict(done),
    }
    return json_document(document)


def print_build(report: BuildReport, library: str) -> None:
    """Says what an index run did, or would do, and lists the files it left out."""
    console = Console()
    if report.dry_run:
        console.print(
            f"[bold]{escape(library)}[/]: {counted(report.tracks, 'track')} now; a run would"
            f" embed {counted(report.embedded, 'file')}. Nothing was written."
        )
    else:
        parts = [counted(report.tracks, "track")]
        if not report.changed:
            parts.append("nothing new")
        parts += [f"{report.embedded:,} embedded now", f"{len(report.skipped):,} skipped"]
        if report.unmeasured:
            parts.append(f"{report.unmeasured:,} without features, tried again on the next run")
        if report.ignored:
            parts.append(f"{counted(report.ignored, 'other file')} ignored")
        console.print(f"[bold]{escape(library)}[/]: {', '.join(parts)}")
    if report.model_before is not None:
        would = "would be" if report.dry_run else "are"
        console.print(
            f"before, {escape(report.model_before)} embedded it: all tracks {would} embedded anew"
        )
    for folder in report.incomplete:
        console.print(f"left out: {escape(folder)}, which lacks some of its files")
    if report.moved_from is not None:
        console.print(f"the folder of the music was {escape(report.moved_from)} before")
    _print_plan(console, report)
    if report.table:
        console.print(escape(report.table))
    if report.featured is not None:
        console.print(_featured(report.featured))
    print_skipped(report.skipped)


def print_merge(report: MergeReport, library: str, embedded: int | None = None) -> None:
    """Says what became of the parts, and lists the files that are left out.

    Args:
        report: What became of them.
        library: The library's name.
        embedded: Number of files that were embedded before; None if none could be.
    """
    console = Console()
    said = [
        f"{counted(report.tracks, 'track')} of {counted(report.parts, 'part')}",
        *(() if report.changed else ("nothing new",)),
        *(() if embedded is None else (f"{embedded:,} embedded now",)),
        f"{len(report.skipped):,} skipped",
    ]
    if report.unmeasured:
        said.append(f"{report.unmeasured:,} without features, tried again by specrec index")
    console.print(f"[bold]{escape(library)}[/]: {', '.join(said)}")
    if report.missing:
        console.print(
            f"{said_missing(report.missing, report.shares)}: specrec index makes the rest"
        )
    for folder in report.interrupted:
        console.print(f"not finished: {escape(str(folder))}; what it embedded is taken over")
    print_skipped(report.skipped)


def build_json(report: BuildReport) -> str:
    """What an index run did, in numbers, as a JSON document."""
    return json_document(
        {
            "tracks": report.tracks,
            "embedded": report.embedded,
            "skipped": len(report.skipped),
            "gone": len(report.plan.vanished),
            "changed": report.changed,
        }
    )


def _print_plan(console: Console, report: BuildReport) -> None:
    """What became of files since the last run; a first run has nothing to say."""
    plan, would = report.plan, "would be " if report.dry_run else ""
    groups = {
        "new": plan.added if report.dry_run else [],
        "changed": plan.changed,
        "moved": [f"{before} -> {now}" for before, now in plan.moved],
        "without their tags": [f"{path}: {why}" for path, why in report.untagged.items()],
        f"gone, {would}dropped" if report.pruned else "gone, kept (prune=true drops them)": (
            plan.vanished
        ),
    }
    for name, paths in groups.items():
        if paths:
            console.print(f"{len(paths):,} {name}:")
            shown = paths[:_PATHS_SHOWN]
            more = [f"and {len(paths) - len(shown):,} more"] if len(paths) > len(shown) else []
            for line in [*shown, *more]:
                console.print(f"  {escape(line)}")


def _featured(joined: Joined) -> str:
    """How many files a table of features knows, and how much it holds."""
    held = counted(joined.rows, "row")
    if joined.tracks < joined.rows:
        held += f" for {counted(joined.tracks, 'track')}"
    if joined.empty_cells:
        held += f", {counted(joined.empty_cells, 'empty cell')}"
    files = counted(joined.files, "file")
    return f"{escape(str(joined.path))} ({held}) knows {joined.known:,} of {files}"


def print_skipped(skipped: Sequence[Skipped]) -> None:
    """Lists the files that were left out, and why; of many the first, and how many of each kind."""
    if not skipped:
        return
    rows = [(item.path, str(item.reason), item.detail) for item in skipped[:_SKIPPED_SHOWN]]
    note = ""
    if len(skipped) > len(rows):
        counts = Counter(str(item.reason) for item in skipped).most_common()
        total = ", ".join(f"{count:,} {reason}" for reason, count in counts)
        note = f"{len(rows)} of {len(skipped):,} shown; in all: {total}"
    print_tables(Table("", ("skipped file", "reason", "detail"), rows, note, text_columns=3))


def print_rendering(rendering: "Rendering", output: Path, ignored: int) -> None:
    """Says what became of a folder of which spectrograms were drawn, and lists the files without.

    Args:
        rendering: What was drawn.
        output: The folder of the pictures.
        ignored: How many files of the folder are no audio.
    """
    parts = [
        counted(len(rendering.pictures), "picture"),
        f"{rendering.drawn} drawn now",
        f"{len(rendering.skipped)} skipped",
    ]
    if ignored:
        parts.append(f"{counted(ignored, 'other file')} ignored")
    Console().print(f"[bold]{escape(str(output))}[/]: {', '.join(parts)}")
    print_skipped(rendering.skipped)


def rendering_json(rendering: "Rendering", output: Path, drawing: "Drawing") -> str:
    """A JSON document: format_version, output, how it was drawn, pictures, skipped files."""
    return json_document(
        {
            "output": str(output),
            "drawing": asdict(drawing),
            "drawn": rendering.drawn,
            "kept": len(rendering.pictures) - rendering.drawn,
            "pictures": [
                {"path": path, "picture": name} for path, name in rendering.pictures.items()
            ],
            "skipped": [asdict(item) for item in rendering.skipped],
        }
    )
