"""What requests share: the library they are about, and tracks by their id."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi import Query as Parameter

from specrec.recommend.library import Library
from specrec.serve.problems import NotFoundError
from specrec.serve.settings import ServeSettings
from specrec.serve.shelf import Shelf


def _shelf(request: Request) -> Shelf:
    return request.app.state.shelf


def _settings(request: Request) -> ServeSettings:
    return request.app.state.settings


Shelved = Annotated[Shelf, Depends(_shelf)]
Settings = Annotated[ServeSettings, Depends(_settings)]


def _library(
    shelf: Shelved,
    library: Annotated[
        str | None, Parameter(description="Name of a library; the first one if it is not given.")
    ] = None,
) -> Library:
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
