"""Tests of specrec; `typecheck` is the run-time checker that pytest applies to all of it."""

import functools
import inspect
import re
from typing import Any

import jaxtyping
from beartype import BeartypeConf, beartype

typecheck = beartype(conf=BeartypeConf(is_pep484_tower=True))  # an int will do for a float

_SHAPE = re.compile(r"jaxtyping\.\w+\[\w+, '[^']*'\]")
_jaxtyped = jaxtyping.jaxtyped


def _jaxtyped_once(function: Any = None, *, typechecker: Any) -> Any:
    """What pytest puts before each function: beartype, which compares shapes if there are any.

    jaxtyping's own decorator has two checkers made of each function, binds the arguments of each
    call and checks them twice. It's left what it alone can: classes, generators, and annotations
    that are texts, for which there may be nothing at run time.
    """
    if function is None:
        return lambda decorated: _jaxtyped_once(decorated, typechecker=typechecker)
    if inspect.isclass(function) or inspect.isgeneratorfunction(function):
        return _jaxtyped(function, typechecker=typechecker)
    annotations = function.__annotations__.values()
    if any(_has_text(one) for one in annotations):
        return _jaxtyped(function, typechecker=typechecker)
    checked = typechecker(function)
    if not any("jaxtyping." in repr(one) for one in annotations):
        return checked

    @functools.wraps(function)
    def compared(*args: Any, **kwargs: Any) -> Any:
        with _jaxtyped("context"):  # a name is one length in all that is given and returned
            return checked(*args, **kwargs)

    return compared


def _has_text(annotation: Any) -> bool:
    """Whether it is, or has in it, a text other than that of a shape."""
    return not inspect.isclass(annotation) and "'" in _SHAPE.sub("", repr(annotation))


jaxtyping.jaxtyped = _jaxtyped_once
