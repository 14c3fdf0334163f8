"""Files from outside a library, asked about by their sound, by their features and by both."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile

from specrec.config import IndexConfig
from specrec.descriptors.features import FEATURES
from specrec.errors import AudioError, QueryError
from specrec.index.build import build_library
from specrec.model import model
from specrec.recommend import collection
from specrec.recommend.by_features.recommender import FeatureRecommender
from specrec.recommend.by_features.settings import FeatureSettings
from specrec.recommend.library import By, Library
from specrec.recommend.results import track_of_row
from specrec.study.comparison import compare_query
from specrec.synthesis.library import write_library


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder = tmp_path_factory.mktemp("files")
    write_library(folder / "audio", tracks=20, seconds=11.0)
    paths = str(folder / "audio"), str(folder / "library")
    build_library(IndexConfig(*paths, "specrec-base", workers=1))
    return Library.open(folder / "library")


@pytest.fixture(scope="module")
def copy(library: Library, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The seventh track with other bytes, and as they stand a file from outside."""
    path = tmp_path_factory.mktemp("outside") / "copy.wav"
    samples, rate = soundfile.read(library.collection.audio_root / library.tracks["path"].iloc[7])
    soundfile.write(path, samples, rate)
    return str(path)


def test_a_file_is_resolved_as_the_track_that_it_is(library: Library, copy: str) -> None:
    asked, inside = library.resolve(copy), library.resolve(7)
    measured, known = (  # what a table says goes before what was measured
        {name: value for name, value in table.iloc[7].dropna().items() if name in FEATURES}
        for table in (library.collection.generation.descriptors, library.collection.features)
    )
    assert (asked.row, asked.track.title, asked.track.path) == (None, "copy", copy)
    np.testing.assert_allclose(asked.sound, inside.sound, atol=1e-4)
    assert asked.features == pytest.approx(measured, rel=1e-4)
    assert inside.features == known
    recommender = library.collection.by_features()
    np.testing.assert_allclose(
        recommender.vector_of(asked), recommender.vectors[7], atol=1e-5
    )  # float32


@pytest.mark.parametrize("by", ["sound", "features", "both"])
def test_a_file_gets_the_neighbors_of_the_track_that_it_is(
    library: Library, copy: str, by: By
) -> None:
    first, *others = library.neighbors(copy, 6, by=by, in_full=True)
    assert first.track == track_of_row(library.tracks.iloc[7])
    assert first.similarity == pytest.approx(1, abs=1e-4)
    inside = library.neighbors(str(first.track.track_id), 5, by=by, in_full=True)
    assert [item.track for item in others] == [item.track for item in inside]
    for item, same in zip(others, inside, strict=True):
        assert item.similarity == pytest.approx(same.similarity, abs=1e-4)
        assert item.explanation is not None
        assert same.explanation is not None
        parts, expected = (
            {part.feature: part.value for part in one.contributions}
            for one in (item.explanation, same.explanation)
        )
        assert parts == pytest.approx(expected, abs=1e-4)
        total = sum(parts.values()) + item.explanation.residual
        assert total == pytest.approx(item.similarity, abs=1e-5)
        match = library.explain(copy, str(item.track.track_id), 6, by=by)
        assert match.explanation.sentence == item.explanation.sentence
        assert match.explanation.similarity == pytest.approx(item.similarity, abs=1e-5)
        assert match.query == library.resolve(copy).track
        assert match.neighbor == item.track


def test_what_is_predicted_is_predicted_of_a_file_too(library: Library, copy: str) -> None:
    library = Library.open(library.collection.folder)
    described = library.collection.generation.descriptors
    library.collection.generation.descriptors = described[[]]  # so that the probe says all
    recommender = library.collection.by_features()
    assert set(recommender.sources.values()) == {"predicted"}
    vector = recommender.vector_of(library.resolve(copy))
    np.testing.assert_allclose(vector, recommender.vectors[7], atol=1e-3)


@contextmanager
def counted(module: Any, name: str) -> Iterator[list[Any]]:
    """The first arguments with which a function of a module is called, which runs all the same."""
    calls: list[Any] = []
    real = getattr(module, name)

    def counting(*arguments: Any, **options: Any) -> Any:
        calls.append(arguments[0])
        return real(*arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, name, counting)
        yield calls


def test_a_file_is_decoded_once_and_a_name_resolved_once(library: Library, copy: str) -> None:
    library = Library.open(library.collection.folder)
    neighbor, other = library.tracks["title"].iloc[[3, 4]]
    with counted(model, "embed_tracks") as decoded, counted(collection, "find_row") as found:
        library.neighbors(copy, 3)
        library.neighbors(copy, 3, by="both")
        library.explain(copy, neighbor)
        assert len(decoded) == 1
        assert len(found) == 1
        library.explain(other, neighbor, by="features")
        assert len(found) == 3
        asked = library.resolve(copy)
        library.explain(asked, library.resolve(neighbor))
        library.interpolate(asked, library.resolve(3), 2)
    assert len(decoded) == 1
    assert len(found) == 4


def test_a_file_is_compared_by_both_as_the_track_that_it_is(library: Library, copy: str) -> None:
    recommender = library.collection.by_features()
    found = compare_query(library.collection, recommender, library.resolve(copy), 6)
    inside = compare_query(library.collection, recommender, library.resolve(7), 5)
    assert (found.query.path, found.candidates) == (copy, len(library))
    for answer, expected in (
        (found.by_sound, inside.by_sound),
        (found.by_features, inside.by_features),
    ):
        assert answer[0].track == track_of_row(library.tracks.iloc[7])
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
    path = str(library.collection.audio_root / library.tracks["path"].iloc[3])
    assert library.resolve(path).row == 3
    for by in ("sound", "features", "both"):
        named = library.neighbors(str(library.tracks["track_id"].iloc[3]), 3, by=by)
        assert library.neighbors(path, 3, by=by) == named


def test_what_can_not_be_asked_is_refused(library: Library, copy: str, tmp_path: Path) -> None:
    recommender = library.collection.by_features()
    silent = tmp_path / "silent.wav"
    soundfile.write(silent, np.zeros(44_100), 22_050)
    with pytest.raises(AudioError, match="silent"):
        library.neighbors(str(silent), by="features")
    with pytest.raises(QueryError, match="k must be from 1 to 19, not 20"):
        compare_query(library.collection, recommender, library.resolve(copy), 20)
    table = pd.DataFrame({"track_id": list("abc"), "energy": [0.1, 0.5, 0.9]})
    with pytest.raises(QueryError, match="fits no title or artist"):
        FeatureRecommender.from_table(table).neighbors(copy)
    library = Library.open(library.collection.folder)
    library.tracks["year"] = pd.Series(range(len(library)), dtype="Int64")
    for by in ("features", "both"):
        with pytest.raises(QueryError, match="too few of its features are known"):
            library.neighbors(copy, by=by, features=FeatureSettings(columns=("year",)))
    with pytest.raises(QueryError, match=r"copy.wav is not in the library"):
        library.explain(library.resolve(3), copy)
