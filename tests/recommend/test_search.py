"""The neighbors found, against loops over the whole library."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from specrec.errors import QueryError
from specrec.recommend.library import Library
from specrec.recommend.ranking import AGAINST_WEIGHT, agreement
from specrec.recommend.results import Neighbors
from tests.libraries import TRACKS, write_planted


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 artists with 4 tracks each; 80 tracks of the test split."""
    return write_planted(tmp_path_factory.mktemp("planted"))


@pytest.fixture
def library(folder: Path) -> Library:
    return Library.open(folder)


@pytest.fixture
def cosines(library: Library) -> np.ndarray:
    return cosine_similarity(np.asarray(library.embeddings, dtype=np.float64))


def rows(answer: Neighbors) -> list[int]:
    return [int(str(neighbor.track.track_id)[1:]) for neighbor in answer]


def best(scores: np.ndarray, allowed: np.ndarray, k: int) -> list[int]:
    return [int(row) for row in np.argsort(-scores, kind="stable") if allowed[row]][:k]


def test_a_filter_leaves_the_nearest_for_which_it_holds(
    library: Library, cosines: np.ndarray
) -> None:
    loud = library.generation.descriptors["loudness_lufs"].to_numpy()
    for query in (3, 100):
        answer = library.neighbors(f"t{query}", 12, where="split == 'test' and loudness_lufs > -13")
        allowed = (np.arange(TRACKS) < 80) & (loud > -13)
        assert answer.notes == (f"the filter left {allowed.sum()} of 240 tracks",)
        allowed[query] = False
        assert rows(answer) == best(cosines[query], allowed, 12)


def test_an_empty_and_a_short_answer_say_why(library: Library) -> None:
    answer = library.neighbors("t0", 5, where="artist == 'artist 7'", per_artist=3)
    assert len(rows(answer)) == 3
    assert set(rows(answer)) < {28, 29, 30, 31}
    assert answer.notes == (
        "the filter left 4 of 240 tracks",
        "1 track left out: at most 3 by one artist",
        "3 of 5 neighbors: no other track is left",
    )
    answer = library.neighbors("t0", 5, where="'piece 1' in title")  # of a column without gaps
    assert len(answer) == 5
    answer = library.neighbors("t0", 5, where="title == 'Piece 0'")
    assert not answer
    assert answer.notes[-1] == "0 of 5 neighbors: no other track is left"
    assert library.neighbors("t0", 239).notes == ()
    assert library.neighbors("t0", 240).notes == ("239 of 240 neighbors: no other track is left",)


def test_the_querys_artist_and_album_stay_away(library: Library, cosines: np.ndarray) -> None:
    answer = library.neighbors("t9", 20, other_artists=True, other_albums=True)
    allowed = np.arange(TRACKS) // 4 != 2
    assert rows(answer) == best(cosines[9], allowed, 20)
    assert answer.notes == (
        "3 tracks of the same artist left out",
        "the album of the query is unknown, so none was left out",
    )


def test_the_artist_cap_still_gives_as_many_as_there_are(
    library: Library, cosines: np.ndarray
) -> None:
    answer = library.neighbors("t0", 55, per_artist=1)
    expected: list[int] = []
    passed = 0
    for row in best(cosines[0], np.arange(TRACKS) > 0, TRACKS):
        if len(expected) < 55 and row // 4 in {other // 4 for other in expected}:
            passed += 1
        elif len(expected) < 55:
            expected.append(row)
    assert rows(answer) == expected
    assert answer.notes == (f"{passed} tracks left out: at most 1 by one artist",)


def test_of_a_recording_the_best_file_is_shown(library: Library, cosines: np.ndarray) -> None:
    first, second, *others = best(cosines[0], np.arange(TRACKS) > 0, 12)
    groups = np.arange(TRACKS)
    groups[second] = groups[first] = min(first, second)
    groups[others[0]] = 0  # another file of the query
    library.generation.duplicate_groups = groups
    answer = library.neighbors("t0", 10)
    assert rows(answer) == [first, *others[1:]]
    assert answer.notes == ("1 track left out: the same recording as one in the list",)
    everything = library.neighbors("t0", 10, duplicates=True)
    assert rows(everything) == [first, second, *others[:8]]
    assert everything.notes == ()


def test_several_queries_are_one(library: Library, cosines: np.ndarray) -> None:
    answer = library.neighbors(["t5", "Piece 50", "t200"], 15, against="t7")
    scores = agreement(cosines[[5, 50, 200]]) - AGAINST_WEIGHT * cosines[7]
    allowed = ~np.isin(np.arange(TRACKS), [5, 50, 200, 7])
    assert rows(answer) == best(scores, allowed, 15)
    assert [query.title for query in answer.queries] == ["Piece 5", "Piece 50", "Piece 200"]
    assert [track.title for track in answer.against] == ["Piece 7"]
    for row, neighbor in zip(rows(answer), answer, strict=True):
        nearest = (5, 50, 200)[neighbor.seed]
        assert neighbor.similarity == pytest.approx(cosines[nearest, row], abs=1e-6)
        assert neighbor.similarity == pytest.approx(cosines[[5, 50, 200], row].max(), abs=1e-6)
        assert neighbor.score == pytest.approx(scores[row], abs=1e-6)
        assert neighbor.explanation is not None
        assert neighbor.explanation.similarity == pytest.approx(neighbor.similarity, abs=1e-5)
        alone = library.explain(f"t{nearest}", f"t{row}", 15)
        assert neighbor.explanation == alone.explanation
    assert {neighbor.seed for neighbor in answer} == {0, 1, 2}


def test_a_query_given_twice_counts_once(library: Library) -> None:
    twice = library.neighbors(["t5", "Piece 5", "t9"], 15)
    assert twice == library.neighbors(["t5", "t9"], 15)
    assert library.neighbors(["t5", "t5"], 15) == library.neighbors("t5", 15)


def test_diversity_and_fewer_hubs_change_the_order_not_the_similarity(
    library: Library, cosines: np.ndarray
) -> None:
    plain = library.neighbors("t0", 10)
    hubs = library.neighbors("t0", 10, fewer_hubs=True)
    for answer in (library.neighbors("t0", 10, diversity=0.6), hubs):
        assert rows(answer) != rows(plain)
        for row, neighbor in zip(rows(answer), answer, strict=True):
            assert neighbor.similarity == pytest.approx(cosines[0, row], abs=1e-6)
    scores = [neighbor.score for neighbor in hubs]
    assert scores == sorted(scores, reverse=True)


def test_many_embeddings_are_searched_at_once(library: Library, cosines: np.ndarray) -> None:
    similarities, found = library.generation.index.search(library.embeddings[:7], 4)
    for row in range(7):
        np.testing.assert_array_equal(found[row], best(cosines[row], np.ones(TRACKS, bool), 4))
        np.testing.assert_allclose(similarities[row], cosines[row, found[row]], atol=1e-5)


def test_nothing_asked_for_is_refused(library: Library) -> None:
    with pytest.raises(QueryError, match="no query was given"):
        library.neighbors([])
