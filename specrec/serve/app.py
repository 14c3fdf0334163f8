"""The application: its parts, put together."""

from fastapi import FastAPI

from specrec import __version__
from specrec.serve import plugins, rest
from specrec.serve.guard import Guard
from specrec.serve.problems import answer_problems
from specrec.serve.settings import ServeSettings
from specrec.serve.shelf import Shelf


def make_app(shelf: Shelf, settings: ServeSettings) -> FastAPI:
    """Makes the application that serves libraries.

    Args:
        shelf: The libraries.
        settings: How it runs.
    """
    app = FastAPI(
        title="specrec",
        version=__version__,
        summary="Recommends music by how it sounds, and says why.",
    )
    app.state.shelf = shelf
    app.state.settings = settings
    answer_problems(app)
    for part in (rest.libraries, rest.tracks, rest.neighbors):
        app.include_router(part.router, prefix="/api/v1")
    app.include_router(plugins.router)
    app.add_middleware(Guard, settings=settings)
    return app
