"""A library's columns as conditions see them: numbers, or texts in lower case."""

import ast
import operator
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np
import pandas as pd
from jaxtyping import Bool
from pandas.arrays import BooleanArray

_ORDERS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_INEQUALITIES = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_NUMBERS = {"integer", "floating", "mixed-integer-float", "boolean"}


class Column:
    """A column that can be compared.

    Attributes:
        name: Its name.
        known: Where it has a value.
        numbers: Its values; None if they are texts.
    """

    def __init__(self, name: str, values: "pd.Series[Any]") -> None:
        self.name = name
        self.known: Bool[np.ndarray, " tracks"] = values.notna().to_numpy()
        self.numbers: np.ndarray | None = None
        kind = pd.api.types.infer_dtype(values, skipna=True)
        self._is_truth = kind == "boolean"
        if not self.known.any() or kind in _NUMBERS:
            self.numbers = pd.to_numeric(values).to_numpy(np.float64, na_value=np.nan)
        else:
            texts = [_as_text(value) for value in values[self.known]]
            self.texts = pd.Series("", index=range(len(values)), dtype=object)
            self.texts[self.known] = texts

    def truth(self) -> BooleanArray:
        """The column itself, if it holds truth values."""
        if self.known.any() and not self._is_truth:
            refuse(f"{self.name} does not hold true or false; compare it with a value")
        return self.compare(ast.Eq, True)

    def compare(self, order: type[ast.cmpop], value: Any) -> BooleanArray:
        """Compares with a constant or another column, of the same kind."""
        if isinstance(value, Column):
            return self._compare_columns(order, value)
        if self.numbers is not None:
            if not isinstance(value, int | float) and self.known.any():
                refuse(f"{self.name} holds numbers; compare it with one, not with {value!r}")
            number = value if isinstance(value, int | float) else np.nan
            return BooleanArray(_ORDERS[order](self.numbers, number), ~self.known)
        if not isinstance(value, str):
            refuse(f"{self.name} holds texts; compare it with one in quotes, not with {value!r}")
        text = _fold(value)
        if order in _INEQUALITIES:
            found = _ORDERS[order](self.texts, text).to_numpy(dtype=bool)
        else:
            found = self._has_part(text) == (order is ast.Eq)
        return BooleanArray(found, ~self.known)

    def contains(self, value: Any) -> BooleanArray:
        """Whether a text stands somewhere in the column's."""
        if self.numbers is not None and self.known.any():
            refuse(f"{self.name} holds numbers; only texts can be looked into")
        if not isinstance(value, str):
            refuse(f"only a text in quotes can be looked for in {self.name}, not {value!r}")
        if self.numbers is not None:
            return BooleanArray(np.zeros(len(self.known), dtype=bool), ~self.known)
        found = self.texts.str.contains(_fold(value), regex=False).to_numpy(dtype=bool)
        return BooleanArray(found, ~self.known)

    def _has_part(self, text: str) -> Bool[np.ndarray, " tracks"]:
        parts = ";" + self.texts.str.replace("; ", ";") + ";"
        part = ";" + text.replace("; ", ";") + ";"
        return parts.str.contains(part, regex=False).to_numpy(dtype=bool)

    def _compare_columns(self, order: type[ast.cmpop], other: "Column") -> BooleanArray:
        mine, theirs = (
            column.texts if column.numbers is None else column.numbers for column in (self, other)
        )
        if isinstance(mine, pd.Series) != isinstance(theirs, pd.Series):
            refuse(f"{self.name} and {other.name} are a text and a number; they don't compare")
        found = np.asarray(_ORDERS[order](mine, theirs), dtype=bool)
        return BooleanArray(found, ~(self.known & other.known))


class RefusalError(Exception):
    """Why a condition can't be evaluated."""


def refuse(why: str) -> NoReturn:
    """Says why a condition can't be evaluated."""
    raise RefusalError(why)


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _as_text(value: Any) -> str:
    """A cell in lower case, several values with semicolons between them."""
    if isinstance(value, str):
        return _fold(value)
    if isinstance(value, Sequence | np.ndarray):
        return "; ".join(_fold(str(item)) for item in value)
    return _fold(str(value))
