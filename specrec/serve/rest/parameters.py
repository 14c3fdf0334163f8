"""Parameters that a request does not have are refused: one that is misspelled would say nothing."""

import difflib
import inspect
from collections.abc import Callable
from functools import cache
from typing import Any, get_args

from fastapi import Request, params

from specrec.errors import QueryError


async def no_unknown_parameters(request: Request) -> None:
    """Refuses a request with a parameter that it does not have.

    Raises:
        QueryError: If it has one; the message names those that there are.
    """
    known = _known(request.scope["endpoint"]) - request.path_params.keys()
    for name in request.query_params:
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1)
            meant = f"; did you mean {nearest[0]}?" if nearest else ""
            there = f"there are: {', '.join(sorted(known))}" if known else "there are none here"
            raise QueryError(f"no parameter {name[:40]!r}{meant or f'; {there}'}")


@cache
def _known(endpoint: Callable[..., Any]) -> frozenset[str]:
    """The names of a function's parameters, and of those of what it depends on."""
    found: set[str] = set()
    for name, parameter in inspect.signature(endpoint).parameters.items():
        annotated = get_args(parameter.annotation)[1:]
        depends = [one.dependency for one in annotated if isinstance(one, params.Depends)]
        aliases = [one.alias for one in annotated if isinstance(one, params.Query) and one.alias]
        if depends:
            found.update(*(_known(one) for one in depends if one is not None))
        elif parameter.annotation not in (Request,):
            found.add(aliases[0] if aliases else name)
    return frozenset(found)
