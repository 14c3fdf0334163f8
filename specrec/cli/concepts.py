"""The command that lists the words specrec knows, and what is heard in a track."""

from pathlib import Path

import click

from specrec.cli.app import app, json_option
from specrec.cli.values import MAYBE_PATH, PATH
from specrec.printing import say_json


@app.command()
@click.argument(
    "library",
    type=PATH,
    required=False,
    help="Also count the tracks of this library that have each.",
)
@click.argument(
    "track",
    type=MAYBE_PATH,
    required=False,
    help="Say what is heard in this track, and when: a track_id, an audio file, or words"
    " of a title and artist.",
)
@json_option
def concepts(library: Path | None, track: str | None, json: bool) -> None:
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
