"""Errors as answers: problem details (RFC 9457), without any path of this machine."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from specrec.errors import AudioError, CatalogError, LibraryError, QueryError, SpecrecError

_TITLES = {
    400: "The request can't be answered",
    401: "A password or an API key is needed",
    403: "Not allowed",
    404: "Not found",
    408: "Too slow",
    409: "There is one already",
    412: "It was changed meanwhile",
    413: "Too large",
    416: "No such range",
    422: "This can't be used as audio",
    429: "Too many requests",
    500: "The server failed",
    502: "Another server failed",
    503: "Not ready",
}
# A path from the root of this machine, as error messages may name one. Never a relative one.
_ABSOLUTE = re.compile(r"(?<![\w.])/(?:[^\s/:;,'\"]+/)*([^\s/:;,'\"]+)")


class NotFoundError(SpecrecError):
    """What was asked for does not exist."""


class ConflictError(SpecrecError):
    """What was to be replaced is not what the client has seen."""


class BusyError(SpecrecError):
    """Too much of what takes long was asked for at once; it can be asked for again."""


_STATUS: dict[type[SpecrecError], int] = {
    NotFoundError: 404,
    ConflictError: 412,
    QueryError: 400,
    AudioError: 422,
    LibraryError: 503,
    CatalogError: 503,  # the folder of music is away
    BusyError: 503,
}


def answer_problems(app: FastAPI) -> None:
    """Makes an application answer every error with problem details."""
    app.add_exception_handler(SpecrecError, _of_specrec)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(Exception, _of_fault)


def problem(status: int, detail: str, **more: object) -> JSONResponse:
    """Makes the answer: `type`, `title`, `status`, `detail`, and further members."""
    document = {
        "type": "about:blank",
        "title": _TITLES.get(status, "The request can't be answered"),
        "status": status,
        "detail": without_paths(detail),
    }
    return JSONResponse(document | more, status, media_type="application/problem+json")


def without_paths(message: str) -> str:
    """Leaves of each absolute path in a message only its last part.

    >>> without_paths("/home/ada/music/a.mp3: not audio (not_audio)")
    'a.mp3: not audio (not_audio)'
    """
    return _ABSOLUTE.sub(lambda path: Path(path[0]).name, message)


def described(error: Exception) -> tuple[int, str]:
    """The HTTP status of an error, and what is wrong in one line, without paths."""
    if isinstance(error, RequestValidationError):
        return 400, "; ".join(_invalid(item) for item in error.errors())
    if isinstance(error, HTTPException):
        return error.status_code, str(error.detail)
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    has_candidates = isinstance(error, QueryError) and error.candidates
    return status, without_paths(str(error.args[0]) if has_candidates else str(error))


def _invalid(item: Mapping[str, Any]) -> str:
    """What is wrong with one parameter, or with the body."""
    if item["type"] == "json_invalid":
        return f"the body is not JSON: {item['ctx']['error']}"
    if item["loc"] == ("body",):
        return "send a JSON object as the body, with Content-Type: application/json"
    return f"{'.'.join(str(part) for part in item['loc'][1:])}: {item['msg']}"


def _of_specrec(request: Request, error: Exception) -> JSONResponse:
    candidates = error.candidates if isinstance(error, QueryError) else ()
    more = {"candidates": [line.strip() for line in candidates]} if candidates else {}
    status, message = described(error)
    answer = problem(status, message, **more)
    if isinstance(error, BusyError):
        answer.headers["Retry-After"] = "5"
    return answer


def _of_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    answer = problem(*described(error))
    answer.headers.update(error.headers or {})
    return answer


def _of_validation(request: Request, error: Exception) -> JSONResponse:
    return problem(*described(error))


def _of_fault(request: Request, error: Exception) -> JSONResponse:
    return problem(500, "the server failed at this; its log says how")
