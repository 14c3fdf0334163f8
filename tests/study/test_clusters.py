import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score, silhouette_samples

from specrec.errors import QueryError
from specrec.study import clusters as room
from specrec.study.cluster_validation import reference_points
from specrec.study.clusters import find_clusters
from specrec.study.dataset import Dataset, of_features


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "KS", (2, 3, 4, 5))  # for speed


def planted(seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Three kinds of music: calm and acoustic, loud and not, and spoken."""
    rng = np.random.default_rng(seed)
    kinds = np.repeat([0, 1, 2], [70, 60, 50])
    centers = np.array([[0.2, 0.9, 0.05, -18], [0.9, 0.05, 0.05, -5], [0.5, 0.5, 0.8, -11]])
    spread = np.array([0.02, 0.01, 0.005, 0.5])
    values = centers[kinds] + spread * rng.normal(size=(180, 4))
    names = ["energy", "acousticness", "speechiness", "loudness"]
    return pd.DataFrame(values, columns=names), kinds


def test_planted_clusters_are_found_and_named_by_what_was_planted() -> None:
    features, kinds = planted()
    found = find_clusters(of_features(features))
    assert adjusted_rand_score(kinds, found.labels) == 1
    assert [item.size for item in found.clusters] == [70, 60, 50]
    assert found.chosen.k == 3
    assert found.chosen.convincing
    assert found.chosen.reseeded == found.chosen.resampled == 1
    assert found.summary.endswith("The cluster structure is clear.")
    calm, loud, spoken = (set(item.name.split(", ")) for item in found.clusters)
    unspoken = "likely without speech"
    acoustic = "likely acoustic"
    electric = "likely not acoustic"
    assert calm < {"calm", acoustic, "quiet", unspoken}
    assert loud < {"energetic", electric, "loud", unspoken}
    assert spoken == {"likely with speech"}


def test_centers_are_fitted_to_a_sample_of_many_tracks_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    features, kinds = planted()
    whole = find_clusters(of_features(features))
    assert whole.fitted == len(kinds)
    assert "a sample" not in whole.summary
    monkeypatch.setattr(room, "_FITTED", 90)
    found = find_clusters(of_features(features))
    assert "when resampled, by a sample of 90 tracks" in found.summary
    assert adjusted_rand_score(kinds, found.labels) == 1  # of all tracks


def test_figures_are_those_of_scikit_learn_and_of_a_loop() -> None:
    features, _ = planted(1)
    dataset = of_features(features)
    found = find_clusters(dataset, k=3)
    assert found.given
    silhouettes = silhouette_samples(dataset.vectors, found.labels)
    assert found.chosen.silhouette == pytest.approx(silhouettes.mean())
    for label, cluster in enumerate(found.clusters):
        own = np.flatnonzero(found.labels == label)
        assert cluster.silhouette == pytest.approx(silhouettes[own].mean())
        center = dataset.vectors[own].mean(axis=0)
        far = [float(np.linalg.norm(dataset.vectors[row] - center)) for row in own]
        assert list(cluster.typical) == [int(own[place]) for place in np.argsort(far)[:5]]
        for standing in cluster.profile:
            column = features[standing.feature]
            assert standing.mean == pytest.approx(column[own].mean())
            assert standing.usual == pytest.approx(column.mean())


def test_a_recording_listed_twice_is_typical_once() -> None:
    features, _ = planted()
    twice = pd.concat([features, features], ignore_index=True)
    for cluster in find_clusters(of_features(twice), k=3).clusters:
        assert len({row % len(features) for row in cluster.typical}) == len(cluster.typical) == 5


def test_a_cluster_too_small_to_be_named_is_not_chosen() -> None:
    features, _ = planted()
    far = features.iloc[:3].assign(energy=5.2)  # three more, far from all others
    found = find_clusters(of_features(pd.concat([features, far], ignore_index=True)))
    assert min(item.size for item in found.clusters) >= 5
    assert found.chosen.k == 3
    fourth = next(item for item in found.criteria if item.k == 4)
    assert fourth.smallest == 3
    assert fourth.resampled >= 0.75
    assert fourth.gain > found.chosen.gain
    assert "with 5 tracks or more in each" in found.summary


def test_one_cloud_is_not_called_clusters() -> None:
    rng = np.random.default_rng(0)
    long = rng.normal(size=(200, 3)) * [4, 1, 1]  # whose halves have a silhouette of their own
    found = find_clusters(_points(long))
    assert found.chosen.silhouette > 0.25
    assert not found.chosen.convincing
    assert "no clear cluster structure" in found.summary


def test_the_cloud_has_the_covariance_of_the_tracks() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(4000, 3)) @ rng.normal(size=(3, 3))
    cloud = reference_points(vectors, "features", rng)
    np.testing.assert_allclose(np.cov(cloud.T), np.cov(vectors.T), rtol=0.1, atol=0.1)
    on_sphere = reference_points(vectors, "embeddings", rng)
    np.testing.assert_allclose(np.linalg.norm(on_sphere, axis=1), 1)


def test_the_same_seed_gives_the_same_clusters() -> None:
    points = np.random.default_rng(5).normal(size=(120, 4))
    first, again = (find_clusters(_points(points), k=4, seed=7) for _ in range(2))
    assert first.to_dict() == again.to_dict()


def test_clusters_by_sound_are_named_from_features() -> None:
    rng = np.random.default_rng(0)
    kinds = np.repeat([0, 1], 80)
    vectors = np.eye(8)[kinds] + 0.1 * rng.normal(size=(160, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    features = pd.DataFrame({"centroid_hz": np.where(kinds, 3000.0, 800.0) + rng.normal(size=160)})
    features.loc[::9, "centroid_hz"] = np.nan
    found = find_clusters(Dataset("embeddings", pd.DataFrame(), features, {}, vectors))
    assert {item.name for item in found.clusters} == {"bright", "dark"}


@pytest.mark.parametrize(("k", "what"), [(1, "2 or more"), (30, "90 different tracks")])
def test_impossible_k(k: int, what: str) -> None:
    with pytest.raises(QueryError, match=what):
        find_clusters(_points(np.random.default_rng(0).normal(size=(50, 2))), k=k)


def test_too_few_tracks() -> None:
    with pytest.raises(QueryError, match="6 different tracks at least are clustered, not 1"):
        find_clusters(_points(np.zeros((50, 2))))


def _points(vectors: np.ndarray) -> Dataset:
    nothing = pd.DataFrame(index=range(len(vectors)))
    return Dataset("features", nothing, nothing, {}, vectors)
