"""What a library is asked: neighbors, and why."""

from pathlib import Path
from typing import Annotated

import typer

from specrec.cli.app import JsonOption, LibraryArgument, app
from specrec.errors import QueryError


@app.command()
def query(
    library: LibraryArgument,
    query: Annotated[
        str,
        typer.Argument(
            metavar="QUERY", help="A track_id, an audio file, or words of a title and artist."
        ),
    ],
    k: Annotated[int, typer.Option("-k", min=1, help="How many neighbors.")] = 10,
    json: JsonOption = False,
    m3u: Annotated[bool, typer.Option("--m3u", help="Print a playlist.")] = False,
    why: Annotated[bool, typer.Option(help="Print a reason under each neighbor.")] = True,
) -> None:
    """Print the tracks that sound most like QUERY, and why."""
    from specrec.recommend.library import Library

    if json and m3u:
        raise QueryError("--json and --m3u exclude each other; give one of them")
    opened = Library.open(library)
    track, neighbors = opened.find(query), opened.neighbors(query, k)
    if json or m3u:
        from specrec.report.export import neighbors_json, neighbors_m3u

        print(
            neighbors_json(track, neighbors)
            if json
            else neighbors_m3u(neighbors, opened.audio_root)
        )
        return
    from specrec.report.terminal import print_neighbors

    print_neighbors(track, neighbors, why)


@app.command()
def explain(
    library: LibraryArgument,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="As for query.")],
    neighbor: Annotated[
        str, typer.Argument(metavar="NEIGHBOR", help="A track of the library, likewise.")
    ],
    versus: Annotated[
        str | None,
        typer.Option(metavar="OTHER", help="Also say why NEIGHBOR is nearer than this track."),
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="Length of the list to leave.")] = 10,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="PNG", help="Draw both spectrograms and the parts of the score."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Say why NEIGHBOR sounds like QUERY."""
    from specrec.recommend.account import account_for, difference, hear
    from specrec.recommend.library import Library
    from specrec.report.explaining import account_json, print_account, print_difference

    if plot is not None and plot.suffix.lower() != ".png":
        raise QueryError(f"--plot {plot}: only PNG is written; give a name that ends in .png")
    opened = Library.open(library)
    account = account_for(opened, query, neighbor, k)
    other = None if versus is None else difference(opened, query, neighbor, versus)
    if plot is not None:
        from specrec.report.explained import draw_account

        draw_account(account, *hear(opened, query, neighbor), plot)
    if json:
        print(account_json(account, other))
        return
    print_account(account)
    if other is not None:
        print_difference(other)
