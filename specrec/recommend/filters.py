"""Conditions on a library's columns, such as `genre == 'jazz' and 1990 < year <= 2000`.

The language is a small part of Python's: names of columns, numbers, texts, lists, `==`, `!=`, `<`,
`<=`, `>`, `>=`, chained or not, `in`, `not in`, `is None`, `is not None`, `and`, `or`, `not`. It
is parsed, never run.

A concept, such as `singing`, is a column of shares from 0 to 1: how much of the library has less of
it. A column of the library's table that has the same name is meant before it.

A missing value is unknown, and so is any comparison with it, even when it is negated: neither
`year != 1990` nor `not year == 1990` holds for a track without a year (Kleene's logic, as in SQL);
`year is None` finds it. Texts are compared without regard to case. A cell of several values, a list
or a text like `Jazz; Soul`, equals each of them; a text is `in` a cell if it is a part of it.
"""

import ast
import difflib
import operator
import re
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping
from keyword import iskeyword
from typing import Any

import numpy as np
import pandas as pd

from specrec.errors import QueryError
from specrec.recommend.columns import Column, RefusalError, TableColumn, Truth, refuse
from specrec.shapes import Bool, Int64

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
    """Finds the tracks for which a condition holds.

    >>> matches("year > 1990", {"year": pd.Series([1980, 1995, None])})
    array([False,  True, False])

    Args:
        where: The condition; the name of a column with spaces or signs is put in backquotes.
        columns: Columns by name, one value per track; numbers, truth values, texts or lists.

    Raises:
        QueryError: If the condition can't be read, names an unknown column, or compares values of
            different kinds.
    """
    truth = evaluate(where, columns, lambda name: TableColumn(name, columns[name]))
    return truth.to_numpy(dtype=bool, na_value=False)


def evaluate(where: str, names: Collection[str], column: Callable[[str], Column]) -> Truth:
    """Evaluates a condition over columns of any kind.

    Args:
        where: The condition.
        names: Names of the columns.
        column: Gives a column by its name.

    Raises:
        QueryError: If the condition can't be read, names an unknown column, or compares values of
            different kinds.
    """
    return _Condition(where, names, column).truth()


def places_by(key: str, columns: Mapping[str, "pd.Series[Any]"]) -> Int64[np.ndarray, " tracks"]:
    """Finds the place of each track when all are sorted by a column.

    Texts are sorted without regard to case. Tracks without a value come last, and equal ones stay
    as they were.

    >>> places_by("-year", {"year": pd.Series([1980, None, 1995])})
    array([1, 2, 0])

    Args:
        key: Name of the column; with a minus before it, the greatest come first.
        columns: Columns by name, one value per track.

    Raises:
        QueryError: If there is no such column.
    """
    name = key.removeprefix("-")
    if name not in columns:
        raise QueryError(f"sort: {_unknown(name, list(columns))}")
    column = TableColumn(name, columns[name])
    values = column.texts.to_numpy() if column.numbers is None else column.numbers
    _, ranks = np.unique(values[column.known], return_inverse=True)
    keys = np.full(len(values), len(values))
    keys[column.known] = ranks if name == key else -ranks
    places = np.empty(len(values), np.int64)
    places[np.argsort(keys, kind="stable")] = np.arange(len(values))
    return places


def conjuncts(where: str, columns: Mapping[str, "pd.Series[Any]"]) -> dict[str, set[str]]:
    """Divides a condition at the `and`s outside of its brackets.

    >>> conjuncts("1990 < year and (piano > 1 or piano < -1)", {"year": pd.Series([1990])})
    {'1990 < year': {'year'}, 'piano > 1 or piano < -1': {'piano'}}

    Args:
        where: The condition.
        columns: Columns by name, as for `matches`.

    Returns:
        The columns that each part names, by the text of the part.

    Raises:
        QueryError: If the condition can't be read.
    """
    return _Condition(where, columns, lambda name: TableColumn(name, columns[name])).parts()


class _Condition:
    """A parsed condition over some columns."""

    def __init__(
        self, where: str, columns: Collection[str], column: Callable[[str], Column]
    ) -> None:
        self._where = where
        self._columns = columns
        self._column_named = column
        self._quoted: dict[str, str] = {}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Python's parser warns of backslashes in texts
                self._text = _QUOTED.sub(self._name, where).strip()
                self._tree = ast.parse(self._text, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise QueryError(f"{self._shown()}: {_hint(where, columns)}") from error

    def truth(self) -> Truth:
        """Where the condition is true, false or unknown."""
        try:
            return self._truth(self._tree)
        except RefusalError as refusal:
            hint = _misspelled(self._where, self._columns) or refusal
            raise QueryError(f"{self._shown()}: {hint}") from refusal
        except RecursionError as error:
            raise QueryError(f"{self._shown()[:80]}...: too deeply nested; shorten it") from error

    def parts(self) -> dict[str, set[str]]:
        """The parts that must all hold, and the columns that each names."""
        todo, found = [self._tree], {}
        while todo:
            node = todo.pop(0)
            if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
                todo = [*node.values, *todo]
                continue
            text = ast.get_source_segment(self._text, node) or ""
            for name, column in self._quoted.items():
                shown = f"`{column}`".replace("\\", r"\\")  # of which `sub` makes one again
                text = re.sub(rf" ?\b{name}\b ?", shown, text)
            names = {item.id for item in ast.walk(node) if isinstance(item, ast.Name)}
            found[text] = {self._quoted.get(name, name) for name in names}
        return found

    def _shown(self) -> str:
        return f"filter {' '.join(self._where.split())!r}"

    def _name(self, match: "re.Match[str]") -> str:
        """Replaces a name in backquotes by a plain one; texts in quotes remain."""
        if match.group(1) is None:
            return match.group()
        name = f"_quoted_{len(self._quoted)}"
        self._quoted[name] = match.group(1)
        return f" {name} "

    def _truth(self, node: ast.expr) -> Truth:
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

    def _comparison(self, left: ast.expr, order: ast.cmpop, right: ast.expr) -> Truth:
        one, other = self._value(left), self._value(right)
        if isinstance(order, ast.Is | ast.IsNot):
            if not isinstance(one, Column) or other is not None:
                refuse("`is` only tests whether a column is None")
            return one.has_value(isinstance(order, ast.IsNot))
        if isinstance(order, ast.In | ast.NotIn):
            found = self._membership(one, other)
            return found if isinstance(order, ast.In) else ~found
        if one is None or other is None:
            refuse("nothing equals None; use `is None` or `is not None`")
        kind = type(order)
        if isinstance(one, Column):
            return one.compare(kind, other)
        if isinstance(other, Column):
            return other.compare(_MIRRORED.get(kind, kind), one)
        refuse("one side of a comparison must be a column; put texts in quotes, and columns not")

    def _membership(self, one: Any, other: Any) -> Truth:
        if isinstance(one, Column) and isinstance(other, list):
            none = one.equals_none_of_them()
            return _fold_all(operator.or_, [none, *(one.compare(ast.Eq, item) for item in other)])
        if isinstance(other, Column) and not isinstance(one, Column | list):
            return other.contains(one)
        refuse("`in` takes a column and a list, or a text and a column")

    def _value(self, node: ast.expr) -> Any:
        """Evaluates an operand: a column, a constant, or a list of constants."""
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

    def _column(self, name: str) -> "Column":
        name = self._quoted.get(name, name)
        if name not in self._columns:
            refuse(_unknown(name, list(self._columns)))
        return self._column_named(name)


def _fold_all(join: Callable[[Truth, Truth], Truth], parts: Iterable[Truth]) -> Truth:
    first, *rest = parts
    for part in rest:
        first = join(first, part)
    return first


def _unknown(name: str, have: list[str]) -> str:
    close = difflib.get_close_matches(name, have, n=3, cutoff=0.6)
    meant = f" (did you mean {' or '.join(close)}?)" if close else ""
    more = f" and {len(have) - _LISTED} more" if len(have) > _LISTED else ""
    return f"no column {name}{meant}; the columns are {', '.join(have[:_LISTED])}{more}"


def _hint(where: str, columns: Iterable[str]) -> str:
    if not where.strip():
        return f"is empty; write a condition such as: {_EXAMPLE}"
    for name in columns:
        if name in where and (not name.isidentifier() or iskeyword(name)):
            return f"can't be read; put the column's name in backquotes: `{name}`"
    if hint := _misspelled(where, columns):
        return hint
    if re.search(r"[^=!<>]=[^=]", where):
        return "can't be read; write == to compare"
    return f"can't be read; write a condition such as: {_EXAMPLE}"


def _misspelled(where: str, columns: Iterable[str]) -> str | None:
    """A hint where the name of a column stands with spaces or hyphens for its underscores."""
    plain = _QUOTED.sub("", where)
    for name in sorted(columns, key=len, reverse=True):
        spaced = re.escape(name).replace("_", "[ -]+")
        found = re.search(rf"(?<!\w){spaced}(?!\w)", plain, re.IGNORECASE) if "_" in name else None
        if found is not None:
            return f"write {name} for {found.group()}: names have underscores"
    return None
