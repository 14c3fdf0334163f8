"""Mixes: of words, and of tracks and artists that are added and subtracted."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, BeforeValidator, Field

from specrec.errors import QueryError
from specrec.recommend.artists import artists_of
from specrec.recommend.query import Query
from specrec.serve.asked import Settings, Shelved
from specrec.serve.plugins.errors import PluginRoute
from specrec.serve.plugins.linked import LinkedLibrary, linked_libraries
from specrec.serve.problems import NotFoundError
from specrec.serve.shelf import Shelf

router = APIRouter(route_class=PluginRoute)

_MOST_ITEMS = 200
_SEEDS_OF_ARTIST = 20  # tracks that stand for an artist

Id = Annotated[str, BeforeValidator(str)]  # Lyrion's are numbers


class WordsRequest(BaseModel):
    """What to search for in words.

    Attributes:
        query: The words.
        limit: How many tracks.
        n: The same, as earlier plugins call it.
        server: Name of a library.
    """

    query: str
    limit: int | None = None
    n: int | None = None
    server: str | None = None


class Ingredient(BaseModel):
    """A track or an artist that is added to a mix, or subtracted."""

    id: Id
    op: Literal["ADD", "SUBTRACT"] = "ADD"
    type: Literal["song", "artist"] = "song"


class AlchemyRequest(BaseModel):
    """What to mix.

    Attributes:
        items: The ingredients.
        add: Ids of tracks to add, as earlier plugins send them.
        sub: Ids of tracks to subtract, likewise.
        n: How many tracks.
        server: Name of a library.
    """

    items: list[Ingredient] = Field([], max_length=_MOST_ITEMS)
    add: list[Id] = Field([], max_length=_MOST_ITEMS)
    sub: list[Id] = Field([], max_length=_MOST_ITEMS)
    n: int = 100
    server: str | None = None


@router.post("/clap/search")
def clap_search(shelf: Shelved, settings: Settings, asked: WordsRequest) -> dict[str, Any]:
    """The tracks that sound most as words say, with reasons.

    Words that specrec does not know are left out, and noted.
    """
    (linked, *_) = linked_libraries(shelf, asked.server)
    count = min(max(asked.limit or asked.n or 100, 1), settings.limits.neighbors)
    words = linked.collection.words.query(asked.query, lenient=True)
    found = linked.neighbors([words], count)
    results = [linked.match(neighbor) for neighbor in found]
    return {
        "query": asked.query,
        "count": len(results),
        "results": results,
        "notes": list(found.notes),
    }


@router.post("/clap/warmup")
def clap_warmup() -> dict[str, Any]:
    """Says that words can be searched for at once: nothing has to be loaded."""
    return {"loaded": True}


@router.post("/alchemy")
def alchemy(shelf: Shelved, settings: Settings, asked: AlchemyRequest) -> dict[str, Any]:
    """The tracks near to all that is added and far from what is subtracted, with reasons.

    `missing` names ids that no track or artist has.
    """
    items = [
        *asked.items,
        *(Ingredient(id=one) for one in asked.add),
        *(Ingredient(id=one, op="SUBTRACT") for one in asked.sub),
    ]
    if not any(item.op == "ADD" for item in items):
        raise QueryError("add at least one track or artist")
    linked, mixed = _mixed(shelf, asked.server, items)
    added, subtracted = (
        [query for item, queries in mixed if item.op == op for query in queries]
        for op in ("ADD", "SUBTRACT")
    )
    if not added:
        raise NotFoundError("no library has any of the tracks that are added")
    count = min(max(asked.n, 1), settings.limits.neighbors)
    found = linked.neighbors(added, count, subtracted)
    return {
        "results": [linked.match(neighbor) for neighbor in found],
        "filtered_out": [],
        "missing": [item.id for item, queries in mixed if not queries],
        "notes": list(found.notes),
    }


def _mixed(
    shelf: Shelf, server: str | None, items: list[Ingredient]
) -> tuple[LinkedLibrary, list[tuple[Ingredient, list[Query]]]]:
    """Finds the library that has most of some ingredients, and their tracks in it."""
    found = [
        (linked, [(item, _queries(linked, item)) for item in items])
        for linked in linked_libraries(shelf, server)
    ]
    return max(found, key=lambda one: sum(bool(queries) for _, queries in one[1]))


def _queries(linked: LinkedLibrary, item: Ingredient) -> list[Query]:
    """The tracks of an ingredient; none if the library has none."""
    if item.type == "artist":
        rows = artists_of(linked.collection).rows(linked.artist(item.id))[:_SEEDS_OF_ARTIST]
    else:
        row = linked.row(item.id)
        rows = () if row is None else (row,)
    return [linked.collection.query(row) for row in rows]
