"""The command that lists the words specrec knows."""

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
    json: JsonOption = False,
) -> None:
    """List the concepts that can be asked for, and words for them.

    They are for specrec query --like, --more and --less, and for conditions (--where).
    """
    from specrec.recommend.collection import Collection
    from specrec.report.concepts import concepts_json, print_concepts

    opened = None if library is None else Collection.open(library)
    if json:
        say_json(concepts_json(opened))
    else:
        print_concepts(opened)
