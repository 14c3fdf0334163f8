"""What a library answers with: plain values, which pickle, frames and JSON carry."""

import json
import pickle
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from specrec.cli import app
from specrec.recommend.library import By, Library
from specrec.recommend.match import compare_neighbors
from tests.libraries import write_planted


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return Library.open(write_planted(tmp_path_factory.mktemp("planted")))


def copied(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


def assert_same(one: Any, other: Any) -> None:
    """Equal in all fields, arrays among them, which `==` does not compare as wholes."""
    assert type(one) is type(other)
    if is_dataclass(one):
        for field in fields(one):
            assert_same(getattr(one, field.name), getattr(other, field.name))
    elif isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other)
    else:
        assert one == other


def printed(*arguments: object) -> Any:
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def plain(value: Any) -> Any:
    """As JSON, with which nothing but plain values can be written, gives it back."""
    return json.loads(json.dumps(value, allow_nan=False))


def test_results_can_be_pickled(library: Library) -> None:
    found = library.neighbors(["t0", "t9"], 5, against="t3", where="split == 'test'")
    assert found.notes
    assert copied(found) == found
    assert copied(found[0]) == found[0]
    for by in ("sound", "features", "both"):
        match = library.explain("t0", "t1", by=by)
        assert_same(copied(match), match)
    query = library.resolve("t0")
    assert query.windows is not None
    assert_same(copied(query), query)
    assert library.neighbors(copied(query), 5) == library.neighbors("t0", 5)


def test_neighbors_are_a_sequence_and_a_frame(library: Library) -> None:
    found = library.neighbors(["t0", "t9"], 5)
    assert [item.rank for item in found] == [1, 2, 3, 4, 5]
    assert found[1:3] == tuple(found)[1:3] == found.neighbors[1:3]
    assert found[-1] in found
    frame = found.to_frame()
    assert len(frame) == 5
    for row, item in zip(frame.to_dict("records"), found, strict=True):
        assert item.explanation is not None
        assert row["sentence"] == item.explanation.sentence
        for name in ("rank", "similarity", "score", "seed"):
            assert row[name] == getattr(item, name)
        for name in ("track_id", "path", "title", "artist", "duration_seconds"):
            assert row[name] == getattr(item.track, name)
    alone = library.neighbors("t0", 5, explain=False).to_frame()
    assert (alone["score"] == alone["similarity"]).all()
    assert alone["sentence"].isna().all()
    nothing = library.neighbors("t0", 5, where="title == 'no such'").to_frame()
    assert (len(nothing), list(nothing)) == (0, list(frame))


@pytest.mark.parametrize("by", ["sound", "features", "both"])
def test_neighbors_are_what_json_prints(library: Library, by: By) -> None:
    folder = library.collection.folder
    asked = ("query", folder, "t0", "Piece 9", "--not", "t3", "-k", 4, "--by", by)
    for in_full, option in ((False, []), (True, ["--in-full"])):
        found = library.neighbors(["t0", "Piece 9"], 4, against=["t3"], by=by, in_full=in_full)
        assert printed(*asked, *option) == {"format_version": 1, **plain(found.to_dict())}
    assert found.to_dict()["query"] == found.queries[0].to_dict()


def test_a_path_and_a_match_are_what_json_prints(library: Library) -> None:
    path = library.interpolate("t0", "t9", 3).to_dict()
    expected = {"start": path["query"], "steps": path["neighbors"], "notes": path["notes"]}
    given = printed("path", library.collection.folder, "t0", "t9", "-n", 3)
    assert given == {"format_version": 1, **plain(expected)}
    match = library.explain("t0", "t1", 7)
    versus = compare_neighbors(
        *(library.resolve(name) for name in ("t0", "t1", "t2")),
        library.collection.explainer.directions,
    )
    given = printed("explain", library.collection.folder, "t0", "t1", "--versus", "t2", "-k", 7)
    expected = {**match.to_dict(), "versus": versus.to_dict()}
    assert {name: given[name] for name in expected} == plain(expected)
