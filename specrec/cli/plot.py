"""Commands that draw pictures of a library, as PNG or SVG files."""

from pathlib import Path

import click

from specrec.cli.app import (
    app,
    library_argument,
    neighbor_argument,
    output_option,
    query_argument,
    seed_option,
)
from specrec.cli.values import WholeNumber
from specrec.printing import say

column_argument = click.argument(
    "column", help="A feature, a concept such as piano, or any column of numbers."
)


@app.group()
def plot() -> None:
    """Draw tracks of a library, as PNG or SVG."""


@plot.command()
@library_argument
@column_argument
@output_option
@click.option(
    "--tracks",
    metavar="NUMBER",
    type=WholeNumber(1, 100),
    default=10,
    help="How many tracks to draw.",
)
@click.option("--lowest", is_flag=True, help="Draw the lowest, not the highest.")
def gallery(library: Path, column: str, output: Path, tracks: int, lowest: bool) -> None:
    """Draw the spectrograms of the tracks highest in COLUMN.

    COLUMN is popularity or piano, for instance.
    """
    from specrec.recommend.collection import Collection
    from specrec.report.galleries import draw_gallery
    from specrec.report.progress import progress_bar

    with progress_bar("drawing") as on_progress:
        draw_gallery(Collection.open(library), column, output, tracks, lowest, on_progress)
    say(f"picture written to {output}")


@plot.command()
@library_argument
@column_argument
@output_option
@click.option(
    "--tracks",
    metavar="NUMBER",
    type=WholeNumber(1, 50),
    default=5,
    help="How many tracks to draw on each side.",
)
@seed_option
def contrast(library: Path, column: str, output: Path, tracks: int, seed: int) -> None:
    """Draw tracks low in COLUMN beside tracks high in it.

    The spectrograms are of tracks taken at random from below and from above the library's median.
    """
    from specrec.recommend.collection import Collection
    from specrec.report.galleries import draw_contrast
    from specrec.report.progress import progress_bar

    with progress_bar("drawing") as on_progress:
        draw_contrast(Collection.open(library), column, output, tracks, seed, on_progress)
    say(f"picture written to {output}")


@plot.command()
@library_argument
@query_argument
@output_option
@click.option(
    "-k", metavar="NUMBER", type=WholeNumber(1, 50), default=5, help="How many neighbors."
)
def neighbors(library: Path, query: str, output: Path, k: int) -> None:
    """Draw the spectrogram of QUERY above those of its neighbors."""
    from specrec.recommend.library import Library
    from specrec.report.galleries import draw_neighbors
    from specrec.report.progress import progress_bar

    with progress_bar("drawing") as on_progress:
        draw_neighbors(Library.open(library), query, output, k, on_progress)
    say(f"picture written to {output}")


@plot.command()
@library_argument
@query_argument
@neighbor_argument
@output_option
def match(library: Path, query: str, neighbor: str, output: Path) -> None:
    """Draw where QUERY and NEIGHBOR sound similar, and why."""
    from specrec.recommend.library import Library
    from specrec.recommend.match import map_spectrograms
    from specrec.report.match_picture import draw_match
    from specrec.report.pictures import check_picture

    check_picture(output)
    opened = Library.open(library)
    asked, other = opened.resolve(query), opened.resolve(neighbor)
    explained = opened.explain(asked, other)
    draw_match(explained, *map_spectrograms(opened.collection.model.encoder, asked, other), output)
    say(f"picture written to {output}")


@plot.command()
@library_argument
@query_argument
@output_option
def concepts(library: Path, query: str, output: Path) -> None:
    """Draw which concepts are heard in QUERY, and when.

    They stand under its spectrogram.
    """
    from specrec.recommend.library import Library
    from specrec.report.pictures import check_picture
    from specrec.report.timeline_picture import draw_timeline

    check_picture(output)
    opened = Library.open(library)
    asked = opened.resolve(query)
    draw_timeline(asked, opened.timeline(asked), output)
    say(f"picture written to {output}")
