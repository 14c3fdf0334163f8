import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA

from specrec.errors import QueryError
from specrec.study.dataset import Dataset, of_features
from specrec.study.projection import project


def test_pca_is_that_of_scikit_learn_up_to_sign() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(80, 6)) @ rng.normal(size=(6, 6))
    nothing = pd.DataFrame(index=range(80))
    found = project(Dataset("features", nothing, nothing, {}, vectors, tuple("abcdef")))
    theirs = PCA(6).fit(vectors)
    points = theirs.transform(vectors)[:, :2]
    np.testing.assert_allclose(np.abs(found.points), np.abs(points), atol=1e-8)
    np.testing.assert_allclose(found.explained, theirs.explained_variance_ratio_)
    for axis, component in zip(found.axes, theirs.components_, strict=False):
        np.testing.assert_allclose(np.abs(list(axis.loadings.values())), np.abs(component))
        assert axis.label.endswith("follows no known feature")


def test_axes_are_named_by_what_was_planted_along_them() -> None:
    rng = np.random.default_rng(1)
    hidden = rng.normal(size=(300, 2))
    vectors = np.concatenate([5 * hidden[:, :1], 2 * hidden[:, 1:], rng.normal(size=(300, 4))], 1)
    noise = 0.6 * rng.normal(size=(300, 3))
    features = pd.DataFrame(
        {
            "energy": 1 / (1 + np.exp(-hidden[:, 0] - noise[:, 0])),
            "acousticness": 1 / (1 + np.exp(hidden[:, 0] + noise[:, 1])),
            "tempo_bpm": 120 * 2 ** (0.2 * (hidden[:, 1] + noise[:, 2])),
            "liveness": rng.random(300),
        }
    )
    found = project(Dataset("embeddings", features, features, {}, vectors))
    share = found.explained[0]
    ends = {"more energy, less acousticness", "more acousticness, less energy"}
    label = found.axes[0].label
    assert label.removeprefix(f"PC 1 ({100 * share:.0f} %): ") in ends
    assert found.axes[1].leads == ("higher tempo",)
    for place, axis in enumerate(found.axes):
        strongest, value = next(iter(axis.correlations.items()))
        ranks = features[strongest].rank().corr(pd.Series(found.points[:, place]).rank())
        assert value == pytest.approx(ranks)
        assert value > 0.7


def test_what_grows_along_both_axes_names_the_one_that_it_goes_with_more() -> None:
    hidden = np.random.default_rng(1).normal(size=(300, 2))
    turned = hidden @ np.array([[0.87, -0.5], [0.5, 0.87]])  # by 30 degrees
    features = pd.DataFrame({"energy": turned[:, 0], "tempo_bpm": turned[:, 1]})
    found = project(Dataset("embeddings", features, features, {}, hidden * [5.0, 2.0]))
    assert all(abs(axis.correlations[name]) > 0.4 for axis in found.axes for name in features)
    assert [axis.leads for axis in found.axes] == [("more energy",), ("higher tempo",)]
    alone = project(Dataset("embeddings", *2 * (features[["energy"]],), {}, hidden * [5.0, 2.0]))
    assert [axis.leads for axis in alone.axes] == 2 * [("more energy",)]


def test_what_names_an_axis_first_grows_along_it() -> None:
    hidden = np.random.default_rng(1).normal(size=(300, 3))
    features = pd.DataFrame(
        {
            "energy": hidden @ [0.8, 0.6, 0.0],
            "tempo_bpm": hidden @ [0.1, -0.45, 0.9],
        }
    )
    found = project(Dataset("embeddings", features, features, {}, hidden * [5.0, 2.0, 0.1]))
    assert [axis.leads for axis in found.axes] == [("more energy",), ("higher tempo",)]


def test_names_by_noise_alone_are_rare() -> None:
    rng = np.random.default_rng(2)
    named = 0
    for _ in range(20):
        features = pd.DataFrame(rng.random((60, 5)), columns=["energy", "valence", *"abc"])
        found = project(Dataset("embeddings", features, features, {}, rng.normal(size=(60, 8))))
        named += sum(bool(axis.leads) for axis in found.axes)
    assert named <= 3  # of 40 axes, 5 features each, one in a thousand is expected


def test_features_with_gaps_have_a_place() -> None:
    rng = np.random.default_rng(3)
    features = pd.DataFrame(rng.random((50, 3)), columns=["energy", "valence", "acousticness"])
    features.iloc[::7, 1] = np.nan
    assert np.isfinite(project(of_features(features)).points).all()


def test_too_few_dimensions() -> None:
    features = pd.DataFrame({"energy": np.linspace(0, 1, 9)})
    with pytest.raises(QueryError, match="2 dimensions at least, not 9 in 1"):
        project(of_features(features))


def test_umap_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "umap", None)
    features = pd.DataFrame(np.random.default_rng(0).random((20, 2)), columns=["energy", "valence"])
    with pytest.raises(QueryError, match=r"--extra map"):
        project(of_features(features), "UMAP")


def test_features_and_axes_that_do_not_vary_name_nothing(
    recwarn: pytest.WarningsRecorder,
) -> None:
    varied = np.random.default_rng(0).normal(size=(50, 2))
    features = pd.DataFrame({"energy": varied[:, 0], "valence": 0.5})
    found = project(Dataset("embeddings", features, features, {}, varied))
    assert set(found.axes[0].correlations) == {"energy"}
    flat = project(Dataset("embeddings", features, features, {}, np.ones((50, 2))))
    assert [axis.correlations for axis in flat.axes] == [{}, {}]
    assert not recwarn.list
