"""Neighbors of tracks, and why."""

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Query as Parameter

from specrec.serve.asked import Chosen, Settings, row_of

router = APIRouter(tags=["neighbors"])


@router.get("/neighbors")
def neighbors(
    library: Chosen,
    settings: Settings,
    track_id: Annotated[list[str], Parameter(description="The queries, one or several.")],
    k: Annotated[int, Parameter(ge=1, description="How many neighbors.")] = 10,
) -> dict[str, Any]:
    """The tracks most similar to a track, or to several, and why."""
    rows = [row_of(library, one) for one in track_id]
    return library.neighbors(rows, min(k, settings.limits.neighbors)).to_dict()
