"""The neighbors found, against loops over the whole library."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics.pairwise import cosine_similarity

from specrec.errors import QueryError
from specrec.recommend.library import By, Library
from specrec.recommend.ranking import AGAINST_WEIGHT, agreement
from specrec.recommend.results import Neighbors
from tests.libraries import TRACKS, write_named, write_planted


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 artists with 4 tracks each; 80 tracks of the test split."""
    return write_planted(tmp_path_factory.mktemp("planted"))


@pytest.fixture
def library(folder: Path) -> Library:
    return Library.open(folder)


@pytest.fixture
def cosines(library: Library) -> np.ndarray:
    return cosine_similarity(np.asarray(library.collection.embeddings, dtype=np.float64))


def rows(answer: Neighbors) -> list[int]:
    return [int(str(neighbor.track.track_id)[1:]) for neighbor in answer]


def best(scores: np.ndarray, allowed: np.ndarray, k: int) -> list[int]:
    return [int(row) for row in np.argsort(-scores, kind="stable") if allowed[row]][:k]


def test_a_filter_leaves_the_nearest_for_which_it_holds(
    library: Library, cosines: np.ndarray
) -> None:
    loud = library.collection.generation.descriptors["loudness_lufs"].to_numpy()
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


def test_each_of_several_artists_stays_away(tmp_path: Path) -> None:
    names = ["Ana; Eva", "eva", "Bo;ANA", "Anabel", "Bo; Eve", None]
    artists: list[object] = [names[row % 6] for row in range(TRACKS)]
    library = Library.open(write_named(tmp_path, artist=artists, album=["A; B", "B"] * 120))
    left = {row % 6 for row in rows(library.neighbors("t0", TRACKS, other_artists=True))}
    assert left == {3, 4, 5}
    left = {row % 2 for row in rows(library.neighbors("t0", TRACKS, other_albums=True))}
    assert left == {1}
    found = rows(library.neighbors("t0", TRACKS, per_artist=1))
    listed = [name for row in found for name in _names(names[row % 6])]
    assert len(listed) == len(set(listed)) >= 3
    assert all(not names[row] or set(listed) & set(_names(names[row])) for row in range(6))


def _names(artist: str | None) -> list[str]:
    return [] if artist is None else [name.strip().casefold() for name in artist.split(";")]


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
    library.collection.generation.duplicate_groups = groups
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
        alone = library.explain(f"t{nearest}", f"t{row}", 15).explanation
        assert neighbor.explanation.sentence == alone.sentence
        parts = zip(neighbor.explanation.contributions, alone.contributions, strict=True)
        assert all(one.value == pytest.approx(other.value, abs=1e-9) for one, other in parts)
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
    similarities, found = library.collection.generation.index.search(
        library.collection.embeddings[:7], 4
    )
    for row in range(7):
        np.testing.assert_array_equal(found[row], best(cosines[row], np.ones(TRACKS, bool), 4))
        np.testing.assert_allclose(similarities[row], cosines[row, found[row]], atol=1e-5)


def test_nothing_asked_for_is_refused(library: Library) -> None:
    with pytest.raises(QueryError, match="no query was given"):
        library.neighbors([])


K = 25
FILTERS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "where": {"where": "split == 'test' and loudness_lufs > -16"},
    "other artists": {"other_artists": True},
    "per artist": {"per_artist": 1},
    "duplicates": {"duplicates": True},
    "diversity": {"diversity": 0.4},
    "fewer hubs": {"fewer_hubs": True},
    "all": {
        "where": "loudness_lufs > -16",
        "other_artists": True,
        "per_artist": 2,
        "diversity": 0.2,
        "fewer_hubs": True,
    },
}


@pytest.fixture(scope="module")
def mixed(folder: Path) -> Library:
    """Some recordings have three files, and of some tracks no feature is known."""
    library = Library.open(folder)
    generation = library.collection.generation
    place = np.arange(TRACKS)
    generation.duplicate_groups = np.where(place < 60, place - place % 3, place)
    generation.descriptors = generation.descriptors.copy()  # those on disk can't be changed
    generation.descriptors.loc[place % 12 == 5] = np.nan
    generation.measured = {
        name: column.to_numpy() for name, column in generation.descriptors.items()
    }
    return library


def similarities_by(library: Library, by: By) -> tuple[np.ndarray, np.ndarray]:
    """Those of all tracks that can be compared, and their rows."""
    heard = cosine_similarity(np.asarray(library.collection.embeddings, dtype=np.float64))
    if by == "sound":
        return heard, np.arange(TRACKS)
    features = library.collection.by_features()
    named, heard = cosine_similarity(features.vectors), heard[np.ix_(*2 * [features.rows])]
    if by == "features":
        return named, features.rows
    others = ~np.eye(len(named), dtype=bool)
    sound, known = 1 / heard[others].std(), 1 / named[others].std()
    return (sound * heard + known * named) / (sound + known), features.rows


def without_hubs(similarities: np.ndarray, one: int) -> np.ndarray:
    """The mutual proximity of one track with all, as a cosine."""
    others = [np.delete(line, place) for place, line in enumerate(similarities)]
    usual = [(line.mean(), line.std()) for line in others]
    center, scale = np.mean(usual, axis=0)
    chances = [
        norm.cdf((similarity - usual[one][0]) / usual[one][1])
        * norm.cdf((similarity - usual[other][0]) / usual[other][1])
        for other, similarity in enumerate(similarities[one])
    ]
    return center + scale * norm.ppf(np.sqrt(chances))


def found_by_a_loop(
    library: Library,
    by: By,
    seeds: list[int],
    against: list[int],
    where: str | None = None,
    other_artists: bool = False,
    per_artist: int = TRACKS,
    diversity: float = 0.0,
    fewer_hubs: bool = False,
    duplicates: bool = False,
) -> list[int]:
    similarities, here = similarities_by(library, by)
    place_of = {int(row): place for place, row in enumerate(here)}
    corrected = [
        without_hubs(similarities, place_of[seed]) if fewer_hubs else similarities[place_of[seed]]
        for seed in seeds
    ]
    scores = np.log(np.mean(np.exp(2 * np.stack(corrected)), axis=0)) / 2
    if against:
        unlike = similarities[[place_of[row] for row in against]]
        scores = scores - AGAINST_WEIGHT * np.log(np.mean(np.exp(2 * unlike), axis=0)) / 2
    groups = library.collection.generation.duplicate_groups
    if duplicates:
        groups = np.arange(TRACKS)
    loud = library.collection.generation.descriptors["loudness_lufs"].to_numpy() > -16
    chosen: list[int] = []
    for _ in range(K):
        best, best_value = None, -np.inf
        for place, row in enumerate(here.tolist()):
            artists = [other // 4 for other in chosen]
            if (
                groups[row] in groups[[*seeds, *against, *chosen]]
                or (where is not None and not loud[row])
                or (where is not None and "split" in where and row >= 80)
                or (other_artists and row // 4 in [seed // 4 for seed in seeds])
                or artists.count(row // 4) >= per_artist
            ):
                continue
            value = scores[place]
            if chosen and diversity:
                alike = max(similarities[place, place_of[other]] for other in chosen)
                value = (1 - diversity) * value - diversity * alike
            if value > best_value:
                best, best_value = row, value
        if best is None:
            break
        chosen.append(best)
    return chosen


@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("by", ["sound", "features", "both"])
def test_filters_and_order_are_those_of_a_loop_whatever_is_compared(
    mixed: Library, by: By, filters: str
) -> None:
    options = FILTERS[filters]
    for seeds, against in (([13], []), ([6, 50, 200], [7])):
        asked, unlike = ([f"t{row}" for row in group] for group in (seeds, against))
        answer = mixed.neighbors(asked, K, by=by, against=unlike, explain=False, **options)
        assert rows(answer) == found_by_a_loop(mixed, by, seeds, against, **options)
        if "where" in options:
            allowed = mixed.collection.generation.descriptors["loudness_lufs"] > -16
            if "split" in options["where"]:
                allowed &= mixed.tracks["split"] == "test"
            assert answer.notes[0] == f"the filter left {allowed.sum()} of 240 tracks"


def test_a_track_of_which_too_little_is_known_is_compared_by_sound_alone(mixed: Library) -> None:
    unknown = {f"t{row}" for row in range(5, TRACKS, 12)}
    assert mixed.resolve("t17").features == {}
    assert len(mixed.neighbors("t17", 5)) == 5
    for by in ("features", "both"):
        with pytest.raises(QueryError, match="Piece 17: too few of its features are known"):
            mixed.neighbors("t17", by=by)
        for pair in (("t17", "t13"), ("t13", "t17")):
            with pytest.raises(QueryError, match="Piece 17: too few of its features are known"):
                mixed.explain(*pair, by=by)
        found = mixed.neighbors("t13", TRACKS, by=by, duplicates=True, explain=False)
        assert len(found) == TRACKS - len(unknown) - 1
        assert not unknown & {item.track.track_id for item in found}
