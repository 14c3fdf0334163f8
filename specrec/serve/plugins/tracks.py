"""Similar tracks, paths, and the search by names."""

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Query as Parameter

from specrec.errors import QueryError
from specrec.recommend.query import Query, folded
from specrec.recommend.ranking import Ranking
from specrec.serve.asked import Settings, Shelved
from specrec.serve.plugins.errors import PluginRoute
from specrec.serve.plugins.linked import (
    LinkedLibrary,
    find_tracks,
    linked_libraries,
    reasons,
)
from specrec.serve.problems import NotFoundError
from specrec.serve.shelf import Shelf
from specrec.serve.turns import in_turn

router = APIRouter(route_class=PluginRoute)

PER_ARTIST = 3
"""The most tracks by one artist where a plugin asks to eliminate duplicates, as AudioMuse-AI has
it."""
_MOST_STEPS = 100

Server = Annotated[
    str | None, Parameter(description="Name of a library; all of them if it is not given.")
]


@router.get("/similar_tracks")
@in_turn
def similar_tracks(
    shelf: Shelved,
    settings: Settings,
    item_id: Annotated[str | None, Parameter(description="The track; or title and artist.")] = None,
    title: str | None = None,
    artist: str | None = None,
    n: Annotated[int, Parameter(description="How many tracks.")] = 10,
    eliminate_duplicates: Annotated[
        bool, Parameter(description="At most three tracks by one artist.")
    ] = True,
    radius_similarity: Annotated[
        bool, Parameter(description="Without effect: the most similar track is always first.")
    ] = True,
    mood_similarity: Annotated[
        bool, Parameter(description="Without effect: mood is a part of the sound.")
    ] = True,
    server: Server = None,
) -> list[dict[str, Any]]:
    """The tracks most similar to a track, with reasons; `distance` is 1 less the cosine."""
    if item_id:
        linked, queries = find_tracks(shelf, server, [item_id])
    elif title and artist:
        linked, queries = _named(shelf, server, title, artist)
    else:
        raise QueryError("give item_id, or title and artist")
    ranking = Ranking(per_artist=PER_ARTIST if eliminate_duplicates else None)
    count = min(max(n, 1), settings.limits.neighbors)
    return [linked.match(found) for found in linked.neighbors(queries, count, ranking=ranking)]


@router.get("/find_path")
def find_path(
    shelf: Shelved,
    settings: Settings,
    start_song_id: str,
    end_song_id: str,
    max_steps: Annotated[int, Parameter(description="Tracks in the path, both ends too.")] = 25,
    server: Server = None,
) -> dict[str, Any]:
    """A path of tracks from one to another; `distance` and reasons are to the track before."""
    if start_song_id == end_song_id:
        raise QueryError("start and end are the same track")
    linked, (start, goal) = find_tracks(shelf, server, [start_song_id, end_song_id])
    steps = min(max(max_steps - 1, 1), _MOST_STEPS, settings.limits.neighbors)
    found = linked.library.interpolate(start, goal, steps, in_full=False)
    path = [{**linked.item(start.track), "distance": 0.0, "similarity": 1.0, **reasons(None)}]
    path += [linked.match(step) for step in found]
    shown = [item for item in path if item["item_id"] is not None]
    notes = list(found.notes)
    if len(shown) < len(path):
        notes.append(f"{len(path) - len(shown)} left out: not on the media server")
    total = sum(1.0 - step.similarity for step in found)
    return {"path": shown, "total_distance": total, "notes": notes}


@router.get("/search_tracks")
@in_turn
def search_tracks(
    shelf: Shelved,
    settings: Settings,
    search_query: Annotated[str, Parameter(description="Words of title, artist, album.")] = "",
    title: str = "",
    artist: str = "",
    start: Annotated[int, Parameter(description="How many to pass over.")] = 0,
    end: Annotated[int | None, Parameter(description="Where to end; start and 20 more.")] = None,
    server: Server = None,
) -> list[dict[str, Any]]:
    """Tracks that have words which begin as those that are asked for, in any name or in one."""
    words = search_query.strip() or f"{artist} {title}".strip()
    named = {} if search_query.strip() else {"title": title, "artist": artist}
    first = max(start, 0)
    last = min(first + 20 if end is None else end, first + settings.limits.neighbors)
    answer: list[dict[str, Any]] = []
    for linked in linked_libraries(shelf, server):
        rows = linked.on_server(linked.collection.name_search.find(words, **named))
        page = linked.collection.tracks_at(rows[first : max(last, first)])
        answer += [_found(linked.item(track)) for track in page]
        first, last = max(first - len(rows), 0), last - len(rows)  # in the next library
        last = max(last, 0)
    return answer


def _found(item: dict[str, Any]) -> dict[str, Any]:
    return item | {"album_artist": item["author"] or "unknown"}


def _named(
    shelf: Shelf, server: str | None, title: str, artist: str
) -> tuple[LinkedLibrary, list[Query]]:
    """Finds a track by its title and artist.

    Raises:
        NotFoundError: If there is none.
    """
    wanted = folded(artist)
    for linked in linked_libraries(shelf, server):
        collection = linked.collection
        rows = collection.name_search.titled(title)
        for row, track in zip(rows.tolist(), collection.tracks_at(rows), strict=True):
            if folded(track.artist or "") == wanted:
                return linked, [collection.query(row)]
    raise NotFoundError(f"no track is {title!r} by {artist!r}")
