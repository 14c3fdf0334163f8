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
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from keyword import iskeyword
from typing import Any, NoReturn

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int64
from pandas.arrays import BooleanArray

from specrec.errors import QueryError

_ORDERS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_MIRRORED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
}
_INEQUALITIES = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_NUMBERS = {"integer", "floating", "mixed-integer-float", "boolean"}
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
    return _Condition(where, columns).holds()


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
    column = _Column(name, columns[name])
    values = column.texts.to_numpy() if column.numbers is None else column.numbers
    _, ranks = np.unique(values[column.known], return_inverse=True)
    keys = np.full(len(values), len(values))
    keys[column.known] = ranks if name == key else -ranks
    places = np.empty(len(values), np.int64)
    places[np.argsort(keys, kind="stable")] = np.arange(len(values))
    return places


def conjuncts(where: str, columns: Mapping[str, "pd.Series[Any]"]) -> dict[str, set[str]]:
    """Divides a condition at the `and`s outside of its brackets.

    >>> conjuncts("1990 < year and (a > 1 or b > 1)", {"year": pd.Series([1990])})
    {'1990 < year': {'year'}, 'a > 1 or b > 1': {'a', 'b'}}

    Args:
        where: The condition.
        columns: Columns by name, as for `matches`.

    Returns:
        The columns that each part names, by the text of the part.

    Raises:
        QueryError: If the condition can't be read.
    """
    return _Condition(where, columns).parts()


class _Condition:
    """A parsed condition over some columns."""

    def __init__(self, where: str, columns: Mapping[str, "pd.Series[Any]"]) -> None:
        self._where = where
        self._columns = columns
        self._size = len(next(iter(columns.values())))
        self._quoted: dict[str, str] = {}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Python's parser warns of backslashes in texts
                self._text = _QUOTED.sub(self._name, where).strip()
                self._tree = ast.parse(self._text, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise QueryError(f"{self._shown()}: {_hint(where, columns)}") from error

    def holds(self) -> Bool[np.ndarray, " tracks"]:
        """Where the condition is true; unknown counts as false."""
        try:
            return self._truth(self._tree).to_numpy(dtype=bool, na_value=False)
        except _RefusalError as refusal:
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
                text = re.sub(rf" ?\b{name}\b ?", f"`{column}`", text)
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
        _refuse(
            "a condition compares columns with values, such as: year > 1990 and genre == 'jazz'"
        )

    def _comparison(self, left: ast.expr, order: ast.cmpop, right: ast.expr) -> BooleanArray:
        one, other = self._value(left), self._value(right)
        if isinstance(order, ast.Is | ast.IsNot):
            if not isinstance(one, _Column) or other is not None:
                _refuse("`is` only tests whether a column is None")
            found = one.known == isinstance(order, ast.IsNot)
            return BooleanArray(found, np.zeros(self._size, dtype=bool))
        if isinstance(order, ast.In | ast.NotIn):
            found = self._membership(one, other)
            return found if isinstance(order, ast.In) else ~found
        if one is None or other is None:
            _refuse("nothing equals None; use `is None` or `is not None`")
        kind = type(order)
        if isinstance(one, _Column):
            return one.compare(kind, other)
        if isinstance(other, _Column):
            return other.compare(_MIRRORED.get(kind, kind), one)
        _refuse("one side of a comparison must be a column; put texts in quotes, and columns not")

    def _membership(self, one: Any, other: Any) -> BooleanArray:
        if isinstance(one, _Column) and isinstance(other, list):
            none = BooleanArray(np.zeros(self._size, dtype=bool), ~one.known)
            return _fold_all(operator.or_, [none, *(one.compare(ast.Eq, item) for item in other)])
        if isinstance(other, _Column) and not isinstance(one, _Column | list):
            return other.contains(one)
        _refuse("`in` takes a column and a list, or a text and a column")

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
        _refuse("only numbers, texts in quotes, lists of them and columns can be compared")

    def _column(self, name: str) -> "_Column":
        name = self._quoted.get(name, name)
        if name not in self._columns:
            _refuse(_unknown(name, list(self._columns)))
        return _Column(name, self._columns[name])


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


class _Column:
    """A column as a condition sees it: numbers, or texts in lower case.

    Attributes:
        name: Name of the column.
        known: Where it has a value.
        numbers: Its values, NaN where missing; None if they are texts.
        texts: Its values in lower case, empty where missing; only if they are texts.
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
        """Where the column is true, if it holds truth values."""
        if self.known.any() and not self._is_truth:
            _refuse(f"{self.name} does not hold true or false; compare it with a value")
        return self.compare(ast.Eq, True)

    def compare(self, order: type[ast.cmpop], value: Any) -> BooleanArray:
        """Compares the column with a constant or another column of the same kind."""
        if isinstance(value, _Column):
            return self._compare_columns(order, value)
        if self.numbers is not None:
            if not isinstance(value, int | float) and self.known.any():
                _refuse(f"{self.name} holds numbers; compare it with one, not with {value!r}")
            number = value if isinstance(value, int | float) else np.nan
            return BooleanArray(_ORDERS[order](self.numbers, number), ~self.known)
        if not isinstance(value, str):
            _refuse(f"{self.name} holds texts; compare it with one in quotes, not with {value!r}")
        text = _fold(value)
        if order in _INEQUALITIES:
            found = _ORDERS[order](self.texts, text).to_numpy(dtype=bool)
        else:
            found = self._has_part(text) == (order is ast.Eq)
        return BooleanArray(found, ~self.known)

    def contains(self, value: Any) -> BooleanArray:
        """Where a text is part of the column's text."""
        if self.numbers is not None and self.known.any():
            _refuse(f"{self.name} holds numbers; `in` searches texts only")
        if not isinstance(value, str):
            _refuse(f"{self.name} is searched for a text in quotes, not for {value!r}")
        if self.numbers is not None:
            return BooleanArray(np.zeros(len(self.known), dtype=bool), ~self.known)
        found = self.texts.str.contains(_fold(value), regex=False).to_numpy(dtype=bool)
        return BooleanArray(found, ~self.known)

    def _has_part(self, text: str) -> Bool[np.ndarray, " tracks"]:
        parts = ";" + self.texts.str.replace("; ", ";") + ";"
        part = ";" + text.replace("; ", ";") + ";"
        return parts.str.contains(part, regex=False).to_numpy(dtype=bool)

    def _compare_columns(self, order: type[ast.cmpop], other: "_Column") -> BooleanArray:
        mine, theirs = (
            column.texts if column.numbers is None else column.numbers for column in (self, other)
        )
        if isinstance(mine, pd.Series) != isinstance(theirs, pd.Series):
            _refuse(f"{self.name} and {other.name} are a text and a number; they don't compare")
        found = np.asarray(_ORDERS[order](mine, theirs), dtype=bool)
        return BooleanArray(found, ~(self.known & other.known))


class _RefusalError(Exception):
    """A condition can't be evaluated; the message says why."""


def _refuse(why: str) -> NoReturn:
    """Raises why a condition can't be evaluated."""
    raise _RefusalError(why)


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _as_text(value: Any) -> str:
    """A cell as text in lower case, several values separated by semicolons."""
    if isinstance(value, str):
        return _fold(value)
    if isinstance(value, Sequence | np.ndarray):
        return "; ".join(_fold(str(item)) for item in value)
    return _fold(str(value))
