import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import polar

from specrec.explain.directions import find_directions
from specrec.model.probe import Probe
from tests.explain.planted import make_probe, random_probe

DIM = 20


@pytest.fixture
def probe() -> Probe:
    return random_probe(np.random.default_rng(0), DIM)


def test_axes_are_the_nearest_orthonormal_ones(probe: Probe) -> None:
    directions = find_directions(probe, DIM)
    np.testing.assert_allclose(directions.axes @ directions.axes.T, np.eye(6), atol=1e-12)
    rows = []
    for name in directions.names:
        own = probe.weight[probe.rows(name)].astype(float)
        rows.append(np.linalg.svd(own, full_matrices=False)[2])
    nearest, _ = polar(np.concatenate(rows))
    for group, basis in enumerate(rows):
        own = directions.of_group(group)
        expected = nearest[directions.groups == group]
        np.testing.assert_allclose(own.T @ own, expected.T @ expected, atol=1e-9)
        assert len(own) == len(basis)


def test_the_order_of_the_features_does_not_matter(probe: Probe) -> None:
    names = [item.feature.name for item in probe.features]
    turned = make_probe({name: probe.weight[probe.rows(name)] for name in reversed(names)})
    first, second = find_directions(probe, DIM), find_directions(turned, DIM)
    for group, name in enumerate(first.names):
        other = second.of_group(second.names.index(name))
        own = first.of_group(group)
        np.testing.assert_allclose(own.T @ own, other.T @ other, atol=1e-6)


def test_nearly_parallel_features_are_one_group_named_by_the_best() -> None:
    rng = np.random.default_rng(0)
    bright, busy = np.eye(DIM)[0], np.eye(DIM)[1]
    near = bright + 0.05 * rng.normal(size=DIM)
    weights = {"centroid_hz": bright, "onset_rate_hz": busy, "rolloff_hz": -3 * near}
    directions = find_directions(make_probe(weights, {"rolloff_hz": 0.9}), DIM)
    assert directions.members == (("rolloff_hz", "centroid_hz"), ("onset_rate_hz",))
    assert directions.names == ("rolloff_hz", "onset_rate_hz")
    np.testing.assert_allclose(directions.alignment, 1, atol=0.02)
    # Towards more of the feature, whatever the sign of an axis.
    assert directions.heads[0] @ -near > 0.9 * np.linalg.norm(near)


def test_features_below_the_floor_have_no_direction(probe: Probe) -> None:
    weights = {
        item.feature.name: probe.weight[probe.rows(item.feature.name)] for item in probe.features
    }
    directions = find_directions(make_probe(weights, {"key": 0.1, "bass_share": 0.2}), DIM)
    assert set(directions.names) == {"centroid_hz", "onset_rate_hz", "loudness_range_lu"}
    nothing = find_directions(make_probe(weights, dict.fromkeys(weights, 0.0)), DIM)
    assert nothing.names == ()
    assert nothing.axes.shape == (0, DIM)
    assert find_directions(None, DIM).axes.shape == (0, DIM)


@pytest.mark.parametrize("dim", [3, DIM])
def test_what_others_nearly_span_joins_the_nearest_of_them(dim: int) -> None:
    first, second, third, *others = np.eye(dim)
    beyond = 0.1 * sum(others[:1], np.zeros(dim))
    weights = {
        "centroid_hz": first,
        "onset_rate_hz": second,
        "bass_share": third,
        "loudness_range_lu": first + second + 1.1 * third + beyond,
    }
    directions = find_directions(make_probe(weights, {"loudness_range_lu": 0.4}), dim)
    assert len(directions.names) == 3
    assert ("bass_share", "loudness_range_lu") in directions.members
    np.testing.assert_allclose(abs(directions.axes).sum(axis=0), np.arange(dim) < 3, atol=1e-6)


@given(seed=st.integers(0, 10_000), dim=st.integers(2, 12), shared=st.floats(0, 0.999))
def test_axes_stay_orthonormal_however_alike_the_features(
    seed: int, dim: int, shared: float
) -> None:
    rng = np.random.default_rng(seed)
    common = rng.normal(size=dim)
    probe = random_probe(rng, dim)
    weights = {
        item.feature.name: shared * common + (1 - shared) * probe.weight[probe.rows(name)]
        for item in probe.features
        for name in [item.feature.name]
    }
    directions = find_directions(make_probe(weights), dim)
    axes = directions.axes
    np.testing.assert_allclose(axes @ axes.T, np.eye(len(axes)), atol=1e-9)
    assert sorted(sum(directions.members, ())) == sorted(weights)
    assert ((directions.alignment > 0.2) & (directions.alignment <= 1 + 1e-9)).all()
    for group, head in enumerate(directions.heads):
        own = directions.of_group(group)
        np.testing.assert_allclose(head @ own.T @ own, head, atol=1e-9)
