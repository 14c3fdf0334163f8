"""The words that can be asked for."""

from fastapi import APIRouter, Response

from specrec.report.concepts import concepts_content
from specrec.serve.asked import Chosen
from specrec.serve.rest.answers import json_answer
from specrec.serve.rest.documents import ConceptsAnswer

router = APIRouter(tags=["concepts"])


@router.get("/concepts", response_model=ConceptsAnswer)
def concepts(library: Chosen) -> Response:
    """The concepts that can be asked for in words, and how many tracks surely have each.

    They are for `like`, `more` and `less`, and as columns for conditions.
    """
    return json_answer(concepts_content(library.collection))
