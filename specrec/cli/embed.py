"""Embeddings of files, without a library."""

from pathlib import Path

import click

from specrec.cli.app import app
from specrec.cli.values import MODEL, PATH


@app.command()
@click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    type=PATH,
    required=True,
    help="Audio files, or folders of them.",
)
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    type=PATH,
    required=True,
    help="A file to write: .parquet or .npz.",
)
@click.option(
    "--model",
    metavar="MODEL",
    type=MODEL,
    default="specrec-base",
    help="Name or folder of the model.",
)
@click.option("--windows", is_flag=True, help="A row for each window, not for each file.")
@click.option(
    "--features", is_flag=True, help="Also tempo, loudness, key and others, measured and predicted."
)
def embed(files: tuple[Path, ...], output: Path, model: str, windows: bool, features: bool) -> None:
    """Embed audio files, and write the embeddings as a table.

    No library is needed. Files that can't be used are listed, and the others go on. The
    similarity of two tracks is the cosine of their embeddings.
    """
    from specrec.index.embedding_table import check_output, find_files, write_embeddings
    from specrec.report.embedding import print_embedded_files
    from specrec.report.progress import progress_bar

    check_output(output)
    find_files(files)  # before the model is loaded, which takes a while
    from specrec.model.model import load_model

    with progress_bar("embedding") as on_progress:
        report = write_embeddings(load_model(model), files, output, windows, features, on_progress)
    print_embedded_files(report, str(output))
