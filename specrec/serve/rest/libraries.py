"""Which libraries there are, and how much of the music is in them."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi import Query as Parameter

from specrec.index.coverage import find_coverage
from specrec.serve.asked import Chosen, Shelved
from specrec.serve.problems import without_paths
from specrec.serve.rest.answers import json_answer
from specrec.serve.rest.documents import CoverageAnswer, Libraries, Status
from specrec.serve.watch import Update

router = APIRouter(tags=["libraries"])

_OF_THIS_MACHINE = ("audio_root", "format_version")  # a path; and another number in our documents


@router.get("/libraries", response_model=Libraries)
def libraries(shelf: Shelved) -> Response:
    """Lists the libraries."""
    found = [(name, shelf.library(name)) for name in shelf.names]
    return json_answer(
        {
            "libraries": [
                {
                    "name": name,
                    "tracks": len(library),
                    "generation": library.collection.generation.folder.name,
                }
                for name, library in found
            ]
        }
    )


@router.get("/status", response_model=Status)
def status(request: Request, shelf: Shelved, chosen: Chosen) -> Response:
    """Says what a library holds: tracks, skipped files by reason, model, index."""
    from specrec.index.maintenance import status_of  # here, for it loads what an index run needs

    collection = chosen.collection
    found = status_of(collection.folder, collection.generation)
    values = {name: value for name, value in asdict(found).items() if name not in _OF_THIS_MACHINE}
    values["model"] = {name: value for name, value in found.model.items() if name != "folder"}
    name, watch = shelf.name_of(collection.folder), request.app.state.watch
    head = {
        "library": name,
        "update": None if watch is None else _without_paths(watch.update(name)),
        "generation": collection.generation.folder.name,
        "library_format_version": found.format_version,
    }
    return json_answer(head | values)


def _without_paths(update: Update) -> dict[str, Any]:
    error = None if update.error is None else without_paths(update.error)
    return asdict(update) | {"error": error}


@router.get("/coverage", response_model=CoverageAnswer)
def coverage(
    chosen: Chosen,
    limit: Annotated[
        int, Parameter(ge=0, le=10_000, description="The most files of each list.")
    ] = 100,
) -> Response:
    """Compares a library with its folder of music: files indexed, pending, gone, skipped and why.

    It looks at the name, size and time of every file, and reads none.
    """
    found = find_coverage(chosen.collection.generation)
    skipped = [
        asdict(item) | {"detail": without_paths(item.detail)} for item in found.skipped[:limit]
    ]
    return json_answer({
        "indexed": found.indexed,
        "pending": len(found.pending),
        "pending_files": found.pending[:limit],
        "gone": len(found.gone),
        "gone_files": found.gone[:limit],
        "skipped": len(found.skipped),
        "skipped_files": skipped,
        "unmeasured": len(found.unmeasured),
        "unmeasured_files": found.unmeasured[:limit],
    })  # fmt: skip
