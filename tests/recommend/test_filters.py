"""Conditions mean what SQL means by them, missing values included."""

import sqlite3

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specrec.errors import QueryError
from specrec.recommend.filters import conjuncts, matches

YEARS = [1990, 2000, None, 1995, 2000, None, 1960, 2024]
ENERGY = [0.5, None, 0.1, 0.9, 0.25, 0.5, -1.0, 0.0]
GENRES = ["Jazz", "rock", None, "jazz", "Drum'n'bass", "", "Soul", None]
LIVE = [True, False, None, True, None, False, True, True]
TABLE = pd.DataFrame(
    {
        "year": pd.Series(YEARS, dtype="Int64"),
        "energy": pd.Series(ENERGY, dtype="float64"),
        "genre": pd.Series(GENRES, dtype="string"),
        "live": pd.Series(LIVE, dtype="boolean"),
        "beats per bar": [4, 4, 3, 4, 4, 4, 6, 4],
        "styles": [["Cool", "Modal"], [], None, ["Bop"], ["cool"], None, None, ["Hard Bop"]],
        "both": ["Jazz; Soul", "Soul", "Jazz", "Soul;Funk", None, "Neo Soul", "", "x"],
        "nothing": pd.Series([None] * 8, dtype="float64"),
        "added": pd.to_datetime(["2024-05-01", None, "2024-05-02"] + ["2024-06-01"] * 5),
        "back\\slash": [1] * 8,
    }
)
COLUMNS = {name: TABLE[name] for name in TABLE}


def found(where: str) -> list[int]:
    return np.flatnonzero(matches(where, COLUMNS)).tolist()


@pytest.fixture(scope="module")
def database() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "create table t (row integer, year real, energy real, genre text collate nocase,"
        " live integer)"
    )
    rows = zip(range(8), YEARS, ENERGY, GENRES, LIVE, strict=True)
    connection.executemany("insert into t values (?, ?, ?, ?, ?)", rows)
    return connection


def quoted(text: str) -> tuple[str, str]:
    return f'"{text}"', "'" + text.replace("'", "''") + "'"


numbers = st.sampled_from(["1990", "2000", "0.5", "-1", "0", "1995.0"]).map(lambda n: (n, n))
texts = st.sampled_from(["jazz", "ROCK", "Drum'n'bass", "", "soul"]).map(quoted)
signs = st.sampled_from([(s, s) for s in ("<", "<=", ">", ">=", "!=")] + [("==", "=")])
numeric = st.sampled_from(["year", "energy"]).map(lambda name: (name, name))


def both(template: str, *parts: tuple[str, str]) -> tuple[str, str]:
    python, sql = zip(*parts, strict=True)
    return template.format(*python), template.format(*sql)


def chained(name: tuple[str, str], a: tuple[str, str], b: tuple[str, str]) -> tuple[str, str]:
    return f"{a[0]} < {name[0]} <= {b[0]}", f"({a[1]} < {name[1]} and {name[1]} <= {b[1]})"


leaves = st.one_of(
    st.builds(lambda *parts: both("{} {} {}", *parts), numeric, signs, numbers),
    st.builds(lambda *parts: both("{} {} {}", *parts), numbers, signs, numeric),
    st.builds(lambda *parts: both("{} {} {}", *parts), numeric, signs, numeric),
    st.builds(lambda sign, text: both("genre {} {}", sign, text), signs, texts),
    st.builds(chained, numeric, numbers, numbers),
    st.builds(lambda a, b: both("year in ({}, {})", a, b), numbers, numbers),
    st.builds(lambda a, b: both("genre not in ({}, {})", a, b), texts, texts),
    st.sampled_from(["year", "genre"]).map(lambda name: (f"{name} is None", f"{name} is null")),
    st.just(("genre is not None", "genre is not null")),
    st.just(("live", "live")),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda a, b: both("({} and {})", a, b), inner, inner),
        st.builds(lambda a, b: both("({} or {})", a, b), inner, inner),
        st.builds(lambda a: both("(not {})", a), inner),
    ),
    max_leaves=6,
)


@settings(max_examples=300)
@given(condition=conditions)
def test_a_condition_means_what_sql_means(
    database: sqlite3.Connection, condition: tuple[str, str]
) -> None:
    python, sql = condition
    rows = database.execute(f"select row from t where {sql} order by row")
    assert found(python) == [row for (row,) in rows]


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ("`beats per bar` == 3", [2]),
        ("genre == 'jazz' and `beats per bar` == 4", [0, 3]),
        ("styles == 'cool'", [0, 4]),
        ("styles != 'cool'", [1, 3, 7]),
        ("styles in ['modal', 'bop']", [0, 3]),
        ("both == 'soul'", [0, 1, 3]),
        ("both == 'JAZZ; SOUL'", [0]),
        ("'soul' in both", [0, 1, 3, 5]),
        ("'hard' not in styles", [0, 1, 3, 4]),
        ("'drum\\'n\\'bass' == genre", [4]),
        ("genre == '`jazz`'", []),
        ("nothing > 3 or nothing == 'x' or nothing is not None", []),
        ("not nothing > 3", []),
        ("nothing is None and year > 2000", [7]),
        ("live == False", [1, 5]),
        ("not live", [1, 5]),
        ("year in []", []),
        ("added <= '2024-05-01' or added == '2024-05-02'", [0, 2]),
    ],
)
def test_lists_quotes_and_columns_of_nothing(where: str, rows: list[int]) -> None:
    assert found(where) == rows


def test_parts_are_shown_as_they_were_written() -> None:
    parts = conjuncts("`back\\slash` == 1 and (`beats per bar` > 3 or live)", COLUMNS)
    assert list(parts) == ["`back\\slash` == 1", "`beats per bar` > 3 or live"]
    assert list(parts.values()) == [{"back\\slash"}, {"beats per bar", "live"}]


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("yaer > 1990", r"no column yaer \(did you mean year\?\); the columns are year, energy"),
        ("genre = 'jazz'", "write == to compare"),
        ("", "is empty"),
        ("year >", "can't be read"),
        ("year", "year does not hold true or false"),
        ("year > '1990'", "year holds numbers; compare it with one, not with '1990'"),
        ("genre == 3", "genre holds texts"),
        ("genre == year", "a text and a number"),
        ("'x' in year", "year holds numbers"),
        ("3 in genre", "a text in quotes"),
        ("jazz == 'genre'", "no column jazz"),
        ("'genre' == 'jazz'", "must be a column"),
        ("year == None", "holds numbers|is None"),
        ("year is 3", "`is` only tests"),
        ("year + 1 > 2000", "only numbers, texts"),
        ("year > 1e999", "only numbers, texts"),
        ("__import__('os').system('true')", "compares columns with values"),
        ("genre.upper() == 'X'", "only numbers, texts"),
        ("(" * 300 + "year" + ")" * 300, "can't be read"),
        ("not " * 20_000 + "live", "too deeply nested|can't be read"),
        ("year > 1\0", "can't be read"),
    ],
)
def test_what_can_t_be_understood_is_one_line(where: str, message: str) -> None:
    with pytest.raises(QueryError, match=message) as caught:
        found(where)
    assert "\n" not in str(caught.value)


def test_a_name_in_decomposed_letters_is_found_by_what_is_typed() -> None:
    columns = {"title": pd.Series(["Bjo\u0308rk", "Other"])}
    assert matches("title == 'Bj\u00f6rk'", columns).tolist() == [True, False]


def test_backquotes_are_named_where_they_are_needed() -> None:
    columns = {"my col": pd.Series([1.0, 3.0]), "class": pd.Series(["a", "b"])}
    with pytest.raises(QueryError, match="backquotes: `my col`"):
        matches("my col > 1", columns)
    with pytest.raises(QueryError, match="backquotes: `class`"):
        matches("class == 'a'", columns)
    assert matches("`my col` > 1", columns).tolist() == [False, True]
