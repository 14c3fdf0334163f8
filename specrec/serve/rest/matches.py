"""One match in full."""

from typing import Annotated

from fastapi import APIRouter, Response
from fastapi import Query as Parameter

from specrec.errors import QueryError
from specrec.recommend.match import compare_neighbors
from specrec.recommend.space import By
from specrec.report.match import match_content
from specrec.serve.asked import Chosen, row_of
from specrec.serve.rest.answers import json_answer
from specrec.serve.rest.documents import MatchAnswer

router = APIRouter(tags=["explanations"])


@router.get("/explain", response_model=MatchAnswer)
def explain(
    library: Chosen,
    track_id: Annotated[str, Parameter(description="The query.")],
    neighbor_id: Annotated[str, Parameter(description="The track that is explained.")],
    versus_id: Annotated[
        str | None, Parameter(description="Also say why the neighbor and not this track.")
    ] = None,
    k: Annotated[
        int, Parameter(ge=1, le=500, description="Length of the list that counterfactuals refer to")
    ] = 10,
    by: Annotated[By, Parameter(description="What tracks are compared by.")] = "sound",
    sound_weight: Annotated[
        float, Parameter(ge=0, le=1, description="By both: the weight of sound.")
    ] = 0.5,
) -> Response:
    """Why a track is similar to another: the sum, passages, and what would change the list.

    Each contribution says by how much the similarity falls without it, to which rank the neighbor
    goes then, and which change of the feature would take the neighbor out of the list, or into it.
    """
    query, neighbor = (library.resolve(row_of(library, one)) for one in (track_id, neighbor_id))
    difference = None
    if versus_id is not None:
        if by != "sound":
            raise QueryError("versus_id compares tracks by sound; leave out by")
        other = library.resolve(row_of(library, versus_id))
        difference = compare_neighbors(
            query, neighbor, other, library.collection.explainer.directions
        )
    match = library.explain(query, neighbor, k, by=by, sound_weight=sound_weight)
    windows = None
    if match.windows is not None:
        windows = {
            "values": match.windows.values.tolist(),
            "query_spans": match.windows.query_spans.tolist(),
            "neighbor_spans": match.windows.neighbor_spans.tolist(),
        }
    stats = library.collection.stats
    changes = {
        item.feature: [stats.percentile(item.feature, value) for value in item.needed_change]
        for item in match.explanation.contributions
        if item.needed_change is not None and item.feature in match.explanation.neighbor
    }
    more = {"windows": windows, "changed_percentiles": changes}
    return json_answer(match_content(match, difference) | more)
