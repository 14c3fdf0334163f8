"""Queries in words, on a library each of whose coordinates is what its name says."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from specrec.concepts.words import parse
from specrec.errors import QueryError
from specrec.recommend.library import Library
from specrec.recommend.match import map_spectrograms
from tests.libraries import NAMED, TRACKS, write_named


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return Library.open(write_named(tmp_path_factory.mktemp("named") / "library"))


def column(library: Library, name: str) -> np.ndarray:
    return np.asarray(library.collection.embeddings)[:, NAMED.index(name)]


def test_words_find_what_brute_force_finds(named: Library) -> None:
    asked = np.zeros((1, len(NAMED)))
    for name, weight in {"calm": 1.0, "piano": 1.0, "singing": -1.0}.items():
        asked[0, NAMED.index(name)] = weight
    expected = cosine_similarity(asked, np.asarray(named.collection.embeddings))[0]
    found = named.neighbors(like="calm piano, no vocals", k=10)
    best = np.argsort(-expected)[:10]
    assert [item.track.track_id for item in found] == [f"t{row}" for row in best]
    np.testing.assert_allclose([item.similarity for item in found], expected[best], atol=1e-6)
    assert found.queries[0].title == "calm piano, no vocals"
    assert found.queries[0].track_id is None


def test_a_measured_feature_is_asked_for_by_its_word(named: Library) -> None:
    found = named.neighbors(like="very bright, drums", k=5)
    asked = 1.5 * column(named, "centroid_hz") + column(named, "drums")
    cosines = asked / np.linalg.norm(named.collection.embeddings, axis=1)
    assert [item.track.track_id for item in found] == [
        f"t{row}" for row in np.argsort(-cosines)[:5]
    ]


def test_the_same_sum_explains_words(named: Library) -> None:
    for item in named.neighbors(like="calm piano, no vocals", k=20):
        why = item.explanation
        assert why is not None
        values = {part.feature: part.value for part in why.contributions}
        assert sum(values.values()) + why.residual == pytest.approx(item.similarity, abs=1e-9)
        assert {name for name, value in values.items() if value} == {"calm", "piano", "singing"}
        row = int(item.track.track_id[1:])  # type: ignore[index]
        assert ("has a piano" in why.sentence.lower()) == (column(named, "piano")[row] >= 1)
        assert ("no vocals" in why.sentence) == (column(named, "singing")[row] <= -0.5)


def test_words_are_one_more_query_and_heed_every_option(named: Library) -> None:
    found = named.neighbors("t5", like="piano", k=8, per_artist=1, diversity=0.2, fewer_hubs=True)
    assert [track.title for track in found.queries] == ["Piece 5", "piano"]
    assert {item.seed for item in found} == {0, 1}
    artists = [item.track.artist for item in found]
    assert len(set(artists)) == len(artists) == 8


@pytest.mark.parametrize(("word", "name"), [("singing", "singing"), ("bright", "centroid_hz")])
def test_more_of_something_raises_it_in_the_answers(named: Library, word: str, name: str) -> None:
    values, gains = column(named, name), []
    for row in range(0, TRACKS, 12):
        means = []
        for amount in (-1.0, 0.0, 1.0):
            found = named.neighbors(row, k=10, steer={word: amount}, explain=False)
            assert f"t{row}" not in [item.track.track_id for item in found]
            means.append(values[[int(item.track.track_id[1:]) for item in found]].mean())  # type: ignore[index]
        gains.append(np.diff(means))
    assert np.min(np.mean(gains, axis=0)) > 0.3 * values.std()


def test_less_of_much_is_still_much_and_nobody_asked_for_it(named: Library) -> None:
    most = int(np.argmax(column_of(named.collection.embeddings, "piano")))
    turned = [
        named.collection.words.turn(named.resolve(most), {"piano": steps}) for steps in (-0.2, -8.0)
    ]
    aims = [query.sound[NAMED.index("piano")] for query in turned]
    assert aims[0] > 0 > aims[1]
    assert ["piano" in query.asked for query in turned] == [False, True]


def test_a_turned_query_is_explained_as_it_was_searched(named: Library) -> None:
    units = named.collection.embeddings / np.linalg.norm(
        named.collection.embeddings, axis=1, keepdims=True
    )
    turned = units[5].astype(np.float64)
    for name, sign in (("singing", 2), ("distorted_guitar", -1)):
        turned[NAMED.index(name)] += sign * 3 * column_of(units, name).std()
    expected = units @ (turned / np.linalg.norm(turned))
    expected[5] = -np.inf
    found = named.neighbors("t5", steer={"singing": 2.0, "distortion": -1.0}, k=5)
    assert [item.track.track_id for item in found] == [
        f"t{row}" for row in np.argsort(-expected)[:5]
    ]
    for item in found:
        why = item.explanation
        assert why is not None
        total = sum(part.value for part in why.contributions) + why.residual
        assert total == pytest.approx(item.similarity, abs=1e-9)
    assert found.to_dict()["steer"] == {"singing": 2.0, "distortion": -1.0}


def column_of(units: np.ndarray, name: str) -> np.ndarray:
    values: np.ndarray = units[:, NAMED.index(name)]
    return values


def test_it_is_not_said_that_both_have_what_only_was_asked_for(named: Library) -> None:
    silent = int(np.argmin(column(named, "singing")))
    found = named.neighbors(silent, steer={"singing": 4.0}, k=10)
    sentences = [item.explanation.sentence for item in found if item.explanation]
    assert any("has vocals, as asked" in sentence.lower() for sentence in sentences)
    assert not any("both have vocals" in sentence.lower() for sentence in sentences)


def test_what_the_model_does_not_hear_is_said(named: Library) -> None:
    found = named.neighbors(like="jazz with piano and bells")
    assert found.notes == (
        "bells: left out, since the model does not hear it",
        "jazz: heard by the model with little certainty",
    )
    with pytest.raises(QueryError, match="does not hear bells"):
        named.neighbors(like="bells")


def test_words_have_no_file(named: Library) -> None:
    words, track = named.collection.words.query("calm piano"), named.resolve("t7")
    match = named.explain(words, track)
    assert match.windows is None
    assert match.similarity == pytest.approx(
        named.neighbors(like="calm piano", k=TRACKS, duplicates=True)
        .to_frame()
        .set_index("track_id")
        .loc["t7", "similarity"]
    )
    with pytest.raises(QueryError, match="words have no spectrogram"):
        map_spectrograms(None, words, track)  # type: ignore[arg-type]
    path = named.interpolate(words, track, steps=3)
    assert path[-1].track.title == "Piece 7"


def test_a_concept_in_a_condition_is_a_share_of_the_library(named: Library) -> None:
    values = column(named, "singing")
    shares = np.array([(values < value).mean() + (values == value).mean() / 2 for value in values])
    found = named.neighbors("t1", k=TRACKS, where="singing > 0.8 and not piano > 0.5")
    piano = column(named, "piano")
    wanted = (shares > 0.8) & (piano < np.median(piano))
    assert wanted.sum() > 10
    assert {item.track.track_id for item in found} == {
        f"t{row}" for row in np.flatnonzero(wanted) if row != 1
    }


def test_brightness_counts_as_measured_where_it_is(named: Library) -> None:
    values = named.collection.features["centroid_hz"].to_numpy().copy()
    values[1::2] = 1500 * 2.0 ** column(named, "centroid_hz")[1::2]
    shares = (np.argsort(np.argsort(values)) + 0.5) / TRACKS
    np.testing.assert_allclose(named.collection.columns["bright"], shares)


def test_a_column_of_the_table_is_meant_before_a_concept(tmp_path: Path) -> None:
    piano = ["yes", "no"] * (TRACKS // 2)
    library = Library.open(write_named(tmp_path / "library", piano=piano))
    found = library.neighbors("t1", k=TRACKS, where="piano == 'yes' and calm >= 0")
    assert {int(item.track.track_id[1:]) % 2 for item in found} == {0}  # type: ignore[index]
    assert list(library.collection.columns).count("piano") == 1


def test_what_the_model_does_not_hear_well_is_no_column(named: Library) -> None:
    with pytest.raises(QueryError, match="no column jazz"):
        named.neighbors("t1", where="jazz > 0.5")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"like": "xylofone tango"}, "that specrec knows"),
        ({"like": ""}, "no concept is named"),
        ({}, "no query was given"),
        ({"queries": "t1", "steer": {"sining": 1.0}}, "singing"),
        ({"queries": "t1", "steer": {"singing": float("nan")}}, "finite number"),
        ({"like": "piano", "by": "features"}, "compared by sound"),
        ({"queries": "t1", "steer": {"piano": 1.0}, "by": "both"}, "compared by sound"),
        ({"queries": "t2", "steer": {"piano": -1e-9}, "by": "features"}, "compared by sound"),
    ],
)
def test_what_is_no_request_is_refused(named: Library, options: dict, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        named.neighbors(**options)


def test_who_asks_for_a_woman_asks_for_a_voice(named: Library) -> None:
    assert parse("female vocals") == {"singing": 1.0, "female voice": 1.0}
    found = named.neighbors(like="female vocals", k=3)
    asked = column(named, "singing") + column(named, "female_voice")
    cosines = asked / np.linalg.norm(named.collection.embeddings, axis=1)
    assert [item.track.track_id for item in found] == [
        f"t{row}" for row in np.argsort(-cosines)[:3]
    ]


def test_a_womans_voice_is_counted_where_there_is_singing(named: Library) -> None:
    sung, woman = (
        column_of(named.collection.embeddings, name) >= 1 for name in ("singing", "female_voice")
    )
    counts = named.collection.concepts.counts
    assert (counts["singing"], counts["female voice"]) == (sung.sum(), (sung & woman).sum())
    assert 0 < (counts["female voice"] or 0) < woman.sum()
