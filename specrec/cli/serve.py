"""The command that answers over HTTP: serve."""

from pathlib import Path
from typing import Annotated

import typer

from specrec.cli.app import app
from specrec.printing import counted, say


@app.command()
def serve(
    libraries: Annotated[
        list[Path], typer.Argument(metavar="LIBRARY", help="Folders that specrec index wrote.")
    ],
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="NUMBER", min=0, max=65535)] = 8765,
) -> None:
    """Serve libraries over HTTP: to browsers, music players and music servers.

    Stop it with Ctrl-C.
    """
    from specrec.serve.run import run
    from specrec.serve.settings import ServeSettings
    from specrec.serve.shelf import Shelf

    shelf = Shelf(libraries)
    tracks = sum(len(shelf.library(name)) for name in shelf.names)
    say(f"{counted(tracks, 'track')} at http://{host}:{port}/ (interface: /docs)")
    run(shelf, ServeSettings(host, port))
