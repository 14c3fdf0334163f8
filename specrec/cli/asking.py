"""What a library is asked: neighbors, and why."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from specrec.cli.app import (
    CountOption,
    JsonOption,
    LibraryArgument,
    NeighborArgument,
    OptionalOutputOption,
    QueryArgument,
    WhereOption,
    app,
)
from specrec.errors import QueryError
from specrec.printing import say, say_json

if TYPE_CHECKING:
    from specrec.recommend.library import Library


M3uOption = Annotated[
    bool, typer.Option("--m3u", help="Print an M3U playlist, with the reasons as comments.")
]
WhyOption = Annotated[bool, typer.Option(help="Say why each track was found.")]


@app.command()
def query(
    library: LibraryArgument,
    queries: Annotated[
        list[str],
        typer.Argument(
            metavar="QUERY", help="A track_id, an audio file, or words of a title and artist."
        ),
    ],
    k: CountOption = 10,
    against: Annotated[
        list[str],
        typer.Option(
            "--not", metavar="QUERY", help="A track that they should not be like; may be repeated."
        ),
    ] = [],  # noqa: B006 (typer copies it)
    where: WhereOption = None,
    other_artists: Annotated[
        bool, typer.Option("--other-artists", help="Leave out tracks by the artist of QUERY.")
    ] = False,
    other_albums: Annotated[
        bool, typer.Option("--other-albums", help="Leave out tracks from the album of QUERY.")
    ] = False,
    per_artist: Annotated[
        int | None,
        typer.Option(metavar="NUMBER", min=1, help="At most so many tracks by one artist."),
    ] = None,
    diversity: Annotated[
        float,
        typer.Option(
            metavar="NUMBER",
            min=0,
            max=1,
            help="How much the tracks should differ from each other; try 0.3.",
        ),
    ] = 0.0,
    fewer_hubs: Annotated[
        bool, typer.Option("--fewer-hubs", help="Rank tracks lower that are similar to everything.")
    ] = False,
    duplicates: Annotated[
        bool,
        typer.Option(
            "--duplicates", help="List duplicates of a recording too, not only one of them."
        ),
    ] = False,
    json: JsonOption = False,
    m3u: M3uOption = False,
    why: WhyOption = True,
) -> None:
    """Print the tracks that sound most like QUERY, and why.

    Several queries are taken together, as a playlist is. Put the words of a title in quotes.
    """
    from specrec.recommend.library import Library
    from specrec.recommend.ranking import Ranking

    refuse_both(json, m3u)
    opened = Library.open(library)
    ranking = Ranking(
        other_artists, other_albums, per_artist, diversity, fewer_hubs, duplicates=duplicates
    )
    try:
        answer = opened.neighbors(queries, k, against=against, where=where, ranking=ranking)
    except QueryError as error:
        raise _with_quotes(opened, queries) or error from error
    if m3u:
        from specrec.report.export import neighbors_m3u

        say_playlist(neighbors_m3u(answer, opened.audio_root, why), answer.notes)
    elif json:
        from specrec.report.export import neighbors_json

        say_json(neighbors_json(answer))
    else:
        from specrec.report.terminal import print_neighbors

        print_neighbors(answer, why)


@app.command()
def path(
    library: LibraryArgument,
    start: Annotated[
        str,
        typer.Argument(
            metavar="START", help="A track_id, an audio file, or words of a title and artist."
        ),
    ],
    goal: Annotated[
        str,
        typer.Argument(metavar="GOAL", help="A track of the library, named in the same way."),
    ],
    steps: Annotated[
        int,
        typer.Option("-n", metavar="NUMBER", min=1, max=100, help="How many steps lead to GOAL."),
    ] = 8,
    json: JsonOption = False,
    m3u: M3uOption = False,
    why: WhyOption = True,
) -> None:
    """Print tracks that lead from START to GOAL step by step."""
    from specrec.recommend.library import Library

    refuse_both(json, m3u)
    opened = Library.open(library)
    journey = opened.path(start, goal, steps)
    if m3u:
        from specrec.report.export import journey_m3u

        say_playlist(journey_m3u(journey, opened.audio_root, why), journey.notes)
    elif json:
        from specrec.report.export import journey_json

        say_json(journey_json(journey))
    else:
        from specrec.report.terminal import print_journey

        print_journey(journey, why)


def refuse_both(json: bool, m3u: bool) -> None:
    """Refuses two forms of one answer."""
    if json and m3u:
        raise QueryError("--json and --m3u exclude each other; give one of them")


def say_playlist(playlist: str, notes: Sequence[str]) -> None:
    """Prints a playlist, and notes on the error output, where they are no part of it."""
    for line in playlist.split("\n"):
        say(line)
    for note in notes:
        say(note, error=True)


def _with_quotes(library: "Library", words: list[str]) -> QueryError | None:
    """An error that says to quote, if the words are no queries but together fit a track."""
    if len(words) == 1:
        return None
    together = " ".join(words)
    try:
        track = library.find(together)
    except QueryError:
        return None
    return QueryError(
        f"{len(words)} queries were given; for the one track {track.title!r} put its words in"
        f' quotes: "{together}"'
    )


@app.command()
def explain(
    library: LibraryArgument,
    query: QueryArgument,
    neighbor: NeighborArgument,
    versus: Annotated[
        str | None,
        typer.Option(
            metavar="OTHER", help="Also say why NEIGHBOR is more similar than this track."
        ),
    ] = None,
    k: CountOption = 10,
    output: OptionalOutputOption = None,
    json: JsonOption = False,
) -> None:
    """Say why NEIGHBOR sounds like QUERY.

    One of the reasons is what QUERY would have to lack for NEIGHBOR to drop out of its -k
    neighbors. The picture is that of specrec plot match.
    """
    from specrec.recommend.account import account_for, difference, hear
    from specrec.recommend.library import Library
    from specrec.report.explaining import account_json, print_account, print_difference
    from specrec.report.pictures import check_picture

    if output is not None:
        check_picture(output)
    opened = Library.open(library)
    account = account_for(opened, query, neighbor, k)
    other = None if versus is None else difference(opened, query, neighbor, versus)
    if output is not None:
        from specrec.report.explained import draw_account

        draw_account(account, *hear(opened, query, neighbor), output)
    if json:
        say_json(account_json(account, other))
        return
    print_account(account)
    if other is not None:
        print_difference(other)
