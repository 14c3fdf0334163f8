"""Why a track is not among the neighbors, and what filters would leave."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Response
from fastapi import Query as Parameter

from specrec.errors import QueryError
from specrec.recommend.facets import find_facets
from specrec.recommend.standing import Search, find_missing, find_standings
from specrec.serve.asked import Chosen, Settings, Where, row_of
from specrec.serve.problems import without_paths
from specrec.serve.rest.answers import json_answer
from specrec.serve.rest.documents_of_search import FacetsAnswer, StandingsAnswer
from specrec.serve.rest.neighbors import Asked, arguments

router = APIRouter(tags=["neighbors"])

_FOUND = 10  # tracks that fit words


@router.get("/standings", response_model=StandingsAnswer)
def standings(
    library: Chosen,
    settings: Settings,
    options: Asked,
    track_id: Annotated[
        tuple[str, ...], Parameter(description="The queries, as for /neighbors.")
    ] = (),
    of: Annotated[tuple[str, ...], Parameter(description="The tracks that are asked about.")] = (),
    q: Annotated[
        str | None,
        Parameter(description="Or words of their titles and artists, or of a file's path."),
    ] = None,
) -> Response:
    """Where tracks stand among the neighbors, or why they are not there.

    A track is further down, filtered, left out by an option, or another file of a recording that is
    there; a file was skipped, removed, or is not read yet. The similarity is that to the queries as
    they are, before `more` and `less`.
    """
    if not track_id and not options.like:
        raise QueryError("give a track_id, or words for how it should sound: like=calm piano")
    most = settings.limits.neighbors
    if len(of) > most:
        raise QueryError(f"{len(of):,} are too many for one request; at most {most:,}")
    rows = [row_of(library, one) for one in track_id]
    asked, given = arguments(library, settings, options, rows)
    search = Search(library, [library.resolve(one) for one in asked], options.k, most, given)
    collection = library.collection
    about = [collection.tracks["track_id"].iloc[row_of(library, one)] for one in of]
    missing = []
    if q is not None:
        found = collection.name_search.find(q)[:_FOUND]
        about += collection.tracks["track_id"].iloc[found].tolist()
        missing = find_missing(library, q)
    items = [*find_standings(search, about), *missing] if about else missing
    return json_answer({
        "standings": [
            asdict(item) | {
                "track": None if item.track is None else item.track.to_dict(),
                "detail": without_paths(item.detail),
            }
            for item in items
        ]
    })  # fmt: skip


@router.get("/facets", response_model=FacetsAnswer)
def facets(
    library: Chosen,
    where: Where = None,
    artist: Annotated[
        str, Parameter(description="Only artists in whose names a word begins so.")
    ] = "",
) -> Response:
    """Choices by which tracks are filtered, and how many each would leave.

    `where` is what is asked for already; in its own facet a choice takes the place of that part.
    """
    collection = library.collection
    found = find_facets(collection, where, artist)
    left = len(library) if where is None else int(collection.matching(where).sum())
    return json_answer({"tracks": left, "facets": [asdict(facet) for facet in found]})
