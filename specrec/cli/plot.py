"""What a library looks like, as PNG or SVG files."""

from pathlib import Path
from typing import Annotated

import typer

from specrec.cli.app import LibraryArgument, app
from specrec.printing import say

plot = typer.Typer(
    help="Draw tracks of a library, as PNG or SVG.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(plot, name="plot")
OutputOption = Annotated[
    Path, typer.Option("--output", "-o", metavar="FILE", help="PNG or SVG file to write.")
]


@plot.command()
def gallery(
    library: LibraryArgument,
    by: Annotated[
        str, typer.Argument(metavar="COLUMN", help="A feature, or any column of numbers.")
    ],
    output: OutputOption,
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="How many tracks.")] = 10,
    lowest: Annotated[bool, typer.Option("--lowest", help="The lowest, not the highest.")] = False,
) -> None:
    """Draw the spectrograms of the tracks that come first by COLUMN, such as popularity."""
    from specrec.recommend.library import Library
    from specrec.report.galleries import draw_gallery
    from specrec.report.progress import progress_bar

    with progress_bar("drawing") as on_progress:
        draw_gallery(Library.open(library), by, output, k, lowest, on_progress)
    say(f"picture written to {output}")


@plot.command()
def contrast(
    library: LibraryArgument,
    by: Annotated[
        str, typer.Argument(metavar="COLUMN", help="A feature, or any column of numbers.")
    ],
    output: OutputOption,
    n: Annotated[int, typer.Option("-n", min=1, max=50, help="How many tracks a side.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other tracks.")] = 0,
) -> None:
    """Draw spectrograms of tracks low in COLUMN beside those of tracks high in it.

    They are picked by chance from below and above the library's median.
    """
    from specrec.recommend.library import Library
    from specrec.report.galleries import draw_contrast
    from specrec.report.progress import progress_bar

    with progress_bar("drawing") as on_progress:
        draw_contrast(Library.open(library), by, output, n, seed, on_progress)
    say(f"picture written to {output}")


@plot.command()
def neighbors(
    library: LibraryArgument,
    query: Annotated[
        str,
        typer.Argument(
            metavar="QUERY", help="A track_id, an audio file, or words of a title and artist."
        ),
    ],
    output: OutputOption,
    k: Annotated[int, typer.Option("-k", min=1, max=50, help="How many neighbors.")] = 5,
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
    query: Annotated[str, typer.Argument(metavar="QUERY", help="As for neighbors.")],
    neighbor: Annotated[
        str, typer.Argument(metavar="NEIGHBOR", help="A track of the library, likewise.")
    ],
    output: OutputOption,
) -> None:
    """Draw where QUERY and NEIGHBOR sound alike, and what their similarity is the sum of."""
    from specrec.recommend.library import Library
    from specrec.recommend.match import map_spectrograms
    from specrec.report.explained import draw_match
    from specrec.report.pictures import check_picture

    check_picture(output)
    opened = Library.open(library)
    asked, other = opened.resolve(query), opened.resolve(neighbor)
    explained = opened.explain(asked, other)
    draw_match(explained, *map_spectrograms(opened.encoder, asked, other), output)
    say(f"picture written to {output}")
