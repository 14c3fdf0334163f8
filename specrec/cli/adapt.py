"""The command that adapts a model to the music of a library."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from specrec.cli.app import LibraryArgument, app
from specrec.printing import counted, say

if TYPE_CHECKING:
    from specrec.training.adapt import Adaptation


@app.command()
def adapt(
    library: LibraryArgument,
    label: Annotated[
        list[str],
        typer.Option(
            metavar="COLUMN",
            help="Also measure whether tracks that share its value are found, and whether names of"
            " concepts are true by it; may be repeated.",
        ),
    ] = [],  # noqa: B006 (typer copies it)
    passes: Annotated[
        int,
        typer.Option(
            metavar="NUMBER",
            min=0,
            help="Train the whole network too, so often over altered views of the tracks; it takes"
            " far longer, and learns more.",
        ),
    ] = 0,
    file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The package of musicnn, if you downloaded it by hand."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="MODEL",
            help="Write the model into this folder, and leave the library as it is.",
        ),
    ] = None,
    undo: Annotated[
        bool, typer.Option("--undo", help="Go back to the model as it was before.")
    ] = False,
    workers: Annotated[
        int,
        typer.Option(metavar="NUMBER", min=0, help="Processes that decode; 0 for one per core."),
    ] = 0,
    device: Annotated[
        str, typer.Option(metavar="NAME", help="What computes: auto, cpu or cuda.")
    ] = "auto",
) -> None:
    """Adapt the model to a library's own music, without labels.

    A music tagger (musicnn, fetched with pip or uv) hears the tracks too, and the model learns what
    it hears otherwise. Each fifth of the tracks is kept out in turn, and the model measured on it
    before and after. If it is better, the library is embedded anew with the adapted model; if
    not, nothing changes. It takes minutes, may be stopped and started again, and is undone with
    --undo.
    """
    from specrec.report.libraries import print_build
    from specrec.report.progress import progress_bar
    from specrec.training.adapt import Shown, adapt_library, undo_adaptation

    with (
        progress_bar("listening") as on_hear,
        progress_bar("storing views") as on_store,
        progress_bar("reading") as on_scan,
        progress_bar("embedding") as on_embed,
        progress_bar("measuring") as on_measure,
    ):
        shown = Shown(on_hear, on_store, on_scan, on_embed, on_measure)
        if undo:
            report = undo_adaptation(library, shown)
        else:
            done = adapt_library(library, label, passes, file, output, device, workers, shown)
    if undo:
        print_build(report, str(library))
        return
    _print_gains(done)
    if done.report is not None:
        print_build(done.report, str(library))
        say(f"model written to {done.model}; undo it with: specrec adapt {library} --undo")
    else:
        say(f"model written to {done.model}; use it with: specrec index model={done.model} ...")


def _print_gains(done: "Adaptation") -> None:
    """Prints what was gained on tracks that were kept out."""
    from specrec.report.table import Table, print_tables

    rows = [
        (
            gain.name,
            f"{gain.tracks:,}",
            f"{gain.before:.3f}",
            f"{gain.after:.3f}",
            f"{gain.difference.value:+.3f} ({gain.difference.low:+.3f} to"
            f" {gain.difference.high:+.3f})",
        )
        for gain in done.gains
    ]
    heard = f"{counted(done.tracks, 'track')} heard"
    if done.gone:
        heard += f"; the files of {done.gone:,} are gone"
    if done.unreadable:
        heard += f"; {done.unreadable:,} could not be read"
    header = ("on tracks kept out", "tracks", "before", "after", "gain")
    title = f"{done.adapted_from}, adapted"
    print_tables(Table(title, header, rows, f"{heard}. 95 % intervals over artists and albums."))
