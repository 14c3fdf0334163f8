"""Errors as these plugins read them: `{"error": "what is wrong"}`."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from specrec.errors import SpecrecError
from specrec.serve.problems import described


class PluginRoute(APIRoute):
    """A route whose errors are objects with an `error`, in place of problem details."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Makes the function that answers a request."""
        answer = super().get_route_handler()

        async def answer_or_error(request: Request) -> Response:
            try:
                return await answer(request)
            except (SpecrecError, HTTPException, RequestValidationError) as error:
                status, message = described(error)
                return JSONResponse({"error": message}, status)

        return answer_or_error
