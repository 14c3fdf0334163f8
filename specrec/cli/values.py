"""Types of arguments and options; what is none of their values is refused in plain words."""

import math
import os
from pathlib import Path
from typing import Any

import click


class _NamedPath(click.Path):
    """A path that is not empty: an unset variable would stand for the folder one is in."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        """Reads `~/` as the home folder: most shells leave it as it is behind `--output=`."""
        path = os.fspath(value)
        if not path:
            self.fail("it is empty", param, ctx)
        if path.startswith("~/"):
            path = str(Path(path).expanduser())
        return super().convert(path, param, ctx)


class WholeNumber(click.IntRange):
    """A whole number in a range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Says what it must be, whether it is out of the range or no such number at all."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is not a whole number {_bounds(self)}", param, ctx)


class Number(click.FloatRange):
    """A number in a range."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Says what it must be; `nan` is in no range."""
        try:
            number = super().convert(value, param, ctx)
        except click.BadParameter:
            number = math.nan
        if math.isnan(number):
            self.fail(f"{value!r} is not a number {_bounds(self)}", param, ctx)
        return number


def _bounds(numbers: WholeNumber | Number) -> str:
    if numbers.max is None:
        return f"of {numbers.min} or more"
    return f"from {numbers.min} to {numbers.max}"


PATH = _NamedPath(path_type=Path)
MODEL = _NamedPath(path_type=str)
"""The name of a model, or its folder."""
MAYBE_PATH = click.Path(path_type=str, readable=False)
"""Any text; a shell completes it as it does paths."""
