"""The library as a whole: a map, and clusters."""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from fastapi import Query as Parameter

from specrec.progress import Progress
from specrec.recommend.collection import Collection
from specrec.serve.asked import Chosen, Studied
from specrec.serve.rest.answers import Responses, document, json_answer, json_bytes
from specrec.serve.rest.documents import ClustersAnswer, Computing, MapAnswer
from specrec.serve.studies import Study

router = APIRouter(tags=["studies"])

_SOON_SECONDS = 1.0  # after which an answer says that it is being computed
_COMPUTING: Responses = {
    202: {"model": Computing, "description": "It is being computed; ask again."}
}

SpaceParameter = Annotated[
    Literal["sound", "features"], Parameter(description="What tracks are compared by.")
]


@router.get("/map", response_model=MapAnswer, responses=_COMPUTING)
def map_(
    library: Chosen,
    studies: Studied,
    by: SpaceParameter = "sound",
    umap: Annotated[
        bool, Parameter(description="Use UMAP, if it is installed, in place of PCA.")
    ] = False,
) -> Response:
    """All tracks in two dimensions, whose axes are named by the features that they follow."""
    collection = library.collection
    key = "map", by, umap
    return _answer(studies.study(collection, key, lambda progress: _map(collection, by, umap)))


@router.get("/clusters", response_model=ClustersAnswer, responses=_COMPUTING)
def clusters(
    library: Chosen,
    studies: Studied,
    by: SpaceParameter = "sound",
    k: Annotated[
        int | None, Parameter(ge=2, le=100, description="How many; else the number that fits best.")
    ] = None,
    seed: Annotated[int, Parameter(ge=0, le=1_000_000, description="Seed of the starts.")] = 0,
) -> Response:
    """The tracks in clusters, named by their features, and how clear the clusters are."""
    collection = library.collection
    key = "clusters", by, k, seed
    return _answer(studies.study(collection, key, _clusters(collection, by, k, seed)))


def _answer(study: Study) -> Response:
    found = study.wait(_SOON_SECONDS)
    if found is not None:
        return json_bytes(found)
    computing = {"state": "computing", "done": study.done, "of": study.of}
    return json_answer(computing, 202, Retry_After="1")


def _map(collection: Collection, by: str, umap: bool) -> bytes:
    from specrec.study.dataset import of_library
    from specrec.study.projection import project

    dataset = of_library(collection, "features" if by == "features" else "embeddings")
    content = project(dataset, umap).to_dict()
    return document(content | {"track_ids": dataset.tracks["track_id"].tolist()})


def _clusters(
    collection: Collection, by: str, k: int | None, seed: int
) -> Callable[[Progress], bytes]:
    def compute(on_progress: Progress) -> bytes:
        # Here, not above: scikit-learn takes long to load.
        from specrec.report.study import clusters_content
        from specrec.study.clusters import find_clusters
        from specrec.study.dataset import of_library

        dataset = of_library(collection, "features" if by == "features" else "embeddings")
        return document(clusters_content(dataset, find_clusters(dataset, k, seed, on_progress)))

    return compute
