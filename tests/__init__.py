"""Tests of specrec; `typecheck` is the run-time checker that pytest applies to all of it."""

import inspect
from typing import Any

import jaxtyping
from beartype import BeartypeConf, beartype

typecheck = beartype(conf=BeartypeConf(is_pep484_tower=True))  # an int will do for a float

_jaxtyped = jaxtyping.jaxtyped


def _jaxtyped_if_shapes(function: Any = None, *, typechecker: Any) -> Any:
    """What pytest puts before each function: jaxtyping's decorator if there are shapes to compare.

    It binds the arguments of each call, which takes longer than to check them.
    """
    if function is None:
        return lambda decorated: _jaxtyped_if_shapes(decorated, typechecker=typechecker)
    if inspect.isclass(function) or _has_shapes(function):
        return _jaxtyped(function, typechecker=typechecker)
    return typechecker(function)


def _has_shapes(function: Any) -> bool:
    """Whether an annotation is an array's, or a text that may be one."""
    while isinstance(function, staticmethod | classmethod):
        function = function.__func__
    annotations = getattr(function, "__annotations__", {}).values()
    return any(
        one.__module__ == "jaxtyping" if inspect.isclass(one) else "'" in repr(one)
        for one in annotations
    )


jaxtyping.jaxtyped = _jaxtyped_if_shapes
