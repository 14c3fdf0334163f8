"""Neighbors of tracks, of words, and of files that are sent; paths between tracks."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi import Query as Parameter
from starlette.concurrency import run_in_threadpool

from specrec.errors import QueryError
from specrec.recommend.by_features.settings import (
    FeatureSettings,
    Metric,
    Scaling,
    weights_of,
)
from specrec.recommend.library import Library
from specrec.recommend.query import QueryLike
from specrec.recommend.space import By
from specrec.recommend.words import steps_of
from specrec.report.neighbors import path_content
from specrec.serve.asked import Chosen, Helping, Settings, Where, row_of
from specrec.serve.rest.answers import document, json_answer, json_bytes
from specrec.serve.rest.documents import NeighborsAnswer, PathAnswer
from specrec.serve.settings import ServeSettings
from specrec.serve.turns import in_turn
from specrec.serve.uploads import query_of_upload, received

router = APIRouter(tags=["neighbors"])

_FEW = 50  # neighbors that take no longer than most questions do


@dataclass
class Options:
    """The options of a search; see `Library.neighbors`."""

    k: Annotated[int, Parameter(ge=1, description="How many neighbors.")] = 10
    like: Annotated[
        tuple[str, ...], Parameter(description="Words for how they should sound: `calm piano`.")
    ] = ()
    more: Annotated[
        tuple[str, ...], Parameter(description="What they should have more of than the queries.")
    ] = ()
    less: Annotated[tuple[str, ...], Parameter(description="What they should have less of.")] = ()
    against: Annotated[
        tuple[str, ...], Parameter(description="Tracks that they should not be like, by track_id.")
    ] = ()
    by: Annotated[By, Parameter(description="What tracks are compared by.")] = "sound"
    where: Where = None
    other_artists: Annotated[
        bool, Parameter(description="Leave out tracks by the artists of the queries.")
    ] = False
    other_albums: Annotated[
        bool, Parameter(description="Leave out tracks from the albums of the queries.")
    ] = False
    per_artist: Annotated[
        int | None, Parameter(ge=1, description="The most tracks by one artist.")
    ] = None
    diversity: Annotated[
        float, Parameter(ge=0, le=1, description="How much they should differ from each other.")
    ] = 0.0
    fewer_hubs: Annotated[
        bool, Parameter(description="Rank tracks lower that are similar to everything.")
    ] = False
    duplicates: Annotated[
        bool, Parameter(description="List every file of a recording, not only one.")
    ] = False
    explain: Annotated[bool, Parameter(description="Say why each was found.")] = True
    in_full: Annotated[
        bool,
        Parameter(
            description="Also say in each explanation how the rank changes without a feature, and"
            " which change of it would change the list, which takes a search of the whole library;"
            " /explain says it of one pair."
        ),
    ] = False
    on: Annotated[
        tuple[str, ...], Parameter(description="By features: compare by these alone.")
    ] = ()
    weight: Annotated[
        tuple[str, ...], Parameter(description="By features: weights, as `energy=2`.")
    ] = ()
    metric: Annotated[Metric, Parameter(description="By features: the measure.")] = "cosine"
    scaling: Annotated[Scaling, Parameter(description="By features: the scale.")] = "robust"
    sound_weight: Annotated[
        float, Parameter(ge=0, le=1, description="By both: the weight of sound.")
    ] = 0.5

    @property
    def are_short(self) -> bool:
        """Whether the answer takes milliseconds, also when it is the first of its kind."""
        return self.by == "sound" and not (self.in_full or self.fewer_hubs) and self.k <= _FEW


async def _options(**given: Any) -> Options:
    """Makes the options; a coroutine only so that it does not go through a thread of the pool."""
    return Options(**given)


_options.__signature__ = inspect.signature(Options)  # type: ignore[attr-defined]
Asked = Annotated[Options, Depends(_options)]


@router.get("/neighbors", response_model=NeighborsAnswer)
async def neighbors(
    library: Chosen,
    settings: Settings,
    helpers: Helping,
    options: Asked,
    track_id: Annotated[
        tuple[str, ...], Parameter(description="The queries, one or several; none with `like`.")
    ] = (),
) -> Response:
    """The tracks most similar to a track, to several, or to words, and why."""
    if not track_id and not options.like:
        raise QueryError("give a track_id, or words for how it should sound: like=calm piano")
    rows = [row_of(library, one) for one in track_id]
    asked = settings, options, rows
    if not options.are_short:
        return json_bytes(await run_in_threadpool(_written, library, *asked))
    written = await helpers.call(_written, library, *asked)
    return json_bytes(written or await in_turn(_written)(library, *asked))


@router.post(
    "/neighbors",
    response_model=NeighborsAnswer,
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "The audio file itself, not a form.",
            "content": {"application/octet-stream": {"schema": {"format": "binary"}}},
        }
    },
)
async def neighbors_of_file(
    request: Request,
    library: Chosen,
    settings: Settings,
    options: Asked,
    name: Annotated[str | None, Parameter(description="What the file is called.")] = None,
) -> Response:
    """The tracks most similar to an audio file that is sent, and why.

    The file is decoded in a process of its own and deleted afterwards.
    """
    async with received(request, settings.limits.upload_bytes, name) as path:

        def answer() -> Response:
            query = query_of_upload(library, path, name, settings.limits)
            return json_bytes(_written(library, settings, options, [query]))

        return await run_in_threadpool(answer)


def _written(
    library: Library, settings: ServeSettings, options: Options, queries: Sequence[QueryLike]
) -> bytes:
    asked, given = arguments(library, settings, options, queries)
    found = library.neighbors(
        asked, options.k, explain=options.explain, in_full=options.in_full, **given
    )
    return document(found.to_dict())


def arguments(
    library: Library, settings: ServeSettings, options: Options, queries: Sequence[QueryLike]
) -> tuple[list[QueryLike], dict[str, Any]]:
    """The queries with those in words, and the options as `Library.neighbors` takes them.

    Raises:
        NotFoundError: If a track that neighbors should not be like is not in the library.
        QueryError: If something is out of its range, or a word is not known.
    """
    _within(settings, options.k, len(queries), len(options.against), len(options.like))
    liked = [library.collection.words.query(words) for words in options.like]
    features = FeatureSettings(
        options.on, options.scaling, options.metric, weights_of(options.weight)
    )
    return [*queries, *liked], {
        "steer": steps_of(options.more, options.less),
        "by": options.by,
        "against": [row_of(library, one) for one in options.against],
        "where": options.where,
        "other_artists": options.other_artists,
        "other_albums": options.other_albums,
        "per_artist": options.per_artist,
        "diversity": options.diversity,
        "fewer_hubs": options.fewer_hubs,
        "duplicates": options.duplicates,
        "features": features,
        "sound_weight": options.sound_weight,
    }


def _within(settings: ServeSettings, *counts: int) -> None:
    most = settings.limits.neighbors
    if max(counts) > most:
        raise QueryError(f"{max(counts):,} are too many for one request; at most {most:,}")


@router.get("/path", response_model=PathAnswer)
def path(
    library: Chosen,
    start: Annotated[str, Parameter(description="The track_id where it begins.")],
    goal: Annotated[str, Parameter(description="The track_id where it ends.")],
    steps: Annotated[int, Parameter(ge=1, le=100, description="How many steps lead there.")] = 8,
    explain: Annotated[bool, Parameter(description="Say why each step is similar.")] = True,
    in_full: Annotated[bool, Parameter(description="As for /neighbors.")] = False,
) -> Response:
    """Tracks that lead from one sound to another, each similar to the one before."""
    ends = row_of(library, start), row_of(library, goal)
    return json_answer(
        path_content(library.interpolate(*ends, steps, explain=explain, in_full=in_full))
    )
