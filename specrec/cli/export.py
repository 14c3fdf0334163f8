"""A library's tables for other programs."""

from pathlib import Path

import click

from specrec.cli.app import app, library_argument
from specrec.cli.values import PATH
from specrec.printing import say


@app.command()
@library_argument
@click.option(
    "--output", "-o", metavar="FOLDER", type=PATH, required=True, help="Where to write the tables."
)
@click.option("--windows", is_flag=True, help="Also write the embeddings of each track's windows.")
@click.option("--overwrite", is_flag=True, help="Replace an earlier export there.")
def export(library: Path, output: Path, windows: bool, overwrite: bool) -> None:
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
