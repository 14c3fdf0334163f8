"""Scores by features against scikit-learn and closed forms."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.preprocessing import RobustScaler, StandardScaler

from specrec.errors import QueryError
from specrec.recommend.by_features.settings import FeatureSettings, Metric, Scaling
from specrec.recommend.by_features.space import CLIP_AT, FeatureSpace


def make_values(seed: int = 0, tracks: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "popularity": rng.normal(30, 20, tracks),
            "tempo_bpm": rng.uniform(60, 200, tracks),
            "energy": rng.uniform(0, 1, tracks),
            "instrumentalness": np.where(rng.random(tracks) < 0.8, 0, rng.random(tracks)),
            "key": rng.integers(0, 12, tracks).astype(float),
        }
    )


def logit(values: "pd.Series[float]") -> np.ndarray:
    held = np.clip(values.to_numpy(), 0.005, 0.995)
    return np.log(held / (1 - held))


@pytest.mark.parametrize("scaling", ["robust", "standard"])
def test_columns_are_scaled_as_by_scikit_learn(scaling: Scaling) -> None:
    values = make_values()[["popularity", "tempo_bpm", "energy"]]
    table = [values["popularity"], np.log2(values["tempo_bpm"]), logit(values["energy"])]
    scaler = RobustScaler(unit_variance=True) if scaling == "robust" else StandardScaler()
    expected = scaler.fit_transform(np.stack(table, axis=1))
    if scaling == "robust":
        expected = np.clip(expected, -CLIP_AT, CLIP_AT)
    space = FeatureSpace.fit(values, FeatureSettings(scaling=scaling))
    np.testing.assert_allclose(space.vectors(values), expected, atol=1e-6)


def test_bare_numbers_are_compared_by_their_cosine() -> None:
    values = make_values()[["energy", "tempo_bpm", "instrumentalness"]]
    space = FeatureSpace.fit(values, FeatureSettings(scaling="none"))
    vectors = space.vectors(values)
    np.testing.assert_array_equal(vectors, values.to_numpy())
    expected = cosine_similarity(values.to_numpy()[:1], values.to_numpy())[0]
    np.testing.assert_allclose(space.scores(vectors[0], vectors), expected, atol=1e-12)
    assert expected.min() > 0.999  # tempo alone decides: why it is not the default


def test_a_long_tail_is_held_and_a_common_value_has_a_measure() -> None:
    values = pd.DataFrame({"plays": [0.0] * 7 + [1.0, 2.0, 1e6], "year": [0.0, 1, 2, 3, 4] * 2})
    vectors = FeatureSpace.fit(values, FeatureSettings()).vectors(values)
    assert np.abs(vectors).max() <= CLIP_AT
    assert np.isfinite(vectors).all()
    assert vectors[9, 0] > vectors[0, 0]
    constant = pd.DataFrame({"energy": [0.5, 0.5], "valence": [0.1, 0.9]})
    vectors = FeatureSpace.fit(constant, FeatureSettings()).vectors(constant)
    assert vectors[:, 0].tolist() == [0, 0]


@given(
    st.integers(0, 1000),
    st.sampled_from(["cosine", "euclidean"]),
    st.sampled_from(["robust", "standard", "none"]),
    st.lists(st.floats(0.01, 10), min_size=5, max_size=5),
)
@settings(max_examples=40)
def test_parts_add_up_to_the_score(
    seed: int, metric: Metric, scaling: Scaling, weights: list[float]
) -> None:
    values = make_values(seed, 20)
    given_weights = dict(zip(values, weights, strict=True))
    space = FeatureSpace.fit(values, FeatureSettings((), scaling, metric, given_weights))
    vectors = space.vectors(values)
    scores = space.scores(vectors[0], vectors)
    np.testing.assert_array_equal(space.parts(vectors[0], vectors).sum(axis=1), scores)
    if metric == "cosine":
        expected = cosine_similarity(vectors[:1], vectors)[0]
    else:
        squared = ((vectors - vectors[0]) ** 2).sum(axis=1)
        expected = 1 - squared / (2 * vectors.var(axis=0).sum())
    np.testing.assert_allclose(scores, expected, atol=1e-9)
    assert scores[0] == pytest.approx(1)


def test_euclidean_scores_of_all_pairs_are_zero_on_average() -> None:
    values = make_values()
    space = FeatureSpace.fit(values, FeatureSettings(metric="euclidean"))
    vectors = space.vectors(values)
    parts = np.stack([space.parts(vector, vectors) for vector in vectors])
    np.testing.assert_allclose(parts.mean(axis=(0, 1)), 0, atol=1e-12)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_a_weight_of_two_is_a_column_twice(metric: Metric) -> None:
    values = make_values()[["energy", "popularity"]]
    twice = values.assign(again=values["popularity"])
    weighted = FeatureSpace.fit(values, FeatureSettings((), "robust", metric, {"popularity": 2}))
    doubled = FeatureSpace.fit(twice, FeatureSettings((), "robust", metric))
    first, second = weighted.vectors(values), doubled.vectors(twice)
    np.testing.assert_allclose(
        weighted.scores(first[3], first), doubled.scores(second[3], second), atol=1e-12
    )


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_without_a_feature_is_as_if_it_had_not_been_given(metric: Metric) -> None:
    values = make_values()
    space = FeatureSpace.fit(values, FeatureSettings(metric=metric))
    vectors = space.vectors(values)
    without = space.without(vectors[0], vectors)
    for number, name in enumerate(values):
        rest = values.drop(columns=name)
        smaller = FeatureSpace.fit(rest, FeatureSettings(metric=metric))
        left = smaller.vectors(rest)
        np.testing.assert_allclose(without[:, number], smaller.scores(left[0], left), atol=1e-12)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_a_needed_change_gives_the_score(metric: Metric) -> None:
    values = make_values()
    space = FeatureSpace.fit(values, FeatureSettings(metric=metric))
    vectors = space.vectors(values)
    scores = space.scores(vectors[0], vectors)
    found = 0
    for row in range(1, 20):
        for number, name in enumerate(space.names):
            change = space.needed_change(vectors[0], vectors[row], number, scores[row] - 0.05)
            if change is None:
                continue
            found += 1
            changed = values.iloc[[row]].assign(**{name: change[1]})
            reached = space.scores(vectors[0], space.vectors(changed))[0]
            assert reached == pytest.approx(scores[row] - 0.05, abs=1e-9)
            assert name != "key"
    assert found > 20


def test_keys_lie_on_the_circle_of_fifths() -> None:
    values = pd.DataFrame({"key": np.arange(12.0)})
    space = FeatureSpace.fit(values, FeatureSettings())
    vectors = space.vectors(values)
    scores = space.scores(vectors[0], vectors)
    assert scores[7] == pytest.approx(np.cos(2 * np.pi / 12))  # C and G
    assert scores[6] == pytest.approx(-1)  # C and F sharp


def test_what_is_missing_adds_nothing_to_a_cosine() -> None:
    values = make_values()[["energy", "popularity"]]
    values.loc[4, "energy"] = np.nan
    space = FeatureSpace.fit(values, FeatureSettings())
    vectors = space.vectors(values)
    assert space.parts(vectors[0], vectors)[4, 0] == 0


@pytest.mark.parametrize(
    ("given_settings", "message"),
    [
        ({"weights": {"energy": -1.0}}, "weight of energy must be 0 or more, not -1"),
        ({"weights": {"energy": np.nan}}, "weight of energy must be 0 or more"),
        ({"weights": {"loudness": 1.0}}, "weight of loudness: not compared"),
        ({"weights": dict.fromkeys(make_values(), 0.0)}, "all weights are 0"),
    ],
)
def test_wrong_settings_are_named(given_settings: dict[str, object], message: str) -> None:
    with pytest.raises(QueryError, match=message):
        FeatureSpace.fit(make_values(), FeatureSettings(**given_settings))  # type: ignore[arg-type]
