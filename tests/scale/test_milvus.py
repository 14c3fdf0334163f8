"""A library in Milvus answers as one on disk does."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from sklearn.metrics.pairwise import cosine_similarity

from specrec.errors import LibraryError, QueryError
from specrec.recommend.library import Library
from specrec.scale.milvus.push import Pushed
from tests.libraries import TRACKS
from tests.recommend.test_filters import conditions
from tests.scale.milvus import HOSTILE, close, ids, push

pytest.importorskip("pymilvus", reason="pymilvus is not installed")
pytest.importorskip("milvus_lite", reason="milvus-lite is not installed")

QUESTIONS: dict[str, dict[str, Any]] = {
    "one": {"queries": "Piece 3", "k": 5},
    "a list": {"queries": ["Piece 3", "Piece 9", "t20"], "k": 7},
    "negatives": {"queries": ["Piece 3"], "against": ["Piece 50", "Piece 51"]},
    "words": {"like": "calm piano, no drums"},
    "words beside a track": {"queries": "Piece 30", "like": "singing"},
    "more and less": {"queries": "Piece 7", "steer": {"singing": 2.0, "drums": -1.0}},
    "a filter": {"queries": "Piece 3", "where": "genre == 'jazz' and not year > 1995"},
    "a concept": {"queries": "Piece 3", "where": "0.2 < singing <= 0.7 and piano > 0.5"},
    "a measured feature": {"queries": "Piece 4", "where": "centroid_hz > 1500"},
    "nothing left": {"queries": "Piece 3", "where": "year == 1 or year is None and year == 2"},
    "other artists": {"queries": "Piece 8", "other_artists": True, "other_albums": True},
    "no artist": {"queries": "Piece 9", "other_artists": True},
    "any of several artists": {"queries": "Piece 10", "other_artists": True, "k": 200},
    "few by each": {"queries": "Piece 8", "per_artist": 1, "k": 20},
    "diverse": {"queries": "Piece 8", "diversity": 0.4, "fewer_hubs": True},
    "duplicates": {"queries": ["Piece 30"], "duplicates": True},
    "many": {"queries": "Piece 1", "k": 40},
    "without reasons": {"queries": "Piece 1", "explain": False},
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, local: Library) -> str:
    place = f"milvus-lite:{tmp_path_factory.mktemp('lite')}/music.db/songs"
    assert push(local, place) == Pushed(place, TRACKS, TRACKS, 0, True)
    return place


@pytest.fixture(scope="module", params=["on disk", "in Milvus"])
def library(request: pytest.FixtureRequest, local: Library, address: str) -> Library:
    return local if request.param == "on disk" else Library.open(address)


@pytest.fixture(scope="module")
def pushed(address: str) -> Library:
    return Library.open(address)


def test_the_nearest_are_those_of_brute_force(library: Library, local: Library) -> None:
    cosines = cosine_similarity(np.asarray(local.collection.embeddings))
    genres = local.tracks["genre"].str.casefold().fillna("")
    groups = local.collection.generation.duplicate_groups
    for row in range(0, TRACKS, 17):
        found = library.neighbors(f"t{row}", 6, where="genre == 'jazz'", explain=False)
        expected: list[int] = []
        for other in np.argsort(-cosines[row]).tolist():
            mine = groups[[row, *expected]]
            if genres[other] == "jazz" and groups[other] not in mine and len(expected) < 6:
                expected.append(other)
        assert ids(found) == [f"t{other}" for other in expected]
        scores = [neighbor.similarity for neighbor in found]
        np.testing.assert_allclose(scores, cosines[row, expected], atol=1e-5)


@pytest.mark.parametrize("question", QUESTIONS)
def test_it_answers_as_on_disk(pushed: Library, local: Library, question: str) -> None:
    found, expected = (
        one.neighbors(**QUESTIONS[question], in_full=False) for one in (pushed, local)
    )
    assert ids(found) == ids(expected)
    assert close(found.to_dict(), expected.to_dict())  # tracks, scores, reasons, passages, notes


def test_a_pair_is_explained_as_on_disk(pushed: Library, local: Library) -> None:
    found, expected = (one.explain("Piece 5", "Piece 77") for one in (pushed, local))
    assert found.windows is not None
    assert expected.windows is not None
    np.testing.assert_allclose(found.windows.values, expected.windows.values, atol=1e-5)
    assert close(found.explanation.to_dict()["reasons"], expected.explanation.to_dict()["reasons"])
    assert found.explanation.sentence == expected.explanation.sentence
    assert close(vars(found.windows.passage), vars(expected.windows.passage))
    parts = [
        [(item.feature, item.value, item.drop, item.control) for item in one.contributions]
        for one in (found.explanation, expected.explanation)
    ]
    assert close(*parts)


def test_a_track_over_time_and_a_path_are_as_on_disk(pushed: Library, local: Library) -> None:
    found, expected = (one.timeline("Piece 5").to_dict() for one in (pushed, local))
    assert close(found, expected)
    paths = [one.interpolate("Piece 5", "Piece 80", 4, explain=False) for one in (pushed, local)]
    assert close(*(path.to_dict() for path in paths))


def matching(library: Library, where: str) -> set[str]:
    return set(ids(library.neighbors("t0", TRACKS, where=where, duplicates=True, explain=False)))


WHERES = [
    *(f"note == {text!r}" for text in HOSTILE),
    *(f"{text[2:7]!r} in note" for text in HOSTILE),
    "'%' in note or '_' in note",
    "note != 'ÄÖ ß'",
    "note < 'c'",
    "not ('a' in note)",
    "both == 'soul'",
    "both == 'Soul;Funk'",
    "both in ['jazz', 'x']",
    "both not in ['jazz', 'x']",
    "styles == 'cool' or 'bop' in styles",
    "nothing > 1 or nothing is None",
    "nothing == 'x' or not nothing == 'x'",
    "'x' in nothing",
    "`beats per bar` == 4 and live",
    "not live",
    "year > `beats per bar`",
    "genre != both",
    "title < artist",
    "path == 'track 7.wav' or track_id == 't8'",
    "year > 1e299 or energy > -1e-7",
    "singing > 0.5",
    "not singing <= 0.5 or drums == 0.4",
    "calm is None or calm >= 0.99",
    "centroid_hz is None",
    "tempo_bpm is None and not tempo_bpm > 3",
]


@pytest.mark.parametrize("where", WHERES)
def test_conditions_mean_the_same(pushed: Library, local: Library, where: str) -> None:
    assert matching(pushed, where) == matching(local, where)


@settings(max_examples=25)
@given(condition=conditions)
def test_any_condition_means_the_same(
    local: Library, pushed: Library, condition: tuple[str, str]
) -> None:
    where, _ = condition
    found = pushed.collection.matching(where)
    assert found.sum() == local.collection.matching(where).sum()
    assert (~found).sum() <= TRACKS - found.sum()


def test_values_are_bound_and_stand_in_no_text(pushed: Library) -> None:
    written = set()
    for text in HOSTILE:
        found = pushed.collection.matching(f"note == {text!r} or {text!r} in note")
        expression, values = found.true.bound()
        written.add(expression)
        assert values["v0"] == text.casefold()
    assert len(written) == 1


@pytest.mark.parametrize("name", ["Piece 7", "t7", "track 7.wav", "artist 7 piece 7", "PIECE  7"])
def test_names_are_resolved_as_on_disk(pushed: Library, local: Library, name: str) -> None:
    assert pushed.resolve(name).track == local.resolve(name).track


REFUSED: list[Callable[[Library], Any]] = [
    lambda library: library.neighbors("no such thing at all"),
    lambda library: library.neighbors(""),
    lambda library: library.neighbors("Piece 3", where="mood > 3"),
    lambda library: library.neighbors("Piece 3", where="note > 3"),
    lambda library: library.neighbors("Piece 3", where="year > 'x'"),
    lambda library: library.neighbors("Piece 3", where="genre"),
    lambda library: library.neighbors("Piece 3", where="year > genre"),
    lambda library: library.neighbors("Piece 3", k=0),
    lambda library: library.neighbors(like="xyzzy"),
    lambda library: library.explain("Piece 3", "t3"),
]


@pytest.mark.parametrize("ask", REFUSED)
def test_what_is_no_question_is_refused_alike(
    pushed: Library, local: Library, ask: Callable[[Library], Any]
) -> None:
    with pytest.raises(QueryError) as expected:
        ask(local)
    with pytest.raises(QueryError) as caught:
        ask(pushed)
    assert (
        str(caught.value).partition("; did you mean")[0]
        == (str(expected.value).partition("; did you mean")[0])
    )


def test_several_that_fit_are_listed(library: Library) -> None:
    with pytest.raises(QueryError, match="fits 240 tracks"):
        library.resolve("piece")


@pytest.mark.parametrize(
    "ask",
    [
        lambda library: library.tracks,
        lambda library: library.collection.embeddings,
        lambda library: library.remove("t3"),
        lambda library: library.status(),
        lambda library: library.verify(),
        lambda library: library.update(),
    ],
)
def test_what_needs_the_folder_says_so(
    address: str, folder: Path, ask: Callable[[Library], Any]
) -> None:
    with pytest.raises(LibraryError, match=r"in Milvus .* give the library's folder, .*"):
        ask(Library.open(address))


def test_by_features_needs_the_folder(address: str) -> None:
    with pytest.raises(QueryError, match="by sound alone, not by both"):
        Library.open(address).neighbors("t3", by="both")
