"""Conditions on a library's columns, such as `genre == 'jazz' and 1990 < year <= 2000`.

The language is a small part of Python's: names of columns, numbers, texts, lists, `==`, `!=`, `<`,
`<=`, `>`, `>=`, chained or not, `in`, `not in`, `is None`, `is not None`, `and`, `or`, `not`. It
is parsed, never run.

What a track does not have is unknown, and so is any comparison with it, whatever is then negated:
neither `year != 1990` nor `not year == 1990` holds of a track without a year (Kleene's logic, as
in SQL). `is None` asks for it. Texts compare whatever their case. A cell of several values, a list
or a text like `Jazz; Soul`, equals each of them; a text stands `in` a cell if it is a part of it.
"""

import ast
import difflib
import operator
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from keyword import iskeyword
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool
from pandas.arrays import BooleanArray

from specrec.errors import QueryError
from specrec.recommend.columns import Column, RefusalError, refuse

_MIRRORED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
}
_QUOTED = re.compile(r"""'[^']*'|"[^"]*"|`([^`]+)`""")
_EXAMPLE = "year > 1990 and genre == 'jazz'"
_LISTED = 12
_LARGEST = 1e300


def matches(where: str, columns: Mapping[str, "pd.Series[Any]"]) -> Bool[np.ndarray, " tracks"]:
    """For which tracks a condition holds.

    Args:
        where: The condition; a name that is no word of Python's stands in backquotes.
        columns: By name, one value a track; numbers, truth values, texts or lists.

    Raises:
        QueryError: If it can't be read, names no column, or compares what can't be compared.
    """
    return _Condition(where, columns).holds()


class _Condition:
    """A parsed condition over some columns."""

    def __init__(self, where: str, columns: Mapping[str, "pd.Series[Any]"]) -> None:
        self._where = where
        self._columns = columns
        self._size = len(next(iter(columns.values())))
        self._quoted: dict[str, str] = {}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of Python's parser, about signs in texts
                self._tree = ast.parse(_QUOTED.sub(self._name, where).strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise QueryError(f"{self._said()}: {_hint(where, columns)}") from error

    def holds(self) -> Bool[np.ndarray, " tracks"]:
        """Where it is true; what is unknown is not."""
        try:
            return self._truth(self._tree).to_numpy(dtype=bool, na_value=False)
        except RefusalError as refusal:
            raise QueryError(f"{self._said()}: {refusal}") from refusal
        except RecursionError as error:
            raise QueryError(f"{self._said()[:80]}...: too deeply nested; shorten it") from error

    def _said(self) -> str:
        return f"filter {' '.join(self._where.split())!r}"

    def _name(self, match: "re.Match[str]") -> str:
        """A name for what stands in backquotes; texts remain."""
        if match.group(1) is None:
            return match.group()
        name = f"_quoted_{len(self._quoted)}"
        self._quoted[name] = match.group(1)
        return f" {name} "

    def _truth(self, node: ast.expr) -> BooleanArray:
        if isinstance(node, ast.BoolOp):
            parts = [self._truth(value) for value in node.values]
            join = operator.and_ if isinstance(node.op, ast.And) else operator.or_
            return _fold_all(join, parts)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return ~self._truth(node.operand)
        if isinstance(node, ast.Compare):
            ends = [node.left, *node.comparators]
            steps = zip(ends[:-1], node.ops, ends[1:], strict=True)
            return _fold_all(operator.and_, [self._comparison(*step) for step in steps])
        if isinstance(node, ast.Name):
            return self._column(node.id).truth()
        refuse("a condition compares columns with values, such as: year > 1990 and genre == 'jazz'")

    def _comparison(self, left: ast.expr, order: ast.cmpop, right: ast.expr) -> BooleanArray:
        one, other = self._value(left), self._value(right)
        if isinstance(order, ast.Is | ast.IsNot):
            if not isinstance(one, Column) or other is not None:
                refuse("`is` only asks whether a column is None")
            found = one.known == isinstance(order, ast.IsNot)
            return BooleanArray(found, np.zeros(self._size, dtype=bool))
        if isinstance(order, ast.In | ast.NotIn):
            found = self._membership(one, other)
            return found if isinstance(order, ast.In) else ~found
        if one is None or other is None:
            refuse("nothing equals None; ask with `is None` or `is not None`")
        kind = type(order)
        if isinstance(one, Column):
            return one.compare(kind, other)
        if isinstance(other, Column):
            return other.compare(_MIRRORED.get(kind, kind), one)
        refuse("one side of a comparison must be a column; texts stand in quotes, columns don't")

    def _membership(self, one: Any, other: Any) -> BooleanArray:
        if isinstance(one, Column) and isinstance(other, list):
            none = BooleanArray(np.zeros(self._size, dtype=bool), ~one.known)
            return _fold_all(operator.or_, [none, *(one.compare(ast.Eq, item) for item in other)])
        if isinstance(other, Column) and not isinstance(one, Column | list):
            return other.contains(one)
        refuse("`in` takes a column and a list, or a text and a column")

    def _value(self, node: ast.expr) -> Any:
        """A column, a constant, or a list of constants."""
        if isinstance(node, ast.Name):
            return self._column(node.id)
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return [self._constant(item) for item in node.elts]
        return self._constant(node)

    def _constant(self, node: ast.expr) -> Any:
        sign = 1
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            node, sign = node.operand, -1
        value = node.value if isinstance(node, ast.Constant) else ...
        if value is None or (isinstance(value, str) and sign == 1):
            return value
        if isinstance(value, int | float) and abs(value) < _LARGEST:
            return sign * value
        refuse("only numbers, texts in quotes, lists of them and columns can be compared")

    def _column(self, name: str) -> Column:
        name = self._quoted.get(name, name)
        if name not in self._columns:
            refuse(_unknown(name, list(self._columns)))
        return Column(name, self._columns[name])


def _fold_all(
    join: Callable[[BooleanArray, BooleanArray], BooleanArray], parts: Iterable[BooleanArray]
) -> BooleanArray:
    first, *rest = parts
    for part in rest:
        first = join(first, part)
    return first


def _unknown(name: str, have: list[str]) -> str:
    close = difflib.get_close_matches(name, have, n=3, cutoff=0.6)
    meant = f" (did you mean {' or '.join(close)}?)" if close else ""
    more = f" and {len(have) - _LISTED} more" if len(have) > _LISTED else ""
    return f"no column {name}{meant}; there are {', '.join(have[:_LISTED])}{more}"


def _hint(where: str, columns: Iterable[str]) -> str:
    if not where.strip():
        return f"is empty; write a condition such as: {_EXAMPLE}"
    for name in columns:
        if name in where and (not name.isidentifier() or iskeyword(name)):
            return f"can't be read; put the column's name in backquotes: `{name}`"
    if re.search(r"[^=!<>]=[^=]", where):
        return "can't be read; to compare write == with two signs"
    return f"can't be read; write a condition such as: {_EXAMPLE}"
