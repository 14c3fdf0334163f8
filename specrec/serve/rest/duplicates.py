"""Files of one recording, and what somebody decides about them: removing tracks, and undoing it."""

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Response
from fastapi import Query as Parameter
from pydantic import ConfigDict

from specrec.index.decisions import Kept
from specrec.recommend.collection import Collection
from specrec.recommend.results import Track
from specrec.serve.asked import Chosen, Shelved, row_of
from specrec.serve.problems import NotFoundError
from specrec.serve.rest.answers import json_answer
from specrec.serve.rest.documents import Answer, Document
from specrec.shapes import Int64

router = APIRouter(tags=["libraries"])


class Copy(Document):
    """A file of a recording of which there are others."""

    track: Track
    """The track."""
    bytes: int | None
    """Size of its file; null in libraries that do not tell."""


class Recording(Document):
    """A recording in several files."""

    copies: list[Copy]
    """Its files, in the order of the library."""
    similarity: float
    """The least mean cosine of passages at the same times, over the pairs that were found."""


class DuplicatesAnswer(Answer):
    """The recordings that are in several files."""

    recordings: list[Recording]
    """A page of them."""
    total: int
    """How many there are, on all pages."""
    offset: int
    """How many come before this page."""


class RemovedTrack(Document):
    """A track that was removed; its file is as it was."""

    track_id: str
    """Its id."""
    path: str
    """Its path in the folder of music."""
    title: str
    """Its title."""
    artist: str | None
    """Its artist, if known."""


class RemovalsAnswer(Answer):
    """The tracks that were removed from a library."""

    removals: list[RemovedTrack]
    """The tracks, those removed last first."""
    generation: str
    """The state of the library in which they are out."""
    tracks: int
    """Number of tracks that are in the library."""


class TracksToRemove(Document):
    """Tracks to remove."""

    model_config = ConfigDict(defer_build=False)

    track_ids: list[str]
    """Their ids."""


@router.get("/duplicates", response_model=DuplicatesAnswer)
def duplicates(
    library: Chosen,
    offset: Annotated[int, Parameter(ge=0, description="How many to pass over.")] = 0,
    limit: Annotated[int, Parameter(ge=0, le=500, description="The most recordings.")] = 50,
) -> Response:
    """Lists the recordings that are in several files, of which neighbors name only one."""
    collection = library.collection
    groups = _groups(collection.generation.duplicate_groups)
    page = groups[offset : offset + limit]
    similarities, sizes = (_similarities(collection), _sizes(collection)) if page else ({}, {})
    return json_answer(
        {
            "recordings": [
                {
                    "copies": [
                        {"track": track.to_dict(), "bytes": sizes.get(track.path)}
                        for track in collection.tracks_at(rows)
                    ],
                    "similarity": similarities[int(rows[0])],
                }
                for rows in page
            ],
            "total": len(groups),
            "offset": offset,
        }
    )


@router.get("/removals", response_model=RemovalsAnswer)
def removals(library: Chosen) -> Response:
    """Lists the tracks that were removed."""
    return _removals(library.collection)


@router.post("/removals", response_model=RemovalsAnswer, status_code=201)
def remove(shelf: Shelved, library: Chosen, body: TracksToRemove) -> Response:
    """Removes tracks from the library, which is brought into its next state at once.

    Their files stay as they are, and index runs leave them out.
    """
    from specrec.index.maintenance import remove_tracks

    for track_id in body.track_ids:
        row_of(library, track_id)
    folder = library.collection.folder
    if body.track_ids:
        remove_tracks(folder, body.track_ids)
    return _removals(shelf.renew(shelf.name_of(folder)).collection, 201)


@router.delete("/removals/{track_id}", response_model=RemovalsAnswer)
def undo(shelf: Shelved, library: Chosen, track_id: str) -> Response:
    """Puts a track back that was removed."""
    from specrec.index.returning import put_back, removed_tracks

    folder = library.collection.folder
    if track_id not in {item.track["track_id"] for item in removed_tracks(folder)}:
        raise NotFoundError(f"no track with the id {track_id!r} was removed")
    put_back(folder, [track_id])
    return _removals(shelf.renew(shelf.name_of(folder)).collection)


def _removals(collection: Collection, status: int = 200) -> Response:
    from specrec.index.returning import removed_tracks  # it loads what an index run needs

    content = {
        "removals": [_removed(item) for item in reversed(removed_tracks(collection.folder))],
        "generation": collection.generation.folder.name,
        "tracks": len(collection),
    }
    return json_answer(content, status)


def _removed(item: Kept) -> dict[str, Any]:
    return {name: item.track.get(name) for name in ("track_id", "path", "title", "artist")}


def _groups(groups: Int64[np.ndarray, " tracks"]) -> list[Int64[np.ndarray, " copies"]]:
    """The rows of each recording that several tracks have."""
    order = np.argsort(groups, kind="stable")
    _, starts, counts = np.unique(groups[order], return_index=True, return_counts=True)
    several = counts > 1
    return [
        order[start : start + count]
        for start, count in zip(starts[several], counts[several], strict=True)
    ]


def _similarities(collection: Collection) -> dict[int, float]:
    """The least similarity of the pairs of each recording, by its first row."""
    generation = collection.generation
    pairs = generation.duplicates
    row_of_content = dict(zip(generation.tracks["content_id"], range(len(collection)), strict=True))
    firsts = generation.duplicate_groups[pairs["first"].map(row_of_content).to_numpy()]
    return {
        int(row): float(value) for row, value in pairs.groupby(firsts)["similarity"].min().items()
    }


def _sizes(collection: Collection) -> dict[str, int]:
    """The sizes of all files in bytes, by path; libraries of old formats know none."""
    files = collection.generation.files
    return dict(zip(files["path"], files["size"].tolist(), strict=True)) if "size" in files else {}
