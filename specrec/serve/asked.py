"""What requests share: the library they are about, and tracks by their id."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi import Query as Parameter

from specrec.recommend.library import Library
from specrec.serve.helpers import Helpers
from specrec.serve.media import Spectrograms
from specrec.serve.problems import NotFoundError
from specrec.serve.settings import ServeSettings
from specrec.serve.shelf import Shelf
from specrec.serve.studies import Studies


async def _shelf(request: Request) -> Shelf:
    return request.app.state.shelf


async def _settings(request: Request) -> ServeSettings:
    return request.app.state.settings


async def _helpers(request: Request) -> Helpers:
    return request.app.state.helpers


async def _studies(request: Request) -> Studies:
    return request.app.state.studies


async def _cells(request: Request) -> Studies:
    return request.app.state.cells


async def _spectrograms(request: Request) -> Spectrograms:
    return request.app.state.spectrograms


# They are coroutines only so that none of them goes through a thread of the pool.
Shelved = Annotated[Shelf, Depends(_shelf)]
Settings = Annotated[ServeSettings, Depends(_settings)]
Helping = Annotated[Helpers, Depends(_helpers)]
Studied = Annotated[Studies, Depends(_studies)]
Celled = Annotated[Studies, Depends(_cells)]
Drawn = Annotated[Spectrograms, Depends(_spectrograms)]

LibraryName = Annotated[
    str | None,
    Parameter(alias="library", description="Name of a library; the first if it is not given."),
]
Where = Annotated[
    str | None,
    Parameter(description="A condition on columns, features and concepts: `year > 1990`."),
]


async def _library(shelf: Shelved, library: LibraryName = None) -> Library:
    return shelf.library(library)


Chosen = Annotated[Library, Depends(_library)]
"""The library that a request names; all of an answer is from one state of it."""


def row_of(library: Library, track_id: str) -> int:
    """The row of a track in a library.

    Only ids are taken, never a path: the server's files are no client's.

    Raises:
        NotFoundError: If the library has no such track.
    """
    row = library.collection.row_of(track_id)
    if row is None:
        raise NotFoundError(f"no track has the id {track_id!r}")
    return row
