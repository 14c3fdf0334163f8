"""The command that puts a library into a vector database."""

from pathlib import Path

import click

from specrec.cli.app import app, json_option, library_argument
from specrec.printing import counted, say, say_json


@app.command()
@library_argument
@click.argument(
    "address",
    help="milvus://HOST:19530/COLLECTION, milvus+tls:// for TLS, or, for a file on this machine,"
    " milvus-lite:FILE.db/COLLECTION.",
)
@click.option(
    "--windows/--no-windows",
    default=True,
    help="Also send the windows of each track, by which reasons say where in it something"
    " is heard; most of what is stored.",
)
@json_option
def push(library: Path, address: str, windows: bool, json: bool) -> None:
    """Send a library to Milvus, a vector database.

    specrec query and explain then take ADDRESS in place of LIBRARY. Only what is new is sent, and
    what is gone is deleted; until all is there, questions are answered from what was there before.
    A user and password, or an API key, belongs in the environment variable MILVUS_TOKEN. Needs, in
    specrec's folder: python3 -m uv sync --inexact --no-dev --extra milvus
    """
    from specrec.recommend.collection import Collection
    from specrec.report.progress import progress_bar
    from specrec.report.text import json_document
    from specrec.scale.milvus.address import parse_address
    from specrec.scale.milvus.push import push_library

    place = parse_address(address)  # first: opening takes long
    with progress_bar("sending") as on_progress:
        done = push_library(Collection.open(library), place, windows, on_progress)
    if json:
        say_json(json_document(done.to_dict()))
        return
    say(
        f"{done.address}: {counted(done.tracks, 'track')}; {done.sent:,} sent,"
        f" {done.deleted:,} deleted"
    )
