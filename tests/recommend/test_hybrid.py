"""Sound and features in one score."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity
from specrec.recommend.feature_settings import FeatureSettings
from specrec.recommend.features import FeatureRecommender
from specrec.recommend.hybrid import Hybrid

from specrec.errors import QueryError
from specrec.recommend.library import Library
from tests.libraries import write_planted


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return Library.open(write_planted(tmp_path_factory.mktemp("planted")))


@pytest.fixture(scope="module")
def features(library: Library) -> FeatureRecommender:
    return FeatureRecommender.of_library(library)


def test_the_ends_are_the_two_recommenders(library: Library, features: FeatureRecommender) -> None:
    for weight, alone in ((1.0, library.neighbors("t7")), (0.0, features.neighbors("t7"))):
        both = Hybrid(library, features, weight).neighbors("t7")
        assert [item.track.track_id for item in both] == [item.track.track_id for item in alone]
        expected = [item.similarity for item in alone]
        assert [item.similarity for item in both] == pytest.approx(expected, abs=1e-5)


def test_between_it_is_their_mean_by_spread(library: Library, features: FeatureRecommender) -> None:
    hybrid = Hybrid(library, features, 0.3)
    sound = cosine_similarity(np.asarray(library.embeddings, dtype=np.float64))
    named = cosine_similarity(features.vectors)
    others = ~np.eye(len(sound), dtype=bool)
    heard, known = 0.3 / sound[others].std(), 0.7 / named[others].std()
    share = heard / (heard + known)
    assert hybrid.share == pytest.approx(share)
    np.testing.assert_allclose(
        hybrid.scores(7), share * sound[7] + (1 - share) * named[7], atol=1e-9
    )


def test_explanations_add_up_to_both_parts(library: Library, features: FeatureRecommender) -> None:
    hybrid = Hybrid(library, features, 0.5)
    for item in hybrid.neighbors("t7", k=5):
        query, neighbor = "t7", str(item.track.track_id)
        explanation = item.explanation
        total = sum(part.value for part in explanation.contributions) + explanation.residual
        assert total == pytest.approx(item.similarity, abs=1e-6)
        heard = library.explain(query, neighbor)
        known = features.explain(query, neighbor)
        assert explanation.residual == pytest.approx(hybrid.share * heard.residual, abs=1e-6)
        for part in explanation.contributions:
            own = [one.value for one in heard.contributions if one.feature == part.feature]
            given = [one.value for one in known.contributions if one.feature in part.members]
            expected = hybrid.share * sum(own) + (1 - hybrid.share) * sum(given)
            assert part.value == pytest.approx(expected, abs=1e-6)


def test_what_can_not_be_mixed_is_refused(library: Library, features: FeatureRecommender) -> None:
    with pytest.raises(QueryError, match=r"hybrid must be from 0 .* not 2"):
        Hybrid(library, features, 2)
    far = FeatureRecommender.of_library(library, FeatureSettings(metric="euclidean"))
    with pytest.raises(QueryError, match="made of two cosines"):
        Hybrid(library, far, 0.5)


def test_a_recording_is_named_once(tmp_path: Path) -> None:
    library = Library.open(write_planted(tmp_path / "planted"))
    free = Hybrid(library, FeatureRecommender.of_library(library), 0.5)
    names = [item.track.track_id for item in free.neighbors("t7")]
    first, second, third = (int(str(name)[1:]) for name in names[:3])
    groups = np.arange(len(library))
    groups[first] = min(first, 7)  # of the query itself
    groups[7] = min(first, 7)
    groups[[second, third]] = min(second, third)
    library.generation.duplicate_groups = groups
    features = FeatureRecommender.of_library(library)
    for found in (features.neighbors("t7", 20), Hybrid(library, features, 0.5).neighbors("t7", 8)):
        left = [item.track.track_id for item in found]
        assert f"t{first}" not in left
        assert len({f"t{second}", f"t{third}"} & set(left)) == 1
    assert left == [names[1], *names[3:10]]
    assert found.notes == ("2 other releases of the same songs left out",)
