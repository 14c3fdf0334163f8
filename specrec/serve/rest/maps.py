"""The library as a map: its points, their labels, and what they are colored by."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal, NamedTuple

import numpy as np
from fastapi import APIRouter, Response
from fastapi import Query as Parameter

from specrec.progress import Progress
from specrec.recommend.collection import Collection
from specrec.serve.asked import Chosen, Studied
from specrec.serve.rest.answers import document
from specrec.serve.rest.documents import MapAnswer
from specrec.serve.rest.documents_of_maps import PlacesAnswer, PointsAnswer
from specrec.serve.rest.packed import packed_points
from specrec.serve.rest.studies import COMPUTING, SpaceParameter, answer_of
from specrec.serve.studies import Studies, Study
from specrec.study.projection import Projection

router = APIRouter(tags=["studies"])

Method = Literal["pca", "tsne", "umap"]
MethodParameter = Annotated[
    Method,
    Parameter(
        description="`pca` keeps large distances and is there at once; `tsne` keeps neighbors, and"
        " takes a minute for 10,000 tracks; `umap`, too, if it is installed."
    ),
]


class _Map(NamedTuple):
    """A map, and whose points it has."""

    projection: Projection
    track_ids: list[str]


@router.get("/map", response_model=MapAnswer, responses=COMPUTING)
def map_(
    library: Chosen,
    studies: Studied,
    by: SpaceParameter = "sound",
    method: MethodParameter = "pca",
) -> Response:
    """All tracks in two dimensions, whose axes are named by the features that they follow."""

    def write(made: _Map) -> bytes:
        return document(made.projection.to_dict() | {"track_ids": made.track_ids})

    return answer_of(_map_of(studies, library.collection, by, method), write)


@router.get("/map/points", response_model=PointsAnswer, responses=COMPUTING)
def points(library: Chosen, studies: Studied, method: MethodParameter = "pca") -> Response:
    """The map by sound in a form for many tracks: in the order of the library, and packed."""
    collection = library.collection

    def write(made: _Map) -> bytes:
        axes = [
            {"name": axis.name, "label": axis.label, "leads": list(axis.leads)}
            for axis in made.projection.axes
        ]
        return document({
            "generation": collection.generation.folder.name,
            "method": made.projection.method,
            "axes": axes,
            "tracks": len(made.track_ids),
            **packed_points(made.projection.points),
            "track_ids": made.track_ids,
        })  # fmt: skip

    return answer_of(_map_of(studies, collection, "sound", method), write)


@router.get("/map/places", response_model=PlacesAnswer, responses=COMPUTING)
def places(library: Chosen, studies: Studied, method: MethodParameter = "pca") -> Response:
    """Labels for the map by sound: how its regions sound, and artists who are at home in one."""
    collection = library.collection
    study = _map_of(studies, collection, "sound", method)
    key = "places", method
    return answer_of(studies.study(collection, key, partial(_places, collection, study)), bytes)


def _map_of(studies: Studies, collection: Collection, by: str, method: Method) -> Study[_Map]:
    compute: Callable[[Progress], _Map] = partial(_map, collection, by, method)
    return studies.study(collection, ("map", by, method), compute)


def _map(collection: Collection, by: str, method: Method, on_progress: Progress) -> _Map:
    # Here, not above: scikit-learn takes long to load.
    from specrec.study.dataset import of_library
    from specrec.study.projection import METHODS, project

    dataset = of_library(collection, "features" if by == "features" else "embeddings")
    return _Map(project(dataset, METHODS[method]), dataset.tracks["track_id"].tolist())


def _places(collection: Collection, study: Study[_Map], on_progress: Progress) -> bytes:
    from specrec.study.heard import heard_in
    from specrec.study.places import find_places

    made = study.wait(None)
    points = np.zeros((0, 2)) if made is None else made.projection.points
    found = find_places(points, heard_in(collection), collection.tracks["artist"])
    return document({"places": [vars(place) for place in found]})
