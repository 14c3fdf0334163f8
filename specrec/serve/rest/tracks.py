"""Tracks: one by its id, or all that fit words and a condition."""

from dataclasses import asdict
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Response
from fastapi import Query as Parameter

from specrec.recommend.collection import Collection
from specrec.serve.asked import Chosen, Where, row_of
from specrec.serve.rest.answers import json_answer
from specrec.serve.rest.documents import OneTrack, TrackPage
from specrec.serve.turns import in_turn

router = APIRouter(tags=["tracks"])


@router.get("/tracks", response_model=TrackPage)
@in_turn
def tracks(
    library: Chosen,
    q: Annotated[
        str | None,
        Parameter(description="Words of title, artist and album; beginnings of words will do."),
    ] = None,
    where: Where = None,
    sort: Annotated[
        str | None,
        Parameter(
            description="A column or feature; `-year` is by falling years. Without it, tracks are"
            " in the order of the library or, with q, the best fits first."
        ),
    ] = None,
    offset: Annotated[int, Parameter(ge=0, description="How many to pass over.")] = 0,
    limit: Annotated[int, Parameter(ge=0, le=500, description="The most tracks.")] = 50,
) -> Response:
    """Finds tracks, as one types and by conditions, sorted and page by page."""
    collection = library.collection
    rows = np.arange(len(library)) if q is None else collection.name_search.find(q)
    if where is not None:
        rows = rows[collection.matching(where)[rows]]
    if sort is not None:
        rows = rows[np.argsort(collection.order_by(sort)[rows], kind="stable")]
    page = collection.tracks_at(rows[offset : offset + limit])
    return json_answer(
        {"tracks": [track.to_dict() for track in page], "total": len(rows), "offset": offset}
    )


@router.get("/tracks/{track_id}", response_model=OneTrack)
@in_turn
def track(library: Chosen, track_id: str) -> Response:
    """One track: its tags, and what is known of it, with where it stands in the library."""
    row = row_of(library, track_id)
    collection = library.collection
    (found,) = collection.tracks_at(np.array([row]))
    stats = collection.stats
    (readings,) = stats.readings(collection.embeddings[row : row + 1], [stats.known(row)])
    return json_answer({
        "track": found.to_dict(),
        "features": {name: asdict(reading) for name, reading in readings.items()},
        "heard": _heard(collection, row),
    })  # fmt: skip


def _heard(collection: Collection, row: int) -> list[dict[str, Any]]:
    """The concepts that are heard in a track, and when; those that last longest come first."""
    timeline = collection.timeline(row)
    heard = {} if timeline is None else timeline.heard
    longest = sorted(
        heard.items(), key=lambda item: -sum(end - start for start, end in item[1].spans)
    )
    return [
        {"concept": name, "passages": [list(span) for span in passages.spans]}
        for name, passages in longest
    ]
