"""Which libraries there are, and how much of the music is in them."""

from typing import Any

from fastapi import APIRouter

from specrec.serve.asked import Shelved

router = APIRouter(tags=["libraries"])


@router.get("/libraries")
def libraries(shelf: Shelved) -> dict[str, Any]:
    """Lists the libraries."""
    found = [(name, shelf.library(name)) for name in shelf.names]
    return {"libraries": [{"name": name, "tracks": len(library)} for name, library in found]}
