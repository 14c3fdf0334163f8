"""Commands that search a library: query, path, explain."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from specrec.cli.app import (
    app,
    count_option,
    json_option,
    neighbor_argument,
    optional_output_option,
    query_argument,
    searched_argument,
    where_option,
)
from specrec.cli.feature_options import (
    feature_settings,
    metric_option,
    on_option,
    scaling_option,
    weight_option,
)
from specrec.cli.values import MAYBE_PATH, Number, WholeNumber
from specrec.errors import QueryError
from specrec.printing import say, say_json

if TYPE_CHECKING:
    from specrec.recommend.library import Library
    from specrec.recommend.query import Query
    from specrec.recommend.results import Neighbors

_RELATIONS = {
    "sound": "Sounds like",
    "features": "Similar by features to",
    "both": "Similar by sound and features to",
}
_SOUND_WEIGHT = 0.5

m3u_option = click.option(
    "--m3u", is_flag=True, help="Print an M3U playlist, with the reasons as comments."
)
why_option = click.option("--why/--no-why", default=True, help="Say why each track was found.")
in_full_option = click.option(
    "--in-full",
    is_flag=True,
    help="With --json: list all contributions, and what each feature does to the rank; searches"
    " all tracks once a feature.",
)


@app.command()
@searched_argument
@click.argument(
    "queries",
    metavar="[QUERY]...",
    nargs=-1,
    type=MAYBE_PATH,
    help="A track_id, an audio file, or words of a title and artist.",
)
@count_option
@click.option(
    "--like",
    metavar="WORDS",
    multiple=True,
    help='How they should sound: "calm piano, no vocals"; alone, or beside QUERY.',
)
@click.option(
    "--more",
    metavar="WORDS",
    multiple=True,
    help="What they should have more of than QUERY; may be repeated.",
)
@click.option(
    "--less", metavar="WORDS", multiple=True, help="What they should have less of; may be repeated."
)
@click.option(
    "--by", metavar="sound|features|both", default="sound", help="What to compare tracks by."
)
@click.option(
    "--not",
    "against",
    metavar="QUERY",
    multiple=True,
    help="A track that they should not be like; may be repeated.",
)
@where_option
@click.option("--other-artists", is_flag=True, help="Leave out tracks by the artist of QUERY.")
@click.option("--other-albums", is_flag=True, help="Leave out tracks from the album of QUERY.")
@click.option(
    "--per-artist",
    metavar="NUMBER",
    type=WholeNumber(min=1),
    help="At most so many tracks by one artist.",
)
@click.option(
    "--diversity",
    metavar="NUMBER",
    type=Number(0, 1),
    default=0.0,
    help="How much the tracks should differ from each other; try 0.3.",
)
@click.option(
    "--fewer-hubs", is_flag=True, help="Rank tracks lower that are similar to everything."
)
@click.option(
    "--duplicates", is_flag=True, help="List duplicates of a recording too, not only one of them."
)
@on_option
@weight_option
@metric_option
@scaling_option
@click.option(
    "--sound-weight",
    metavar="NUMBER",
    type=Number(0, 1),
    default=_SOUND_WEIGHT,
    help="With --by both, the weight of sound; the rest is that of features.",
)
@json_option
@m3u_option
@why_option
@in_full_option
def query(
    library: Path,
    queries: tuple[str, ...],
    k: int,
    like: tuple[str, ...],
    more: tuple[str, ...],
    less: tuple[str, ...],
    by: str,
    against: tuple[str, ...],
    where: str | None,
    other_artists: bool,
    other_albums: bool,
    per_artist: int | None,
    diversity: float,
    fewer_hubs: bool,
    duplicates: bool,
    on: tuple[str, ...],
    weight: tuple[str, ...],
    metric: str,
    scaling: str,
    sound_weight: float,
    json: bool,
    m3u: bool,
    why: bool,
    in_full: bool,
) -> None:
    """Print the tracks most similar to QUERY, and why.

    Several queries are taken together, as a playlist is. Put the words of a title in quotes.
    --like needs no QUERY; specrec concepts lists the words that it knows.
    """
    # NumPy's threads cost a single query more than they save; they are made when it is loaded.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from specrec.recommend.library import Library

    if not queries and not like:
        raise QueryError('give a QUERY, or words for how it should sound: --like "calm piano"')
    _refuse_in_full_without(json, in_full)
    settings = feature_settings(on, weight, metric, scaling)
    if by == "sound" and settings != feature_settings((), (), "cosine", "robust"):
        raise QueryError(
            "--on, --weight, --metric and --scaling go with --by features or --by both"
        )
    if by != "both" and sound_weight != _SOUND_WEIGHT:
        raise QueryError("--sound-weight goes with --by both")
    opened = Library.open(library)
    liked = [_words(opened, "--like", words) for words in like]
    for option, phrases in (("--more", more), ("--less", less)):
        for words in phrases:
            _words(opened, option, words)
    steer = None
    if more or less:
        from specrec.recommend.words import steps_of

        steer = steps_of(more, less)
    try:
        found = opened.neighbors(
            [*queries, *liked],
            k,
            steer=steer,
            by=by,  # type: ignore[arg-type]  # checked there
            against=against,
            where=where,
            other_artists=other_artists,
            other_albums=other_albums,
            per_artist=per_artist,
            diversity=diversity,
            fewer_hubs=fewer_hubs,
            duplicates=duplicates,
            explain=why or json,
            in_full=in_full,
            features=settings,
            sound_weight=sound_weight,
        )
    except QueryError as error:
        raise _with_quotes(opened, queries) or error from error
    if say_neighbors(found, opened.collection.audio_root, json, m3u, why):
        return
    from specrec.report.neighbors import print_neighbors

    print_neighbors(found, why, _RELATIONS[by])
    if by == "sound":
        return
    from specrec.report.comparison import print_space

    print_space(opened.collection.space(by, settings, sound_weight))  # type: ignore[arg-type]


@app.command()
@searched_argument
@click.argument(
    "start", type=MAYBE_PATH, help="A track_id, an audio file, or words of a title and artist."
)
@click.argument("goal", type=MAYBE_PATH, help="A track of the library, named in the same way.")
@click.option(
    "-n",
    "steps",
    metavar="NUMBER",
    type=WholeNumber(1, 100),
    default=8,
    help="How many steps lead to GOAL.",
)
@json_option
@m3u_option
@why_option
@in_full_option
def path(
    library: Path,
    start: str,
    goal: str,
    steps: int,
    json: bool,
    m3u: bool,
    why: bool,
    in_full: bool,
) -> None:
    """Print tracks that lead from START to GOAL step by step."""
    from specrec.recommend.library import Library

    _refuse_both(json, m3u)
    _refuse_in_full_without(json, in_full)
    opened = Library.open(library)
    found = opened.interpolate(start, goal, steps, explain=why or json, in_full=in_full)
    if m3u:
        from specrec.report.neighbors import path_m3u

        _say_playlist(path_m3u(found, opened.collection.audio_root, why), found.notes)
    elif json:
        from specrec.report.neighbors import path_json

        say_json(path_json(found))
    else:
        from specrec.report.neighbors import print_path

        print_path(found, why)


def say_neighbors(
    found: "Neighbors", audio_root: Path | None, json: bool, m3u: bool, why: bool
) -> bool:
    """Prints neighbors as JSON or as a playlist if requested, and returns whether it did.

    Raises:
        QueryError: If both are requested.
    """
    _refuse_both(json, m3u)
    if json:
        from specrec.report.text import json_document

        say_json(json_document(found.to_dict()))
    elif m3u and audio_root is not None:
        from specrec.report.neighbors import neighbors_m3u

        _say_playlist(neighbors_m3u(found, audio_root, why), found.notes)
    return json or m3u


def _refuse_both(json: bool, m3u: bool) -> None:
    if json and m3u:
        raise QueryError("--json and --m3u exclude each other; give one of them")


def _refuse_in_full_without(json: bool, in_full: bool) -> None:
    if in_full and not json:
        raise QueryError("--in-full goes with --json, which alone prints it")


def _say_playlist(playlist: str, notes: Sequence[str]) -> None:
    """Prints a playlist, and notes on the error output, so that they are no part of it."""
    for line in playlist.split("\n"):
        say(line)
    for note in notes:
        say(note, error=True)


def _words(library: "Library", option: str, words: str) -> "Query":
    """Makes a query of words; an error says which option they are from."""
    try:
        return library.collection.words.query(words)
    except QueryError as error:
        raise QueryError(f"{option}: {error}") from error


def _with_quotes(library: "Library", words: Sequence[str]) -> QueryError | None:
    """Makes an error that says to use quotes, if the words together fit a track."""
    if len(words) < 2:
        return None
    together = " ".join(words)
    try:
        track = library.resolve(together).track
    except QueryError:
        return None
    return QueryError(
        f"{len(words)} queries were given; for the one track {track.title!r} put its words in"
        f' quotes: "{together}"'
    )


@app.command()
@searched_argument
@query_argument
@neighbor_argument
@click.option(
    "--versus", metavar="OTHER", help="Also say why NEIGHBOR is more similar than this track."
)
@count_option
@optional_output_option
@json_option
def explain(
    library: Path,
    query: str,
    neighbor: str,
    versus: str | None,
    k: int,
    output: Path | None,
    json: bool,
) -> None:
    """Say why NEIGHBOR sounds like QUERY.

    It also says which change of a feature would make NEIGHBOR drop out of QUERY's -k neighbors.
    The picture is that of specrec plot match.
    """
    from specrec.recommend.library import Library
    from specrec.recommend.match import compare_neighbors, map_spectrograms
    from specrec.report.match import match_json, print_difference, print_match
    from specrec.report.pictures import check_picture

    if output is not None:
        check_picture(output)
    opened = Library.open(library)
    asked, near = opened.resolve(query), opened.resolve(neighbor)
    match = opened.explain(asked, near, k)
    other = None
    if versus is not None:
        directions = opened.collection.explainer.directions
        other = compare_neighbors(asked, near, opened.resolve(versus), directions)
    if output is not None:
        from specrec.report.match_picture import draw_match

        draw_match(match, *map_spectrograms(opened.collection.model.encoder, asked, near), output)
    if json:
        say_json(match_json(match, other))
        return
    print_match(match)
    if other is not None:
        print_difference(other)
