"""Similar tracks, paths, and the search by names."""

from collections.abc import Iterator
from itertools import islice
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

router = APIRouter(route_class=PluginRoute)

PER_ARTIST = 3
"""The most tracks by one artist where a plugin asks to eliminate duplicates, as AudioMuse-AI has
it."""
_MOST_STEPS = 100
_AT_ONCE = 100  # tracks that are looked at together

Server = Annotated[
    str | None, Parameter(description="Name of a library; all of them if it is not given.")
]


@router.get("/similar_tracks")
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
    items = (
        item for linked in linked_libraries(shelf, server) for item in _search(linked, words, named)
    )
    return list(islice(items, first, max(last, first)))


def _search(linked: LinkedLibrary, words: str, named: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Yields the tracks that have some words, and in each name those that are asked for there."""
    collection = linked.collection
    rows = collection.name_search.find(words)
    for start in range(0, len(rows), _AT_ONCE):
        for track in collection.tracks_at(rows[start : start + _AT_ONCE]):
            item = linked.item(track)
            fits = all(_begins(getattr(track, name) or "", text) for name, text in named.items())
            if fits and item["item_id"] is not None:
                yield item | {"album_artist": item["author"] or "unknown"}


def _begins(name: str, text: str) -> bool:
    """Whether each word of a text begins a word of a name."""
    words = folded(name).split()
    return all(any(word.startswith(part) for word in words) for part in folded(text).split())


def _named(
    shelf: Shelf, server: str | None, title: str, artist: str
) -> tuple[LinkedLibrary, list[Query]]:
    """Finds a track by its title and artist.

    Raises:
        NotFoundError: If there is none.
    """
    wanted = folded(title), folded(artist)
    for linked in linked_libraries(shelf, server):
        collection = linked.collection
        rows = collection.name_search.find(f"{title} {artist}")
        for row, track in zip(rows.tolist(), collection.tracks_at(rows), strict=True):
            if (folded(track.title), folded(track.artist or "")) == wanted:
                return linked, [collection.query(row)]
    raise NotFoundError(f"no track is {title!r} by {artist!r}")
