"""The columns that conditions compare: what is asked of one, and those of a table."""

import ast
import operator
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, Protocol, runtime_checkable

import numpy as np
import pandas as pd
from pandas.arrays import BooleanArray

from specrec.recommend.results import plain_text
from specrec.shapes import Bool

ORDERS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
INEQUALITIES = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_NUMBERS = {"integer", "floating", "mixed-integer-float", "boolean"}

Truth = Any
"""For which tracks something holds, does not, or is unknown; `&`, `|` and `~` combine truths."""


@runtime_checkable
class Column(Protocol):
    """A column as a condition sees it: numbers, or texts in lower case."""

    def truth(self) -> Truth:
        """Where the column is true, if it holds truth values."""

    def has_value(self, wanted: bool) -> Truth:
        """Where the column has a value, or where it has none."""

    def equals_none_of_them(self) -> Truth:
        """What it is to equal one of no values: false, and unknown where there is no value."""

    def compare(self, order: type[ast.cmpop], value: "str | float | Column") -> Truth:
        """Compares the column with a constant or another column of the same kind."""

    def contains(self, value: Any) -> Truth:
        """Where a text is part of the column's text."""


class TableColumn:
    """A column of a table: one kind of `Column`.

    Attributes:
        name: Name of the column.
        known: Where it has a value.
        numbers: Its values, NaN where missing; None if they are texts.
        texts: Its values in lower case, empty where missing; only if they are texts.
        holds_truth: Whether its values are truth values.
    """

    def __init__(self, name: str, values: "pd.Series[Any]") -> None:
        self.name = name
        self.known: Bool[np.ndarray, " tracks"] = values.notna().to_numpy()
        self.numbers: np.ndarray | None = None
        kind = pd.api.types.infer_dtype(values, skipna=True)
        self.holds_truth = kind == "boolean"
        if not self.known.any() or kind in _NUMBERS:
            self.numbers = pd.to_numeric(values).to_numpy(np.float64, na_value=np.nan)
        else:
            texts = [as_text(value) for value in values[self.known]]
            self.texts = pd.Series("", index=range(len(values)), dtype=object)
            self.texts[self.known] = texts

    def truth(self) -> BooleanArray:
        """Where the column is true, if it holds truth values."""
        if self.known.any() and not self.holds_truth:
            refuse_truth(self.name)
        return self.compare(ast.Eq, True)

    def has_value(self, wanted: bool) -> BooleanArray:
        """Where the column has a value, or where it has none."""
        return BooleanArray(self.known == wanted, np.zeros(len(self.known), dtype=bool))

    def equals_none_of_them(self) -> BooleanArray:
        """False, and unknown where there is no value."""
        return BooleanArray(np.zeros(len(self.known), dtype=bool), ~self.known)

    def compare(self, order: type[ast.cmpop], value: Any) -> BooleanArray:
        """Compares the column with a constant or another column of the same kind."""
        if isinstance(value, TableColumn):
            return self._compare_columns(order, value)
        if self.numbers is not None:
            if self.known.any():
                value = as_number(self.name, value)
            number = value if isinstance(value, int | float) else np.nan
            return BooleanArray(ORDERS[order](self.numbers, number), ~self.known)
        text = folded_text(self.name, value)
        if order in INEQUALITIES:
            found = ORDERS[order](self.texts, text).to_numpy(dtype=bool)
        else:
            found = self._has_part(text) == (order is ast.Eq)
        return BooleanArray(found, ~self.known)

    def contains(self, value: Any) -> BooleanArray:
        """Where a text is part of the column's text."""
        part = part_of(self.name, value, self.numbers is not None and bool(self.known.any()))
        if self.numbers is not None:
            return BooleanArray(np.zeros(len(self.known), dtype=bool), ~self.known)
        found = self.texts.str.contains(part, regex=False).to_numpy(dtype=bool)
        return BooleanArray(found, ~self.known)

    def _has_part(self, text: str) -> Bool[np.ndarray, " tracks"]:
        parts = ";" + self.texts.str.replace("; ", ";") + ";"
        part = ";" + text.replace("; ", ";") + ";"
        return parts.str.contains(part, regex=False).to_numpy(dtype=bool)

    def _compare_columns(self, order: type[ast.cmpop], other: "TableColumn") -> BooleanArray:
        mine, theirs = (
            column.texts if column.numbers is None else column.numbers for column in (self, other)
        )
        if isinstance(mine, pd.Series) != isinstance(theirs, pd.Series):
            refuse_kinds(self.name, other.name)
        found = np.asarray(ORDERS[order](mine, theirs), dtype=bool)
        return BooleanArray(found, ~(self.known & other.known))


class RefusalError(Exception):
    """A condition can't be evaluated; the message says why."""


def refuse(why: str) -> NoReturn:
    """Raises why a condition can't be evaluated."""
    raise RefusalError(why)


def refuse_truth(name: str) -> NoReturn:
    """Refuses to take a column for a condition that holds no truth values."""
    refuse(f"{name} does not hold true or false; compare it with a value")


def refuse_kinds(name: str, other: str) -> NoReturn:
    """Refuses to compare two columns of different kinds."""
    refuse(f"{name} and {other} are a text and a number; they don't compare")


def as_number(name: str, value: Any) -> float:
    """The constant with which a column of numbers is compared."""
    if not isinstance(value, int | float):
        refuse(f"{name} holds numbers; compare it with one, not with {value!r}")
    return value


def folded_text(name: str, value: Any) -> str:
    """The constant, in lower case, with which a column of texts is compared."""
    if not isinstance(value, str):
        refuse(f"{name} holds texts; compare it with one in quotes, not with {value!r}")
    return fold(value)


def part_of(name: str, value: Any, numbers: bool) -> str:
    """The text, in lower case, for which a column is searched; `numbers` if it holds numbers."""
    if numbers:
        refuse(f"{name} holds numbers; `in` searches texts only")
    if not isinstance(value, str):
        refuse(f"{name} is searched for a text in quotes, not for {value!r}")
    return fold(value)


def fold(text: str) -> str:
    """A text as conditions compare it: normalized, in lower case."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def as_text(value: Any) -> str:
    """A cell as text in lower case, several values separated by semicolons."""
    if isinstance(value, str):
        return fold(value)
    if isinstance(value, Sequence | np.ndarray):
        return "; ".join(fold(str(item)) for item in value)
    return fold(plain_text(value))
