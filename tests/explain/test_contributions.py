import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics.pairwise import cosine_similarity

from specrec.audio.windows import window_spans, window_starts
from specrec.explain.contributions import best_passage, by_feature, by_window
from specrec.explain.directions import find_directions
from tests.explain.planted import make_probe, random_probe

scales = st.floats(1e-3, 1e3)
seeds = st.integers(0, 10_000)


@given(seed=seeds, dim=st.integers(2, 64), scale=scales)
def test_features_and_residual_add_up_to_the_similarity(seed: int, dim: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    query = (scale * rng.normal(size=dim)).astype(np.float32)
    neighbors = (rng.normal(size=(4, dim)) + query).astype(np.float32)
    directions = find_directions(random_probe(rng, dim), dim)
    parts = by_feature(query, neighbors, directions)
    expected = cosine_similarity(query[None], neighbors)[0]
    np.testing.assert_allclose(parts.similarity, expected, atol=1e-5)
    total = parts.contributions.sum(axis=1) + parts.residual
    np.testing.assert_allclose(total, expected, atol=1e-5)


def test_a_contribution_is_what_the_shared_direction_adds() -> None:
    directions = find_directions(
        make_probe({"centroid_hz": np.eye(8)[0], "bass_share": np.eye(8)[1]}), 8
    )
    bright = np.array([3, 0, 4, 0, 0, 0, 0, 0], dtype=np.float32)
    dark = np.array([-3, 0, 4, 0, 0, 0, 0, 0], dtype=np.float32)
    deep = np.array([0, 1, 0, 0, 0, 0, 0, 0], dtype=np.float32)
    parts = by_feature(bright, np.stack([bright, dark, deep]), directions)
    group = directions.names.index("centroid_hz")
    np.testing.assert_allclose(parts.contributions[:, group], [0.36, -0.36, 0])
    np.testing.assert_allclose(parts.residual, [0.64, 0.64, 0])
    nothing = by_feature(np.zeros(8, dtype=np.float32), bright[None], directions)
    assert nothing.similarity == 0
    assert (nothing.contributions == 0).all()


@given(seed=seeds, first=st.integers(1, 30), second=st.integers(1, 30), scale=scales)
def test_the_mean_over_pairs_of_windows_is_the_similarity(
    seed: int, first: int, second: int, scale: float
) -> None:
    rng = np.random.default_rng(seed)
    windows = [
        (scale * (1 + rng.normal(size=(count, 32)))).astype(np.float32) for count in (first, second)
    ]
    embeddings = [rows.mean(axis=0) for rows in windows]
    halves = [rows.astype(np.float16) for rows in windows]
    matrix = by_window(halves[0], halves[1], embeddings[0], embeddings[1])
    assert matrix.shape == (first, second)
    expected = cosine_similarity(embeddings[0][None], embeddings[1][None])[0, 0]
    assert matrix.mean() == pytest.approx(expected, abs=1e-5)


def test_the_passage_that_two_tracks_share_is_found() -> None:
    rng = np.random.default_rng(0)
    query, neighbor = rng.normal(size=(2, 6, 40)).astype(np.float32)
    neighbor[4] = 2 * query[1]
    spans = (window_spans(6, seconds, 5.0) for seconds in (30.0, 27.5))
    passage = best_passage(query, neighbor, *spans)
    assert (passage.query_start, passage.query_end) == (5.0, 10.0)
    assert (passage.neighbor_start, passage.neighbor_end) == (18.0, 23.0)
    assert passage.similarity == pytest.approx(1)


@pytest.mark.parametrize("seconds", [2.0, 5.0, 12.3, 60.0])
def test_spans_are_those_that_were_cut(seconds: float) -> None:
    rate = 1000
    starts = window_starts(round(seconds * rate), min(5 * rate, round(seconds * rate)))
    spans = window_spans(len(starts), seconds, 5.0)
    np.testing.assert_allclose(spans[:, 0], starts / rate, atol=1e-3)
    np.testing.assert_allclose(spans[:, 1] - spans[:, 0], min(5.0, seconds))
    assert spans[-1, 1] == pytest.approx(seconds)
