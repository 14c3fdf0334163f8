"""The command that lists the words specrec knows, and what is heard in a track."""

from pathlib import Path
from typing import Annotated

import typer

from specrec.cli.app import JsonOption, app
from specrec.printing import say_json


@app.command()
def concepts(
    library: Annotated[
        Path | None,
        typer.Argument(
            metavar="LIBRARY", help="Also count the tracks of this library that have each."
        ),
    ] = None,
    track: Annotated[
        str | None,
        typer.Argument(
            metavar="TRACK",
            help="Say what is heard in this track, and when: a track_id, an audio file, or words"
            " of a title and artist.",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """List the concepts, or those that are heard in a track.

    The words are for specrec query --like, --more and --less, and for conditions (--where).
    """
    from specrec.recommend.collection import Collection
    from specrec.report.concepts import concepts_json, print_concepts

    if library is not None and track is not None:
        _say_track(library, track, json)
        return
    opened = None if library is None else Collection.open(library)
    if json:
        say_json(concepts_json(opened))
    else:
        print_concepts(opened)


def _say_track(library: Path, track: str, json: bool) -> None:
    """Prints the concepts of a track over time."""
    from specrec.recommend.library import Library
    from specrec.report.concepts import print_track, track_json

    opened = Library.open(library)
    query = opened.resolve(track)
    timeline = opened.timeline(query)
    (readings,) = opened.collection.stats.readings(query.sound[None], [query.features])
    if json:
        say_json(track_json(query.track, timeline, readings))
    else:
        print_track(query.track, timeline, readings)
