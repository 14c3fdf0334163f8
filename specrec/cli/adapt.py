"""The command that adapts a model to the music of a library."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from specrec.cli.app import app, library_argument
from specrec.cli.values import PATH, WholeNumber
from specrec.errors import QueryError
from specrec.printing import counted, say

if TYPE_CHECKING:
    from specrec.training.adapt import Adaptation


@app.command()
@library_argument
@click.option(
    "--label",
    metavar="COLUMN",
    multiple=True,
    help="Also measure whether tracks that share its value are found, and whether names of"
    " concepts are true by it; may be repeated.",
)
@click.option(
    "--passes",
    metavar="NUMBER",
    type=WholeNumber(min=0),
    default=0,
    help="Train the whole network too, so often over altered views of the tracks; it takes"
    " far longer, and learns more.",
)
@click.option(
    "--file",
    metavar="FILE",
    type=PATH,
    help="The package of musicnn, if you downloaded it by hand.",
)
@click.option(
    "--output",
    "-o",
    metavar="MODEL",
    type=PATH,
    help="Write the model into this folder, and leave the library as it is.",
)
@click.option("--undo", is_flag=True, help="Go back to the model as it was before.")
@click.option(
    "--workers",
    metavar="NUMBER",
    type=WholeNumber(min=0),
    default=0,
    help="Processes that decode; 0 for one per core.",
)
@click.option("--device", metavar="NAME", default="auto", help="What computes: auto, cpu or cuda.")
def adapt(
    library: Path,
    label: tuple[str, ...],
    passes: int,
    file: Path | None,
    output: Path | None,
    undo: bool,
    workers: int,
    device: str,
) -> None:
    """Adapt the model to a library's own music, without labels.

    A music tagger (musicnn, fetched with pip or uv) hears the tracks too, and the model learns what
    it hears otherwise. Each fifth of the tracks is kept out in turn, and the model measured on it
    before and after. If it is better, the library is embedded anew with the adapted model; if
    not, nothing changes. It takes minutes, may be stopped and started again, and is undone with
    --undo.
    """
    if undo and (label or passes or file or output):
        raise QueryError("--undo takes no --label, --passes, --file or -o; leave them out")
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
