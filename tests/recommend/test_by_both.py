"""Sound and features in one score."""

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from specrec.errors import QueryError
from specrec.recommend.by_both import HybridSpace
from specrec.recommend.by_features.settings import FeatureSettings
from specrec.recommend.library import Library
from tests.libraries import write_planted


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return Library.open(write_planted(tmp_path_factory.mktemp("planted")))


def space_of(library: Library, weight: float) -> HybridSpace:
    space = library.collection.space("both", sound_weight=weight)
    assert isinstance(space, HybridSpace)
    return space


def test_the_ends_are_sound_and_features_alone(library: Library) -> None:
    for weight, alone in (
        (1.0, library.neighbors("t7")),
        (0.0, library.neighbors("t7", by="features")),
    ):
        both = library.neighbors("t7", by="both", sound_weight=weight)
        assert [item.track for item in both] == [item.track for item in alone]
        expected = [item.similarity for item in alone]
        assert [item.similarity for item in both] == pytest.approx(expected, abs=1e-5)


def test_between_it_is_their_mean_by_spread(library: Library) -> None:
    space = space_of(library, 0.3)
    sound = cosine_similarity(np.asarray(library.collection.embeddings, dtype=np.float64))
    named = cosine_similarity(library.collection.by_features().vectors)
    others = ~np.eye(len(sound), dtype=bool)
    heard, known = 0.3 / sound[others].std(), 0.7 / named[others].std()
    share = heard / (heard + known)
    assert space.share == pytest.approx(share)
    scores = space.scores(space.vector(library.resolve("t7")), space.vectors)
    np.testing.assert_allclose(scores, share * sound[7] + (1 - share) * named[7], atol=1e-9)


def test_explanations_add_up_to_both_parts(library: Library) -> None:
    share = space_of(library, 0.5).share
    for item in library.neighbors("t7", 5, by="both", in_full=True):
        query, neighbor = "t7", str(item.track.track_id)
        explanation = item.explanation
        assert explanation is not None
        total = sum(part.value for part in explanation.contributions) + explanation.residual
        assert total == pytest.approx(item.similarity, abs=1e-6)
        heard = library.explain(query, neighbor).explanation
        known = library.explain(query, neighbor, by="features").explanation
        assert explanation.residual == pytest.approx(share * heard.residual, abs=1e-6)
        for part in explanation.contributions:
            own = [one.value for one in heard.contributions if one.feature == part.feature]
            given = [one.value for one in known.contributions if one.feature in part.members]
            expected = share * sum(own) + (1 - share) * sum(given)
            assert part.value == pytest.approx(expected, abs=1e-6)


def test_what_can_not_be_mixed_is_refused(library: Library) -> None:
    with pytest.raises(QueryError, match=r"weight of sound must be from 0 .* not 2"):
        library.neighbors("t7", by="both", sound_weight=2)
    for settings in (FeatureSettings(metric="euclidean"), FeatureSettings(scaling="none")):
        with pytest.raises(QueryError, match="cosine of scaled values"):
            library.neighbors("t7", by="both", features=settings)


def test_a_recording_is_named_once(library: Library) -> None:
    names = [item.track.track_id for item in library.neighbors("t7", by="both")]
    first, second, third = (int(str(name)[1:]) for name in names[:3])
    groups = np.arange(len(library))
    groups[[first, 7]] = min(first, 7)  # of the query itself
    groups[[second, third]] = min(second, third)
    library = Library.open(library.collection.folder)
    library.collection.generation.duplicate_groups = groups
    features, both = (
        library.neighbors("t7", 20, by="features"),
        library.neighbors("t7", 8, by="both"),
    )
    for found in (features, both):
        left = [item.track.track_id for item in found]
        assert f"t{first}" not in left
        assert len({f"t{second}", f"t{third}"} & set(left)) == 1
    assert left == [names[1], *names[3:10]]
    assert both.notes == ("1 track left out: the same recording as one in the list",)
