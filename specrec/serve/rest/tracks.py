"""Tracks: one by its id, or all that fit words and a condition."""

from typing import Any

from fastapi import APIRouter

from specrec.recommend.results import track_of_row
from specrec.serve.asked import Chosen, row_of

router = APIRouter(tags=["tracks"])


@router.get("/tracks/{track_id}")
def track(library: Chosen, track_id: str) -> dict[str, Any]:
    """One track: its tags, and its features in their units."""
    row = row_of(library, track_id)
    found = track_of_row(library.tracks.iloc[row])
    return {"track": found.to_dict(), "features": dict(library.collection.stats.known(row))}
