import numpy as np
import pytest
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


def test_what_others_span_joins_the_nearest_of_them() -> None:
    first, second, third = np.eye(3)
    weights = {
        "centroid_hz": first,
        "onset_rate_hz": second,
        "bass_share": third,
        "loudness_range_lu": first + second + third,
    }
    directions = find_directions(make_probe(weights, {"loudness_range_lu": 0.4}), 3)
    assert len(directions.names) == 3
    assert sum(map(len, directions.members)) == 4
    np.testing.assert_allclose(directions.axes @ directions.axes.T, np.eye(3), atol=1e-12)
