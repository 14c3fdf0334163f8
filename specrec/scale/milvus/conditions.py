"""Conditions as Milvus evaluates them; values are bound, never pasted into the text."""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from specrec.recommend.columns import (
    ORDERS,
    as_number,
    folded_text,
    part_of,
    refuse,
    refuse_kinds,
    refuse_truth,
)
from specrec.shapes import Float64

_SIGNS = {ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_OPPOSITE = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
}
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


@dataclass(frozen=True)
class Test:
    """An expression with a place for each of its values.

    >>> Test("year > {} and artist in {}", (1990.0, [7, 8])).bound()
    ('year > {v0} and artist in {v1}', {'v0': 1990.0, 'v1': [7, 8]})

    Attributes:
        text: The expression, with `{}` in the place of each value. It is made of names that
            specrec gave to fields, and of nothing that anybody typed.
        values: The values: numbers, texts, or lists of them.
    """

    text: str
    values: tuple[Any, ...] = ()

    def bound(self) -> tuple[str, dict[str, Any]]:
        """The expression with names in place of the values, and the values by name."""
        names = [f"v{place}" for place in range(len(self.values))]
        text = self.text.format(*(f"{{{name}}}" for name in names))
        return text, dict(zip(names, self.values, strict=True))

    def written(self) -> str:
        """The expression with its values as literals, for milvus-lite, which can't bind any."""
        return self.text.format(*map(_literal, self.values))

    def __and__(self, other: "Test") -> "Test":
        return Test(f"({self.text}) and ({other.text})", self.values + other.values)

    def __or__(self, other: "Test") -> "Test":
        return Test(f"({self.text}) or ({other.text})", self.values + other.values)


ALWAYS, NEVER = Test("key >= 0"), Test("key < 0")


@dataclass(frozen=True)
class Condition:
    """A condition in three-valued logic: where it is true, and where it is false.

    Both are written without negation, and name the values that must be there. So they mean the same
    whatever a database makes of missing values.

    Attributes:
        true: Where it holds.
        false: Where it does not hold; elsewhere it is unknown.
        count: Counts the tracks for which an expression holds.
    """

    true: Test
    false: Test
    count: Callable[[Test], int]

    def __and__(self, other: "Condition") -> "Condition":
        return Condition(self.true & other.true, self.false | other.false, self.count)

    def __or__(self, other: "Condition") -> "Condition":
        return Condition(self.true | other.true, self.false & other.false, self.count)

    def __invert__(self) -> "Condition":
        return Condition(self.false, self.true, self.count)

    def sum(self) -> int:
        """The number of tracks for which it holds."""
        return self._number

    @cached_property
    def _number(self) -> int:
        return self.count(self.true)


@dataclass(frozen=True)
class Field:
    """A column of the library as it is stored.

    Attributes:
        column: Name of the column.
        kind: `number`, `truth` (as a number), `text`, `share` or `nothing`, which has no values. A
            share is stored as the value that a track has, whose share a condition asks for: those
            of all tracks change with every push.
        ref: How expressions name it: a field, or a key in one that holds JSON.
        parts: The same for the runs of names in a text of several, which each equal it.
        feature: For a share, the feature whose values are stored.
    """

    column: str
    kind: str
    ref: str = ""
    parts: str = ""
    feature: str = ""

    @property
    def in_json(self) -> bool:
        """Whether it is a key in a field that holds JSON."""
        return self.ref.endswith("]")

    @property
    def known(self) -> Test:
        """Where it has a value."""
        return Test(f"exists {self.ref}" if self.in_json else f"{self.ref} is not null")

    @property
    def missing(self) -> Test:
        """Where it has none."""
        return Test(f"not exists {self.ref}" if self.in_json else f"{self.ref} is null")


class MilvusColumn:
    """A field as a condition sees it: one kind of `specrec.recommend.columns.Column`."""

    def __init__(
        self,
        field: Field,
        count: Callable[[Test], int],
        distribution: Float64[np.ndarray, " values"] | None = None,
    ) -> None:
        """Takes a field.

        Args:
            field: The field.
            count: Counts the tracks for which an expression holds.
            distribution: For a share, the values of the library's tracks, ascending.
        """
        self.field = field
        self._count = count
        self._distribution = distribution

    def truth(self) -> Condition:
        """Where it is true, if it holds truth values."""
        if self.field.kind not in ("truth", "nothing"):
            refuse_truth(self.field.column)
        return self.compare(ast.Eq, True)

    def has_value(self, wanted: bool) -> Condition:
        """Where it has a value, or where it has none."""
        if self.field.kind == "nothing":
            known = Condition(NEVER, ALWAYS, self._count)
        else:
            known = Condition(self.field.known, self.field.missing, self._count)
        return known if wanted else ~known

    def equals_none_of_them(self) -> Condition:
        """False, and unknown where there is no value."""
        return Condition(NEVER, self.has_value(True).true, self._count)

    def compare(self, order: type[ast.cmpop], value: Any) -> Condition:
        """Compares it with a constant or another column of the same kind."""
        if isinstance(value, MilvusColumn):
            return self._compare_columns(order, value)
        field = self.field
        if field.kind == "nothing":
            return Condition(NEVER, NEVER, self._count)
        if field.kind == "text":
            text = folded_text(field.column, value)
            if order in (ast.Eq, ast.NotEq):
                return self._equals(text) if order is ast.Eq else ~self._equals(text)
            return self._ordered(order, text)
        number = float(as_number(field.column, value))
        return self._share(order, number) if field.kind == "share" else self._ordered(order, number)

    def contains(self, value: Any) -> Condition:
        """Where a text is part of its text."""
        field = self.field
        part = part_of(field.column, value, field.kind not in ("text", "nothing"))
        # A backslash stands for any sign: of two in a pattern, each engine makes something else.
        part = part.replace("\\", "\0")
        if field.kind == "nothing":
            return Condition(NEVER, NEVER, self._count)
        for sign in "%_":
            part = part.replace(sign, f"\\{sign}")
        pattern = "%" + part.replace("\0", "_") + "%"
        return self._either(f"{field.ref} like {{}}", f"not ({field.ref} like {{}})", pattern)

    def _ordered(self, order: type[ast.cmpop], value: str | float) -> Condition:
        ref = self.field.ref
        yes, no = (f"{ref} {_SIGNS[one]} {{}}" for one in (order, _OPPOSITE[order]))
        return self._either(yes, no, value)

    def _equals(self, text: str) -> Condition:
        contains = "json_contains" if self.field.in_json else "array_contains"
        yes = f"{contains}({self.field.parts}, {{}})"
        return self._either(yes, f"not ({yes})", text.replace("; ", ";"))

    def _either(self, yes: str, no: str, value: Any) -> Condition:
        known = self.field.known
        return Condition(known & Test(yes, (value,)), known & Test(no, (value,)), self._count)

    def _share(self, order: type[ast.cmpop], wanted: float) -> Condition:
        """Compares the share of the tracks that have less, which rises with the value."""
        assert self._distribution is not None
        values, equal = np.unique(self._distribution, return_counts=True)
        shares = (np.cumsum(equal) - equal / 2) / max(len(self._distribution), 1)
        holds = ORDERS[order](shares, wanted)
        middles = (values[1:] + values[:-1]) / 2  # a value between two is the nearer one
        edges = np.flatnonzero(np.diff(holds.astype(np.int8)))
        field, true, false = self.field, NEVER, NEVER
        starts, ends = [None, *middles[edges].tolist()], [*middles[edges].tolist(), None]
        for start, end in zip(starts, ends, strict=True):
            inside = field.known
            if start is not None:
                inside &= Test(f"{field.ref} > {{}}", (start,))
            if end is not None:
                inside &= Test(f"{field.ref} <= {{}}", (end,))
            place = 0 if start is None else int(values.searchsorted(start))
            if len(holds) and holds[place]:
                true |= inside
            else:
                false |= inside
        return Condition(true, false, self._count)

    def _compare_columns(self, order: type[ast.cmpop], other: "MilvusColumn") -> Condition:
        pair = self.field, other.field
        kinds = {field.kind for field in pair}
        if "nothing" in kinds:
            return Condition(NEVER, NEVER, self._count)
        if "share" in kinds:
            refuse("in Milvus a concept is compared with a number, not with another column")
        if "text" in kinds and len(kinds) > 1:
            refuse_kinds(*(field.column for field in pair))
        if any(field.in_json for field in pair):
            refuse("Milvus does not compare these two columns; compare each with a value")
        known = pair[0].known & pair[1].known
        yes, no = (
            Test(f"{pair[0].ref} {_SIGNS[one]} {pair[1].ref}") for one in (order, _OPPOSITE[order])
        )
        return Condition(known & yes, known & no, self._count)


def _literal(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, str):
        return '"' + "".join(_ESCAPES.get(sign, sign) for sign in value) + '"'
    return repr(value)
