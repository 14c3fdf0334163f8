import numpy as np
import pandas as pd
import pytest
from scipy.stats import percentileofscore

from specrec.explain.feature_stats import FeatureStats
from specrec.explain.readings import Reading
from tests.explain.planted import make_probe

EMBEDDINGS = np.random.default_rng(0).normal(size=(50, 6)).astype(np.float32)


def read(stats: FeatureStats, *rows: int) -> list[dict[str, Reading]]:
    return stats.readings(EMBEDDINGS[list(rows)], [stats.known(row) for row in rows])


@pytest.fixture
def stats() -> FeatureStats:
    probe = make_probe(
        {"loudness_range_lu": np.eye(6)[0], "valence": np.eye(6)[1]}, {"valence": 0.1}
    )
    table = pd.DataFrame(
        {
            "tempo_bpm": np.arange(50.0) // 2,
            "loudness_range_lu": np.where(np.arange(50) < 10, 100.0, np.nan),
            "key": np.arange(50) % 2,
            "energy": np.where(np.arange(50) < 5, 0.5, np.nan),
            "mood": "calm",
        }
    )
    return FeatureStats(table, probe, EMBEDDINGS)


def test_what_is_measured_goes_before_what_is_predicted(stats: FeatureStats) -> None:
    known, guessed = (readings["loudness_range_lu"] for readings in read(stats, 3, 30))
    assert (known.value, known.measured) == (100.0, True)
    assert known.predicted == pytest.approx(EMBEDDINGS[3, 0], abs=1e-6)
    assert not guessed.measured
    assert guessed.value == guessed.predicted == pytest.approx(EMBEDDINGS[30, 0], abs=1e-6)


def test_percentiles_count_equal_ones_half(stats: FeatureStats) -> None:
    values = np.arange(50) // 2
    rows = (0, 17, 49)
    for row, readings in zip(rows, read(stats, *rows), strict=True):
        reading = readings["tempo_bpm"]
        assert reading.percentile == percentileofscore(values, values[row], "mean")
        assert reading.predicted is None
    assert stats.percentile("key", 1.0) == 50  # half of the tracks are in another key


@pytest.mark.parametrize(("zeros", "side"), [(15, -1), (16, 0), (29, 0)])
def test_what_more_than_a_quarter_has_is_not_unusual(zeros: int, side: int) -> None:
    values = np.linspace(0.1, 0.9, 60)
    values[:zeros] = 0
    stats = FeatureStats(pd.DataFrame({"energy": values}), None, np.zeros((60, 1), np.float32))
    (reading,) = stats.readings(np.zeros((1, 1)), [stats.known(0)])
    assert reading.side("energy") == side


def test_features_that_are_hardly_known_or_badly_predicted_say_nothing(stats: FeatureStats) -> None:
    names = {feature.name for feature in stats.features}
    assert names == {"tempo_bpm", "loudness_range_lu", "key"}
    assert read(stats, 0)[0].keys() == names
    # A value is known, however few others are.
    assert stats.known(0) == {"tempo_bpm": 0, "loudness_range_lu": 100, "key": 0, "energy": 0.5}
    assert stats.known(30) == {"tempo_bpm": 15, "key": 0}


def test_a_track_from_outside_is_read_alike(stats: FeatureStats) -> None:
    # The energy is known of it, but of too few others to say where it stands.
    (outside,) = stats.readings(EMBEDDINGS[30:31], [{"tempo_bpm": 7.0, "energy": 0.7}])
    assert outside["loudness_range_lu"] == read(stats, 30)[0]["loudness_range_lu"]
    assert (outside["tempo_bpm"].value, outside["tempo_bpm"].percentile) == (7.0, 30.0)
    assert outside.keys() == {"tempo_bpm", "loudness_range_lu"}


def test_a_large_library_is_read_from_a_sample() -> None:
    rng = np.random.default_rng(1)
    tempo = rng.lognormal(4.8, 0.2, size=120_000)
    table = pd.DataFrame({"tempo_bpm": tempo})
    embeddings = np.zeros((len(tempo), 2), dtype=np.float32)
    stats = FeatureStats(table, None, embeddings)
    rows = rng.integers(len(tempo), size=20).tolist()
    found = stats.readings(embeddings[rows], [stats.known(row) for row in rows])
    for row, readings in zip(rows, found, strict=True):
        reading = readings["tempo_bpm"]
        assert reading.value == tempo[row]
        assert reading.percentile == pytest.approx(100 * (tempo < tempo[row]).mean(), abs=1.0)
