"""The REST interface, version 1: what libraries hold and tell, as JSON.

A document that changes in a way that its readers could notice gets another version.
"""

from fastapi import APIRouter, Depends

from specrec.serve.rest import (
    cells,
    columns,
    concepts,
    duplicates,
    libraries,
    link,
    maps,
    matches,
    media,
    neighbors,
    playlists,
    reports,
    standings,
    studies,
    tracks,
)
from specrec.serve.rest.answers import PROBLEMS
from specrec.serve.rest.parameters import no_unknown_parameters

router = APIRouter(
    prefix="/api/v1", responses=PROBLEMS, dependencies=[Depends(no_unknown_parameters)]
)
for _part in (
    libraries, reports, duplicates, tracks, media, neighbors, standings, matches, cells, studies,
    maps, concepts, columns, playlists, link,
):  # fmt: skip
    router.include_router(_part.router)

__all__ = ["router"]
