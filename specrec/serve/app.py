"""The application: its parts, put together."""

from fastapi import FastAPI

from specrec import __version__
from specrec.serve import docs, health, plugins, rest, subsonic, web
from specrec.serve.guard import Guard
from specrec.serve.heads import Heads
from specrec.serve.helpers import Helpers
from specrec.serve.media import Spectrograms
from specrec.serve.problems import answer_problems
from specrec.serve.settings import ServeSettings
from specrec.serve.shelf import Shelf
from specrec.serve.studies import Studies
from specrec.serve.watch import Watch


def make_app(
    shelf: Shelf,
    settings: ServeSettings,
    watch: Watch | None = None,
    helpers: Helpers | None = None,
) -> FastAPI:
    """Makes the application that serves libraries.

    Args:
        shelf: The libraries.
        settings: How it runs.
        watch: What brings the libraries up to date, if anything does.
        helpers: What computes answers beside this process, if anything does.
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
    app.state.watch = watch
    app.state.helpers = helpers or Helpers(0)
    app.state.studies = Studies()
    app.state.cells = Studies()  # of their own: nobody waits for a map to see why
    app.state.spectrograms = Spectrograms()
    answer_problems(app)
    for part in (rest, docs, health, plugins, web):
        app.include_router(part.router)
    app.include_router(subsonic.make_router(shelf, settings))
    app.add_middleware(Heads)
    app.add_middleware(Guard, settings=settings)  # the last is the first to see a request
    return app
