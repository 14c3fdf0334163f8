"""The application: its parts, put together."""

from fastapi import FastAPI

from specrec import __version__
from specrec.serve import docs, plugins, rest
from specrec.serve.guard import Guard
from specrec.serve.media import Spectrograms
from specrec.serve.problems import answer_problems
from specrec.serve.settings import ServeSettings
from specrec.serve.shelf import Shelf
from specrec.serve.studies import Studies


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
        docs_url=None,  # it loads scripts from elsewhere; see `docs`
        redoc_url=None,
    )
    app.state.shelf = shelf
    app.state.settings = settings
    app.state.studies = Studies()
    app.state.spectrograms = Spectrograms()
    answer_problems(app)
    app.include_router(rest.router)
    app.include_router(plugins.router)
    app.include_router(docs.router)
    app.add_middleware(Guard, settings=settings)
    return app
