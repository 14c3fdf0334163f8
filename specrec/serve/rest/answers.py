"""How answers are written."""

from collections.abc import Mapping
from typing import Any

from fastapi import Response

from specrec.report.text import json_document
from specrec.serve.rest.documents import Problem

Responses = dict[int | str, dict[str, Any]]
"""Answers by their status, for the OpenAPI document."""

PROBLEMS: Responses = {
    "4XX": {"model": Problem, "description": "What is wrong with the request."},
    "5XX": {"model": Problem, "description": "Why the server can't answer now."},
}
"""The errors of every request, for the OpenAPI document."""


def json_answer(content: Mapping[str, Any], status: int = 200, **headers: str) -> Response:
    """A JSON document that names its format.

    FastAPI would walk through each value of a plain dictionary, which takes longer than the search.
    """
    return json_bytes(json_content(content), status, **headers)


def json_content(content: Mapping[str, Any]) -> bytes:
    """The bytes of a JSON document that names its format."""
    return json_document(content, indent=None).encode()


def json_bytes(document: bytes, status: int = 200, **headers: str) -> Response:
    """A JSON document that is written already."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(document, status, named, "application/json")
