"""Commands that draw pictures of a library, as PNG or SVG files."""

from typing import Annotated

import typer

from specrec.cli.app import (
    LibraryArgument,
    NeighborArgument,
    OutputOption,
    QueryArgument,
    SeedOption,
    app,
)
from specrec.printing import say

plot = typer.Typer(
    help="Draw tracks of a library, as PNG or SVG.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(plot, name="plot")
ColumnArgument = Annotated[
    str,
    typer.Argument(
        metavar="COLUMN", help="A feature, a concept such as piano, or any column of numbers."
    ),
]


@plot.command()
def gallery(
    library: LibraryArgument,
    by: ColumnArgument,
    output: OutputOption,
    tracks: Annotated[
        int, typer.Option(metavar="NUMBER", min=1, max=100, help="How many tracks to draw.")
    ] = 10,
    lowest: Annotated[
        bool, typer.Option("--lowest", help="Draw the lowest, not the highest.")
    ] = False,
) -> None:
    """Draw the spectrograms of the tracks highest in COLUMN.

    COLUMN is popularity or piano, for instance.
    """
    from specrec.recommend.collection import Collection
    from specrec.report.galleries import draw_gallery
    from specrec.report.progress import progress_bar

    with progress_bar("drawing") as on_progress:
        draw_gallery(Collection.open(library), by, output, tracks, lowest, on_progress)
    say(f"picture written to {output}")


@plot.command()
def contrast(
    library: LibraryArgument,
    by: ColumnArgument,
    output: OutputOption,
    tracks: Annotated[
        int,
        typer.Option(metavar="NUMBER", min=1, max=50, help="How many tracks to draw on each side."),
    ] = 5,
    seed: SeedOption = 0,
) -> None:
    """Draw tracks low in COLUMN beside tracks high in it.

    The spectrograms are of tracks taken at random from below and from above the library's median.
    """
    from specrec.recommend.collection import Collection
    from specrec.report.galleries import draw_contrast
    from specrec.report.progress import progress_bar

    with progress_bar("drawing") as on_progress:
        draw_contrast(Collection.open(library), by, output, tracks, seed, on_progress)
    say(f"picture written to {output}")


@plot.command()
def neighbors(
    library: LibraryArgument,
    query: QueryArgument,
    output: OutputOption,
    k: Annotated[
        int, typer.Option("-k", metavar="NUMBER", min=1, max=50, help="How many neighbors.")
    ] = 5,
) -> None:
    """Draw the spectrogram of QUERY above those of its neighbors."""
    from specrec.recommend.library import Library
    from specrec.report.galleries import draw_neighbors
    from specrec.report.progress import progress_bar

    with progress_bar("drawing") as on_progress:
        draw_neighbors(Library.open(library), query, output, k, on_progress)
    say(f"picture written to {output}")


@plot.command()
def match(
    library: LibraryArgument,
    query: QueryArgument,
    neighbor: NeighborArgument,
    output: OutputOption,
) -> None:
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
def concepts(library: LibraryArgument, query: QueryArgument, output: OutputOption) -> None:
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
