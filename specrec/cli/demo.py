"""A demonstration on music that specrec synthesizes."""

from pathlib import Path

import click

from specrec.cli.app import app, seed_option
from specrec.cli.serve import serve as serve_libraries
from specrec.cli.values import PATH, WholeNumber


@app.command()
@click.option(
    "--output",
    "-o",
    metavar="FOLDER",
    type=PATH,
    default="specrec-demo",
    help="Where to write the music and its library.",
)
@click.option(
    "--tracks",
    metavar="NUMBER",
    type=WholeNumber(20, 10_000),
    default=100,
    help="How many tracks to synthesize.",
)
@seed_option
@click.option("--serve", is_flag=True, help="Then serve the library, until Ctrl-C.")
@click.pass_context
def demo(context: click.Context, output: Path, tracks: int, seed: int, serve: bool) -> None:
    """Synthesize music, index it, and print similar tracks."""
    from specrec.config import IndexConfig
    from specrec.evaluation.protocol import evaluate_library
    from specrec.index.build import build_library
    from specrec.model.registry import DEFAULT_MODEL
    from specrec.recommend.library import Library
    from specrec.report.evaluation import print_retrieval
    from specrec.report.libraries import print_build
    from specrec.report.neighbors import print_neighbors
    from specrec.report.progress import progress_bar
    from specrec.synthesis.library import write_library

    audio, place = output / "audio", output / "library"
    with progress_bar("synthesizing") as on_progress:
        write_library(audio, tracks=tracks, seed=seed, on_progress=on_progress)
    with (
        progress_bar("reading") as on_scan,
        progress_bar("embedding") as on_embed,
        progress_bar("measuring") as on_measure,
    ):
        report = build_library(
            IndexConfig(str(audio), str(place), DEFAULT_MODEL), on_scan, on_embed, on_measure
        )
    print_build(report, str(place))
    library = Library.open(place)
    for row in range(0, len(library), len(library) // 3 + 1):
        print_neighbors(library.neighbors(row, k=5))
    print_retrieval(evaluate_library(library.collection, "genre").retrieval)
    if serve:
        context.invoke(serve_libraries, libraries=(place,))
