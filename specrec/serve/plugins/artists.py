"""Similar artists."""

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter
from fastapi import Query as Parameter

from specrec.errors import QueryError
from specrec.recommend.artists import Artists, artists_of
from specrec.serve.asked import Settings, Shelved
from specrec.serve.plugins.errors import PluginRoute
from specrec.serve.plugins.linked import LinkedLibrary, linked_libraries
from specrec.serve.plugins.tracks import Server
from specrec.serve.problems import NotFoundError
from specrec.serve.shelf import Shelf

router = APIRouter(route_class=PluginRoute)


@router.get("/similar_artists")
def similar_artists(
    shelf: Shelved,
    settings: Settings,
    artist: Annotated[str | None, Parameter(description="Name, or the server's id.")] = None,
    artist_id: Annotated[str | None, Parameter(description="The server's id, or a name.")] = None,
    n: Annotated[int, Parameter(description="How many artists.")] = 10,
    include_component_matches: Annotated[
        bool, Parameter(description="Also name the tracks in which both are most alike.")
    ] = False,
    server: Server = None,
) -> list[dict[str, Any]]:
    """The artists whose tracks sound most like those of an artist, by the mean of the tracks.

    `divergence` is 1 less the cosine of the two means.
    """
    asked = artist or artist_id
    if not asked:
        raise QueryError("give artist or artist_id")
    linked, artists, name = _find(shelf, server, asked)
    found = artists.similar(name, min(max(n, 1), settings.limits.neighbors))
    answer = []
    for other in found:
        item: dict[str, Any] = {
            "artist": other.artist,
            "artist_id": linked.links.artist_id(other.artist),
            "divergence": 1.0 - other.similarity,
        }
        if include_component_matches:
            songs = {
                "artist1_representative_songs": _songs(linked, other.own_rows),
                "artist2_representative_songs": _songs(linked, other.rows),
            }
            item["component_matches"] = [songs]
        answer.append(item)
    return answer


def _find(shelf: Shelf, server: str | None, asked: str) -> tuple[LinkedLibrary, Artists, str]:
    """Finds a library that has an artist, and the artist's name in it.

    Raises:
        NotFoundError: If none has.
    """
    for linked in linked_libraries(shelf, server):
        artists = artists_of(linked.collection)
        name = artists.name(linked.artist(asked))
        if name is not None:
            return linked, artists, name
    raise NotFoundError(f"no library has the artist {asked!r}")


def _songs(linked: LinkedLibrary, rows: tuple[int, ...]) -> list[dict[str, Any]]:
    """Tracks that the media server has."""
    tracks = linked.collection.tracks_at(np.array(rows, np.int64))
    named = ((linked.item_id(track), track.title) for track in tracks)
    return [{"item_id": item_id, "title": title} for item_id, title in named if item_id]
