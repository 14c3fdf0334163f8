"""A map by t-SNE keeps neighbors, and its labels say what was planted where they stand."""

import numpy as np
import pandas as pd
import pytest
from sklearn.manifold import trustworthiness

from specrec.study import neighbor_map
from specrec.study.dataset import Dataset
from specrec.study.heard import common_to
from specrec.study.places import find_places
from specrec.study.projection import project

GROUPS, EACH = 12, 30


@pytest.fixture(scope="module")
def planted() -> Dataset:
    """Twelve groups of tracks around as many points, which a plane through them can't part."""
    rng = np.random.default_rng(0)
    middles = 3 * np.eye(GROUPS)
    vectors = np.repeat(middles, EACH, axis=0) + 0.6 * rng.normal(size=(GROUPS * EACH, GROUPS))
    nothing = pd.DataFrame(index=range(len(vectors)))
    return Dataset("embeddings", nothing, nothing, {}, vectors)


def _kept(vectors: np.ndarray, points: np.ndarray, k: int = 10) -> float:
    """Share of the nearest neighbors that are nearest on the map, by brute force."""
    near = []
    for places in (vectors, points):
        distances = np.linalg.norm(places[:, None] - places, axis=2)
        np.fill_diagonal(distances, np.inf)
        near.append(distances.argsort(axis=1)[:, :k])
    both = [len({*one} & {*other}) for one, other in zip(*near, strict=True)]
    return float(np.mean(both)) / k


def test_tsne_keeps_neighbors_that_pca_does_not(planted: Dataset) -> None:
    flat, near = project(planted), project(planted, "t-SNE")
    vectors = planted.vectors
    assert _kept(vectors, near.points) > 2 * _kept(vectors, flat.points)
    assert trustworthiness(vectors, near.points) > 0.9
    assert near.method == "t-SNE"
    assert [axis.explained for axis in near.axes] == [None, None]
    np.testing.assert_array_equal(near.points, project(planted, "t-SNE").points)


def test_tracks_beyond_a_sample_stand_beside_those_of_their_group(
    planted: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbor_map, "FITTED", GROUPS * EACH // 2)
    points = project(planted, "t-SNE").points
    group = np.arange(len(points)) // EACH
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (group[distances.argmin(axis=1)] == group).mean() > 0.9


def test_three_tracks_are_enough() -> None:
    features = pd.DataFrame(index=range(3))
    three = Dataset("embeddings", features, features, {}, np.eye(3))
    assert np.isfinite(project(three, "t-SNE").points).all()


def test_labels_say_what_is_heard_where_they_stand() -> None:
    rng = np.random.default_rng(1)
    points = rng.uniform(size=(900, 2))
    left, upper = points[:, 0] < 0.3, points[:, 1] > 0.7
    heard = pd.DataFrame(
        {
            "piano": 3.0 * left + rng.normal(size=900),
            "singing": 3.0 * upper + rng.normal(size=900),
            "calm": rng.normal(size=900),
        }
    )
    home = np.hypot(*(points - [0.8, 0.2]).T).argsort()[:8]
    artists = pd.Series([None] * 900, dtype="string")
    artists.iloc[home] = "At Home"
    artists.iloc[np.setdiff1d(np.arange(900), home)[::100]] = "Everywhere"
    places = find_places(points, heard, artists)
    sounds = [place for place in places if place.kind == "sound"]
    assert {place.level for place in sounds} == {0, 1}
    for place in sounds:
        assert "calm" not in place.name
        assert "piano" not in place.name or place.x < 0.45
        assert "singing" not in place.name or place.y > 0.55
    assert any("piano" in place.name for place in sounds)
    assert sum(place.tracks for place in sounds if place.level == 0) < 900
    (artist,) = [place for place in places if place.kind == "artist"]
    assert (artist.name, artist.tracks) == ("At Home", 8)
    assert np.hypot(artist.x - 0.8, artist.y - 0.2) < 0.1


def test_what_tracks_have_in_common_is_above_the_mean_and_beyond_noise() -> None:
    rng = np.random.default_rng(2)
    heard = pd.DataFrame(rng.normal(size=(500, 4)), columns=["piano", "singing", "calm", "drums"])
    rows = np.arange(40)
    heard.loc[rows, "piano"] += 2
    heard.loc[rows, "drums"] -= 1.5
    first, second = common_to(heard, rows, 8)
    assert (first.feature, first.more, second.feature, second.more) == (
        "piano",
        True,
        "drums",
        False,
    )
    values = heard["piano"]
    assert first.difference == pytest.approx(
        (values[:40].mean() - values.mean()) / values.std(ddof=0)
    )
    assert first.above == pytest.approx((values < values[:40].median()).mean())
    assert common_to(heard, rows[:4], 8) == []
    assert common_to(heard, rows[:0], 8) == []
