"""Runs the server."""

import uvicorn

from specrec.serve.app import make_app
from specrec.serve.settings import ServeSettings
from specrec.serve.shelf import Shelf


def run(shelf: Shelf, settings: ServeSettings) -> None:
    """Serves libraries until the process is told to stop.

    Raises:
        OSError: If the address can't be used.
    """
    config = uvicorn.Config(
        make_app(shelf, settings),
        settings.host,
        settings.port,
        log_level="warning",
        server_header=False,
        access_log=False,
    )
    uvicorn.Server(config).run()
