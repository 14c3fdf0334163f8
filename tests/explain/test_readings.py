import numpy as np
import pandas as pd
import pytest
from scipy.stats import percentileofscore

from specrec.explain.readings import Readings, Subject
from tests.explain.planted import make_probe


@pytest.fixture
def readings() -> Readings:
    rng = np.random.default_rng(0)
    embeddings = rng.normal(size=(50, 6)).astype(np.float32)
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
    return Readings(table, probe, embeddings)


def test_what_is_measured_goes_before_what_is_predicted(readings: Readings) -> None:
    known, guessed = readings.subject(3), readings.subject(30)
    reading = readings.read("loudness_range_lu", known)
    assert reading is not None
    assert (reading.value, reading.measured) == (100.0, True)
    reading = readings.read("loudness_range_lu", guessed)
    assert reading is not None
    assert not reading.measured
    assert reading.value == pytest.approx(guessed.embedding[0], abs=1e-6)


def test_percentiles_count_equal_ones_half(readings: Readings) -> None:
    values = np.arange(50) // 2
    for row in (0, 17, 49):
        reading = readings.read("tempo_bpm", readings.subject(row))
        assert reading is not None
        assert reading.percentile == percentileofscore(values, values[row], "mean")
    assert readings.percentile("key", 1.0) == 50  # half of the tracks are in another key


def test_features_that_are_hardly_known_or_badly_predicted_say_nothing(readings: Readings) -> None:
    names = {feature.name for feature in readings.features}
    assert names == {"tempo_bpm", "loudness_range_lu", "key"}
    assert np.isnan(readings.predicted("valence", readings.subject(0)))


def test_a_track_from_outside_is_read_alike(readings: Readings) -> None:
    inside = readings.subject(30)
    outside = Subject(inside.embedding, {"tempo_bpm": 7.0})
    assert readings.read("loudness_range_lu", outside) == readings.read("loudness_range_lu", inside)
    reading = readings.read("tempo_bpm", outside)
    assert reading is not None
    assert (reading.value, reading.percentile) == (7.0, 30.0)
    assert readings.read("key", outside) is None
    # Known of it, but of too few others to say where it stands.
    assert readings.read("energy", Subject(inside.embedding, {"energy": 0.7})) is None


def test_a_large_library_is_read_from_a_sample() -> None:
    rng = np.random.default_rng(1)
    tempo = rng.lognormal(4.8, 0.2, size=120_000)
    table = pd.DataFrame({"tempo_bpm": tempo})
    readings = Readings(table, None, np.zeros((len(tempo), 2), dtype=np.float32))
    for row in rng.integers(len(tempo), size=20):
        reading = readings.read("tempo_bpm", readings.subject(int(row)))
        assert reading is not None
        assert reading.value == tempo[row]
        assert reading.percentile == pytest.approx(100 * (tempo < tempo[row]).mean(), abs=1.0)
