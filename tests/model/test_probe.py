from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file, save_file
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score

from specrec.descriptors.features import FEATURES
from specrec.errors import CatalogError, ModelError
from specrec.model.probe import PROBE_FILE, Probe, load_probe, save_probe
from specrec.model.probe_fit import (
    conformal_width,
    cross_predict,
    fit_probe,
    group_folds,
    ridge,
)

DIM = 12


@pytest.fixture(scope="module")
def planted() -> tuple[np.ndarray, pd.DataFrame, np.ndarray]:
    """Embeddings of which one direction is brightness, one tempo, two the key, none loudness."""
    rng = np.random.default_rng(0)
    embeddings = rng.normal(size=(400, DIM)).astype(np.float32)
    noise = rng.normal(size=(400, 4))
    key = rng.integers(12, size=400).astype(float)
    circle = FEATURES["key"].to_scale(key)
    embeddings[:, 2:4] = 1.5 * circle + 0.2 * noise[:, 2:4]
    table = pd.DataFrame(
        {
            "centroid_hz": 1500 * 2 ** (0.5 * embeddings[:, 0] + 0.1 * noise[:, 0]),
            "tempo_bpm": 120 * 2 ** (0.2 * embeddings[:, 1] + 0.02 * noise[:, 1]),
            "loudness_lufs": rng.normal(-14, 3, size=400),
            "key": key,
            "mood": "calm",
        }
    )
    table.loc[:49, "tempo_bpm"] = np.nan
    return embeddings, table, rng.integers(40, size=400)


@pytest.fixture(scope="module")
def probe(planted: tuple[np.ndarray, pd.DataFrame, np.ndarray]) -> Probe:
    return fit_probe(*planted, "0123456789abcdef")


def test_planted_features_are_found_and_others_are_not(probe: Probe) -> None:
    r2 = {item.feature.name: item.r2.value for item in probe.features}
    assert set(r2) == {"centroid_hz", "tempo_bpm", "loudness_lufs", "key"}
    assert min(r2["centroid_hz"], r2["tempo_bpm"], r2["key"]) > 0.9
    assert r2["loudness_lufs"] < 0.05
    assert {item.feature.name for item in probe.usable()} == {"centroid_hz", "tempo_bpm", "key"}
    weight = probe.weight[probe.rows("centroid_hz")][0]
    assert abs(weight[0]) / np.linalg.norm(weight) > 0.99


def test_missing_values_are_left_out_not_filled(
    probe: Probe, planted: tuple[np.ndarray, pd.DataFrame, np.ndarray]
) -> None:
    embeddings, table, groups = planted
    known = table["tempo_bpm"].notna().to_numpy()
    alone = fit_probe(
        embeddings[known], table.loc[known, ["tempo_bpm"]], groups[known], probe.fingerprint
    )
    np.testing.assert_array_equal(alone.weight[0], probe.weight[probe.rows("tempo_bpm")][0])
    tempo = next(item for item in probe.features if item.feature.name == "tempo_bpm")
    assert tempo.fitted == tempo.tracks == 350


def test_ridge_is_that_of_scikit_learn(
    planted: tuple[np.ndarray, pd.DataFrame, np.ndarray],
) -> None:
    embeddings, table, groups = planted
    truth = FEATURES["centroid_hz"].to_scale(table["centroid_hz"].to_numpy())
    weight, bias, strength = ridge(embeddings, truth, groups)
    penalty = strength * embeddings.astype(float).var(axis=0).mean() * len(embeddings)
    expected = Ridge(alpha=penalty).fit(embeddings.astype(float), truth[:, 0])
    np.testing.assert_allclose(weight[0], expected.coef_, rtol=1e-6, atol=1e-9)
    assert bias[0] == pytest.approx(expected.intercept_)


def test_no_group_is_in_both_sides_of_a_fold() -> None:
    groups = np.random.default_rng(0).integers(9, size=100)
    tested = np.zeros(100, dtype=int)
    for train, test in group_folds(groups):
        assert not set(groups[train]) & set(groups[test])
        assert (train ^ test).all()
        tested += test
    assert (tested == 1).all()


def test_what_is_learned_of_a_group_does_not_count() -> None:
    # The value is a property of the group alone, and embeddings tell groups apart but not their
    # values: track by track this looks like knowledge.
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(20), 20)
    embeddings = (rng.normal(size=(20, 60))[groups] + 0.1 * rng.normal(size=(400, 60))).astype(
        np.float32
    )
    values = rng.normal(-14, 3, size=20)[groups]
    by_group = cross_predict(embeddings, values[:, None], groups)[:, 0]
    by_track = cross_predict(embeddings, values[:, None], np.arange(400))[:, 0]
    assert r2_score(values, by_track) > 0.9
    assert r2_score(values, by_group) < 0.2


def test_intervals_hold_nine_truths_of_ten(
    planted: tuple[np.ndarray, pd.DataFrame, np.ndarray],
) -> None:
    embeddings, table, groups = planted
    held_out = np.arange(400) % 2 == 0
    probe = fit_probe(embeddings, table, groups, "f", held_out)
    for item in probe.features[:2]:
        name = item.feature.name
        known = held_out & table[name].notna().to_numpy()
        truth = item.feature.to_scale(table.loc[known, name].to_numpy())
        off = np.abs(probe.scaled(embeddings[known], name) - truth)[:, 0]
        assert 0.84 <= (off <= item.interval).mean() <= 0.96
        assert item.tracks == known.sum()
        assert r2_score(truth, probe.scaled(embeddings[known], name)) == pytest.approx(
            item.r2.value, abs=1e-4
        )


def test_the_width_is_the_smallest_that_covers() -> None:
    errors = np.arange(1.0, 100.0)  # 99 of them: the rank is 0.9 * 100
    assert conformal_width(errors) == 90.0
    assert conformal_width(np.array([2.0, 1.0])) == 2.0


@pytest.mark.parametrize("name", ["centroid_hz", "bass_share", "loudness_lufs", "key"])
def test_scales_are_inverted(name: str) -> None:
    feature = FEATURES[name]
    values = {"bass_share": [0.01, 0.5, 0.99], "key": [0.0, 5.0, 7.0, 11.0]}.get(
        name, [50.0, 90.0, 4000.0]
    )
    scaled = feature.to_scale(np.array(values))
    np.testing.assert_allclose(feature.from_scale(scaled), values, rtol=1e-12)


def test_a_fifth_is_the_smallest_step_between_keys() -> None:
    circle = FEATURES["key"].to_scale(np.arange(12.0))
    distance = np.linalg.norm(circle[0] - circle, axis=1)
    assert set(np.argsort(distance)[1:3]) == {5, 7}
    assert distance.argmax() == 6


def test_a_probe_is_read_as_it_was_written(probe: Probe, tmp_path: Path) -> None:
    save_probe(probe, tmp_path / PROBE_FILE)
    read = load_probe(tmp_path, probe.fingerprint)
    assert read is not None
    assert read.features == probe.features
    np.testing.assert_array_equal(read.weight, probe.weight)
    np.testing.assert_array_equal(read.bias, probe.bias)
    assert load_probe(tmp_path / "elsewhere", probe.fingerprint) is None


def test_a_probe_of_another_model_or_damaged_is_refused(probe: Probe, tmp_path: Path) -> None:
    path = tmp_path / PROBE_FILE
    save_probe(probe, path)
    with pytest.raises(ModelError, match="reads the embeddings of model 0123456789abcdef"):
        load_probe(tmp_path, "another")
    save_file(load_file(path), path)  # without what describes it
    with pytest.raises(ModelError, match="damaged"):
        load_probe(tmp_path, probe.fingerprint)
    path.write_bytes(b"nothing")
    with pytest.raises(ModelError, match="damaged"):
        load_probe(tmp_path, probe.fingerprint)


def test_too_few_tracks_make_no_probe() -> None:
    table = pd.DataFrame({"energy": np.linspace(0, 1, 39)})
    with pytest.raises(CatalogError, match="no feature is known for 40 tracks"):
        fit_probe(np.eye(39, dtype=np.float32), table, np.arange(39), "f")
