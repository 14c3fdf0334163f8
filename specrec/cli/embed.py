"""Embeddings of files, without a library."""

from pathlib import Path
from typing import Annotated

import typer

from specrec.cli.app import app


@app.command()
def embed(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Audio files, or folders of them."),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="A file to write: .parquet or .npz."),
    ],
    model: Annotated[
        str, typer.Option(metavar="MODEL", help="Name or folder of the model.")
    ] = "specrec-base",
    windows: Annotated[
        bool, typer.Option("--windows", help="A row for each window, not for each file.")
    ] = False,
    features: Annotated[
        bool,
        typer.Option(
            "--features", help="Also tempo, loudness, key and others, measured and predicted."
        ),
    ] = False,
) -> None:
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
