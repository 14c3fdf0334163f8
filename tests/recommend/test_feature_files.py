"""Files from outside a library, asked about by their features."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from specrec.recommend.feature_settings import FeatureSettings
from specrec.recommend.features import FeatureRecommender
from specrec.recommend.hybrid import Hybrid

from specrec.config import IndexConfig
from specrec.errors import AudioError, QueryError
from specrec.index.build import build_library
from specrec.recommend.library import Library
from specrec.study.comparison import compare_query
from specrec.synthesis.library import write_library


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder = tmp_path_factory.mktemp("files")
    write_library(folder / "audio", tracks=24, seconds=12.0)
    build_library(IndexConfig(str(folder / "audio"), str(folder / "library"), "specrec-base"))
    return Library.open(folder / "library")


@pytest.fixture(scope="module")
def copy(library: Library, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The seventh track with other bytes, and as they stand a file from outside."""
    path = tmp_path_factory.mktemp("outside") / "copy.wav"
    samples, rate = soundfile.read(library.audio_root / library.tracks["path"].iloc[7])
    soundfile.write(path, samples, rate)
    return str(path)


def test_a_file_is_compared_as_the_track_that_it_is(library: Library, copy: str) -> None:
    recommender = FeatureRecommender.of_library(library)
    asked = recommender.ask(copy)
    assert (asked.row, asked.track.title, asked.track.path) == (None, "copy", copy)
    np.testing.assert_allclose(asked.vector, recommender.vectors[7], atol=1e-5)  # float32
    first, *others = recommender.neighbors(copy, 6)
    assert first.track == recommender.track(7)
    assert first.similarity == pytest.approx(1)
    inside = recommender.neighbors(str(recommender.track(7).track_id), 5)
    assert [item.track for item in others] == [item.track for item in inside]
    for item, same in zip(others, inside, strict=True):
        assert item.similarity == pytest.approx(same.similarity)
        parts, expected = (
            {part.feature: part.value for part in one.explanation.contributions}
            for one in (item, same)
        )
        assert parts == pytest.approx(expected, abs=1e-5)
        assert sum(parts.values()) == pytest.approx(item.similarity)


def test_what_is_predicted_is_predicted_of_a_file_too(library: Library, copy: str) -> None:
    described = library.generation.descriptors
    library.generation.descriptors = described[[]]  # so that the probe says all
    try:
        recommender = FeatureRecommender.of_library(library)
        assert set(recommender.sources.values()) == {"predicted"}
        vector = recommender.ask(copy).vector
    finally:
        library.generation.descriptors = described
    np.testing.assert_allclose(vector, recommender.vectors[7], atol=1e-3)


def test_a_hybrid_hears_and_measures_a_file(library: Library, copy: str) -> None:
    hybrid = Hybrid(library, FeatureRecommender.of_library(library), 0.5)
    first, *others = hybrid.neighbors(copy, 6)
    inside = hybrid.neighbors(str(library.track(7).track_id), 5)
    assert first.track == library.track(7)
    assert first.similarity == pytest.approx(1, abs=1e-4)
    assert [item.track for item in others] == [item.track for item in inside]
    for item in others:
        explained = item.explanation
        total = sum(part.value for part in explained.contributions) + explained.residual
        assert total == pytest.approx(item.similarity, abs=1e-5)


def test_a_file_is_compared_by_both_as_the_track_that_it_is(library: Library, copy: str) -> None:
    recommender = FeatureRecommender.of_library(library)
    found = compare_query(library, recommender, copy, 6)
    inside = compare_query(library, recommender, str(library.track(7).track_id), 5)
    assert (found.query.path, found.candidates) == (copy, len(library))
    for answer, expected in (
        (found.by_sound, inside.by_sound),
        (found.by_features, inside.by_features),
    ):
        assert answer[0].track == library.track(7)
        assert answer[0].sound_rank == answer[0].feature_rank == 1
        assert [item.track for item in answer[1:]] == [item.track for item in expected]
        for item, same in zip(answer[1:], expected, strict=True):
            assert item.sound_rank == same.sound_rank + 1
            assert item.feature_rank == same.feature_rank + 1
            assert item.sound_similarity == pytest.approx(same.sound_similarity, abs=1e-4)
            assert item.feature_similarity == pytest.approx(same.feature_similarity)
    assert len(found.agreed) == len(inside.agreed) + 1
    apart = {item.match.track.track_id: item for item in inside.disagreements}
    shared = [item for item in found.disagreements if item.match.track.track_id in apart]
    assert shared
    for item in shared:
        same_one = apart[item.match.track.track_id]
        assert item.features == pytest.approx(same_one.features, abs=1e-3)
        for name, pair in item.values.items():
            assert pair == pytest.approx(same_one.values[name], rel=1e-3, abs=1e-3)


def test_a_file_of_the_library_is_its_track(library: Library) -> None:
    recommender = FeatureRecommender.of_library(library)
    path = str(library.audio_root / library.tracks["path"].iloc[3])
    assert recommender.ask(path).row == 3


def test_what_can_not_be_asked_is_refused(library: Library, copy: str, tmp_path: Path) -> None:
    recommender = FeatureRecommender.of_library(library)
    silent = tmp_path / "silent.wav"
    soundfile.write(silent, np.zeros(44_100), 22_050)
    with pytest.raises(AudioError, match="silent"):
        recommender.neighbors(str(silent))
    with pytest.raises(QueryError, match="k must be from 1 to 23, for 24 tracks are compared; not"):
        compare_query(library, recommender, copy, 24)
    table = pd.DataFrame({"track_id": list("abc"), "energy": [0.1, 0.5, 0.9]})
    with pytest.raises(QueryError, match="fits no title or artist"):
        FeatureRecommender.from_table(table).neighbors(copy)
    settings = FeatureSettings(columns=("year",))
    library.tracks["year"] = pd.Series(range(len(library)), dtype="Int64")
    with pytest.raises(QueryError, match="too few of its features are known"):
        FeatureRecommender.of_library(library, settings).neighbors(copy)
