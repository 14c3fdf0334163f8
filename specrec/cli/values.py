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
            self.fail(f"{value!r} is not a whole number {_range(self.min, self.max)}", param, ctx)


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
            self.fail(f"{value!r} is not a number {_range(self.min, self.max)}", param, ctx)
        return number


def _range(low: float | None, high: float | None) -> str:
    return f"of {low} or more" if high is None else f"from {low} to {high}"


PATH = _NamedPath(path_type=Path)
MODEL = _NamedPath(path_type=str)
"""The name of a model, or its folder."""
MAYBE_PATH = click.Path(path_type=str, readable=False)
"""Any text; a shell completes it as it does paths."""
