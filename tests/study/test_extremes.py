from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from specrec.errors import QueryError
from specrec.recommend.collection import Collection
from specrec.study.extremes import find_column, first_by, low_and_high, numbers
from tests.libraries import NAMED, write_named, write_planted


@pytest.fixture(scope="module")
def values() -> np.ndarray:
    drawn = np.random.default_rng(0).normal(size=301).round(1)
    drawn[::7] = np.nan
    return drawn


@pytest.mark.parametrize("lowest", [False, True])
def test_the_first_are_those_that_pandas_finds(values: np.ndarray, lowest: bool) -> None:
    series = pd.Series(values)
    expected = series.nsmallest(20) if lowest else series.nlargest(20)
    assert first_by(values, 20, lowest) == expected.index.tolist()
    assert len(first_by(values, 1000, lowest)) == np.isfinite(values).sum()


def test_low_lies_below_the_median_and_high_above(values: np.ndarray) -> None:
    contrast = low_and_high(values, 5, seed=1)
    assert contrast.median == pd.Series(values).median()
    assert len(set(contrast.low)) == len(set(contrast.high)) == 5
    assert (values[contrast.low] < contrast.median).all()
    assert (values[contrast.high] > contrast.median).all()
    assert low_and_high(values, 5, seed=1) == contrast
    assert low_and_high(values, 5, seed=2) != contrast


def test_each_track_of_a_side_is_as_likely(values: np.ndarray) -> None:
    times = np.zeros(len(values))
    for seed in range(400):
        times[low_and_high(values, 5, seed).low] += 1
    below = values < np.nanmedian(values)
    expected = 400 * 5 / below.sum()
    assert times[~below].sum() == 0
    assert abs(times[below] - expected).max() < 5 * np.sqrt(expected)


def test_fewer_tracks_than_asked_for_are_all_taken() -> None:
    contrast = low_and_high(np.array([3.0, 1.0, 2.0, np.nan]), 5)
    assert (contrast.low, contrast.high, contrast.median) == ([1], [0], 2.0)


@pytest.mark.filterwarnings("error")
def test_without_values_there_is_nothing_to_pick() -> None:
    with pytest.raises(QueryError, match="no track has a value"):
        low_and_high(np.full(4, np.nan))


@pytest.mark.parametrize("values", [[1.0, 1.0, 1.0], [0.0, 1.0, 1.0], [5.0]])
def test_a_median_without_two_sides_is_refused(values: list[float]) -> None:
    with pytest.raises(QueryError, match="the median"):
        low_and_high(np.array(values))


def test_columns_and_features_give_numbers(tmp_path: Path) -> None:
    library = Collection.open(write_planted(tmp_path, probe=False))
    np.testing.assert_array_equal(
        numbers(library, "loudness_lufs"), library.generation.descriptors["loudness_lufs"]
    )
    assert set(numbers(library, "duration_seconds")) == {20.0}
    for name, message in [
        ("loudnes_lufs", "did you mean loudness_lufs"),
        ("qqq", "there are"),
        ("title", "no numbers"),
        ("key", "no order"),
        ("tempo_bpm", "no numbers"),
    ]:
        with pytest.raises(QueryError, match=message):
            numbers(library, name)


def test_a_concept_is_a_column_by_any_of_its_spellings(tmp_path: Path) -> None:
    collection = Collection.open(write_named(tmp_path / "library"))
    embeddings = np.asarray(collection.embeddings)
    for name in ("piano", "distorted_guitar"):
        np.testing.assert_allclose(
            numbers(collection, name), embeddings[:, NAMED.index(name)], atol=1e-6
        )
    assert find_column(collection, "Distorted guitar") == "distorted_guitar"
    assert find_column(collection, "bright") == "centroid_hz"
    assert find_column(collection, find_column(collection, "bright")) == "centroid_hz"
    with pytest.raises(QueryError, match="did you mean piano"):
        numbers(collection, "pianoo")
    with pytest.raises(QueryError, match="no column, feature or concept jazz"):
        numbers(collection, "jazz")  # which the model of this library hears no better than chance
