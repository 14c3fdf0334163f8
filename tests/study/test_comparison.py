"""Agreement of the two recommenders against loops, and where the truth is planted."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import rankdata
from sklearn.metrics.pairwise import cosine_similarity

from specrec.errors import QueryError
from specrec.recommend.by_features.recommender import FeatureRecommender
from specrec.recommend.by_features.settings import FeatureSettings
from specrec.recommend.collection import Collection
from specrec.recommend.library import Library
from specrec.report.comparison import comparison_tables
from specrec.study import library_comparison
from specrec.study.comparison import compare_query
from specrec.study.library_comparison import compare_library
from tests.libraries import HEARD, TRACKS, write_planted

K = 10


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    return Collection.open(write_planted(tmp_path_factory.mktemp("planted")))


@pytest.fixture(scope="module")
def features(library: Collection) -> FeatureRecommender:
    return library.by_features()


def test_a_query_is_compared_as_by_a_loop(
    library: Collection, features: FeatureRecommender
) -> None:
    found = compare_query(library, features, library.query("t7"), K)
    others = [row for row in range(TRACKS) if row != 7]
    sound = cosine_similarity(np.asarray(library.embeddings, dtype=np.float64))[7][others]
    named = cosine_similarity(features.vectors)[7][others]
    first = [{f"t{others[place]}" for place in np.argsort(-s)[:K]} for s in (sound, named)]
    assert {item.track.track_id for item in found.by_sound} == first[0]
    assert {item.track.track_id for item in found.by_features} == first[1]
    assert {item.track.track_id for item in found.agreed} == first[0] & first[1]
    assert found.overlap == len(first[0] & first[1]) / K
    expected = np.corrcoef(rankdata(sound), rankdata(named))[0, 1]
    assert found.correlation == pytest.approx(expected)
    for item in (*found.by_sound, *found.by_features):
        place = others.index(int(str(item.track.track_id)[1:]))
        assert item.sound_rank == 1 + (sound > sound[place]).sum()
        assert item.feature_rank == 1 + (named > named[place]).sum()
        assert item.sound_similarity == pytest.approx(sound[place])
        assert item.feature_similarity == pytest.approx(named[place])
    assert found.candidates == TRACKS - 1


def test_disagreements_are_put_down_to_what_counts_against_them(
    library: Collection, features: FeatureRecommender
) -> None:
    found = compare_query(library, features, library.query("t7"), K)
    assert found.disagreements
    for item in found.disagreements:
        track, near = str(item.match.track.track_id), item.near_by == "sound"
        near_rank, far_rank = item.match.sound_rank, item.match.feature_rank
        assert (near_rank <= K < far_rank) if near else (far_rank <= K < near_rank)
        by_sound = Library(library).explain("t7", track).explanation
        explained = features.explain("t7", track) if near else by_sound
        parts = {part.feature: part.value for part in explained.contributions}
        against = sorted(value for value in parts.values() if value < 0)[:3]
        assert list(item.features.values()) == pytest.approx(against)
        assert item.unnamed == pytest.approx(explained.residual)
        for name, (query, neighbor) in item.values.items():
            assert query == library.features[name][7]
            assert neighbor == library.features[name][int(track[1:])]
    assert json.dumps(found.to_dict(), allow_nan=False)


def test_a_library_is_compared_as_by_a_loop(
    library: Collection, features: FeatureRecommender
) -> None:
    progress: list[tuple[int, int]] = []
    found = compare_library(library, features, K, lambda *done: progress.append(done))
    rows = range(0, TRACKS, 40)
    single = [compare_query(library, features, library.query(row), K) for row in rows]
    assert found.chance == pytest.approx(K / (TRACKS - 1))
    assert (found.tracks, found.queries) == (TRACKS, TRACKS)
    assert progress[-1] == (TRACKS, TRACKS)
    assert found.overlap.low < found.overlap.value < found.overlap.high
    assert found.overlap.value == pytest.approx(np.mean([s.overlap for s in single]), abs=0.15)
    for listed, best in ((found.most, True), (found.least, False)):
        for item in listed:
            alone = compare_query(library, features, library.query(str(item.track.track_id)), K)
            assert item.overlap == pytest.approx(alone.overlap)
            assert item.correlation == pytest.approx(alone.correlation)
            assert (item.overlap >= found.overlap.value) == best
    assert json.dumps(found.to_dict(), allow_nan=False)


def test_a_sample_stands_for_a_large_library(
    library: Collection, features: FeatureRecommender, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = compare_library(library, features, K)
    monkeypatch.setattr(library_comparison, "JUDGED", TRACKS // 2)
    found = compare_library(library, features, K)
    assert found.overlap == whole.overlap  # every track can be a neighbor
    assert found.correlation != whole.correlation
    assert found.correlation.value == pytest.approx(whole.correlation.value, abs=0.02)
    exact = {item.feature: item.by_sound.value for item in whole.features}
    assert {item.feature: item.by_sound.value for item in found.features} == pytest.approx(
        exact, rel=0.1
    )
    small, large = (
        comparison_tables(replace(whole, tracks=tracks))[0] for tracks in (20_001, 20_002)
    )
    assert "sample" not in small.note
    assert "correlated by a sample of 20,000 tracks" in large.note


def test_neighbors_share_what_is_heard_and_only_that(
    library: Collection, features: FeatureRecommender
) -> None:
    found = compare_library(library, features, K)
    ratios = {item.feature: item for item in found.features}
    for name in HEARD:
        assert ratios[name].by_sound.high < 1
    silent = ratios["loudness_lufs"]  # in no embedding
    assert silent.by_sound.low < 1 < silent.by_sound.high
    assert silent.by_features.high < 0.8


def test_unrelated_systems_agree_by_chance(tmp_path: Path) -> None:
    library = Collection.open(write_planted(tmp_path))
    library.tracks["energy"] = np.random.default_rng(0).random(TRACKS)
    library.tracks["valence"] = np.random.default_rng(1).random(TRACKS)
    found = compare_library(library, library.by_features(), K)
    assert found.overlap.value == pytest.approx(found.chance, abs=0.02)
    assert found.correlation.value == pytest.approx(0, abs=0.03)


def test_a_system_agrees_with_itself(library: Collection) -> None:
    names = [f"axis_{axis}" for axis in range(library.embeddings.shape[1])]
    library = Collection.open(library.folder)
    for axis, name in enumerate(names):
        library.tracks[name] = np.asarray(library.embeddings[:, axis], dtype=np.float64)
    bare = FeatureSettings(tuple(names), "none")
    found = compare_library(library, library.by_features(bare), K)
    assert found.overlap.value == 1
    assert found.correlation.value == pytest.approx(1)


def test_an_answer_must_leave_something_out(
    library: Collection, features: FeatureRecommender
) -> None:
    for k in (0, TRACKS - 1):
        with pytest.raises(QueryError, match=f"k must be from 1 to {TRACKS - 2}"):
            compare_library(library, features, k)


def test_two_tracks_are_too_few(tmp_path: Path) -> None:
    library = Collection.open(write_planted(tmp_path))
    library.tracks["rating"] = np.where(np.arange(TRACKS) < 2, np.arange(TRACKS), np.nan)
    rated = library.by_features(FeatureSettings(("rating",)))
    for ask in (
        lambda: compare_query(library, rated, library.query("t0")),
        lambda: compare_library(library, rated),
    ):
        with pytest.raises(QueryError, match="2 tracks are too few to compare two answers; 3"):
            ask()
