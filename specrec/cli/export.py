"""A library's tables for other programs."""

from pathlib import Path
from typing import Annotated

import typer

from specrec.cli.app import LibraryArgument, app
from specrec.printing import say


@app.command()
def export(
    library: LibraryArgument,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where to write the tables.")
    ],
    windows: Annotated[
        bool, typer.Option("--windows", help="Also write the embeddings of each track's windows.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier export there.")
    ] = False,
) -> None:
    """Write a library as Parquet tables, for other programs.

    Its tracks, embeddings, features and concepts are then read by pandas, Hugging Face datasets
    and vector databases; metadata.json says with which model they were made, and under which
    license.
    """
    from specrec.index.export import export_library
    from specrec.recommend.collection import Collection
    from specrec.report.progress import progress_bar

    opened = Collection.open(library)
    with progress_bar("writing windows") as on_progress:
        written = export_library(
            opened.generation, output, windows, overwrite, on_progress, opened.concepts
        )
    say(f"{output}: {written['tracks']} tracks in {', '.join(written['files'])}")
