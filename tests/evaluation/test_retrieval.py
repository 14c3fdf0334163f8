from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import skew
from sklearn.metrics import average_precision_score
from sklearn.metrics.pairwise import cosine_similarity

from specrec.evaluation import retrieval
from specrec.evaluation.retrieval import METRICS, evaluate_retrieval, measure_hubness
from specrec.evaluation.task import Task


def task_of(labels: np.ndarray, artists: np.ndarray | None = None) -> Task:
    unknown = np.full(len(labels), -1)
    artists = unknown if artists is None else artists
    return Task("kind", np.arange(len(labels)), labels, artists, unknown)


def test_planted_clusters_are_found_and_noise_is_not() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(8), 12)
    centers = rng.normal(size=(8, 16))
    embeddings = {
        "clustered": centers[labels] + 0.1 * rng.normal(size=(96, 16)),
        "noise": rng.normal(size=(96, 16)),
    }
    found = evaluate_retrieval(embeddings, task_of(labels))
    assert (found.tracks, found.queries, found.known) == (96, 96, 0)
    assert all(found.figures["clustered"][name].value == pytest.approx(1) for name in METRICS)
    noise = found.figures["noise"]
    assert noise["precision_at_10"].value == pytest.approx(11 / 95, abs=0.05)
    assert noise["precision_at_1"].low <= 11 / 95 <= noise["precision_at_1"].high


def test_more_tracks_than_a_block_with_a_filter_equal_a_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retrieval, "_BLOCK", 16)
    rng = np.random.default_rng(1)
    labels, artists = rng.integers(8, size=70), rng.integers(-1, 12, size=70)
    vectors = rng.normal(size=(70, 8)) + rng.normal(size=(8, 8))[labels]
    similarities = cosine_similarity(vectors)
    first, average = [], []
    for query in range(70):
        others = [
            row
            for row in range(70)
            if row != query and (artists[query] < 0 or artists[row] != artists[query])
        ]
        relevant = labels[others] == labels[query]
        if relevant.any():
            first.append(relevant[similarities[query, others].argmax()])
            average.append(average_precision_score(relevant, similarities[query, others]))
    found = evaluate_retrieval(
        {"e": vectors}, replace(task_of(labels, artists), artist_filter=True)
    )
    assert found.queries == len(first)
    assert found.figures["e"]["precision_at_1"].value == pytest.approx(np.mean(first))
    assert found.figures["e"]["mean_average_precision"].value == pytest.approx(np.mean(average))


def test_the_interval_is_that_of_a_binomial() -> None:
    rng = np.random.default_rng(1)
    labels = np.repeat(np.arange(2), 100)
    found = evaluate_retrieval({"noise": rng.normal(size=(200, 3))}, task_of(labels))
    figure = found.figures["noise"]["precision_at_1"]
    spread = 1.96 * np.sqrt(figure.value * (1 - figure.value) / 200)
    assert figure.high - figure.low == pytest.approx(2 * spread, rel=0.15)


def test_differences_are_paired() -> None:
    # Two noisy copies of one embedding agree on most queries: the interval of their difference
    # is narrower than the two intervals would make it, and has the width of a paired z test.
    rng = np.random.default_rng(2)
    labels = np.repeat(np.arange(20), 20)
    vectors = rng.normal(size=(20, 8))[labels] + 1.5 * rng.normal(size=(400, 8))
    embeddings = {name: vectors + 0.3 * rng.normal(size=(400, 8)) for name in ("one", "two")}
    embeddings["same"] = 3 * embeddings["one"]
    found = evaluate_retrieval(embeddings, task_of(labels))
    assert set(found.differences) == {"two", "same"}
    figures, pair = found.figures, found.differences["two"]["precision_at_1"]
    one, two = (figures[name]["precision_at_1"] for name in ("one", "two"))
    assert pair.value == pytest.approx(one.value - two.value)
    hits = []
    for name in ("one", "two"):
        similarities = cosine_similarity(embeddings[name])
        np.fill_diagonal(similarities, -2)
        hits.append(labels[similarities.argmax(axis=1)] == labels)
    spread = 1.96 * np.std(hits[0].astype(float) - hits[1]) / np.sqrt(400)
    assert pair.high - pair.low == pytest.approx(2 * spread, rel=0.15)
    assert pair.high - pair.low < np.hypot(one.high - one.low, two.high - two.low)
    for figure in found.differences["same"].values():
        assert (figure.value, figure.low, figure.high) == pytest.approx((0, 0, 0), abs=1e-12)


def test_a_filter_that_leaves_nothing_gives_no_figures() -> None:
    labels = np.array([0, 0, 1, 1])
    task = replace(task_of(labels, artists=labels), artist_filter=True)
    found = evaluate_retrieval({"e": np.eye(4)}, task)
    assert (found.queries, found.figures, found.differences) == (0, {}, {})


def test_hubness_of_a_planted_hub() -> None:
    # A track between all the others, which are orthogonal, is everyone's nearest.
    vectors = np.vstack([np.eye(30), np.full((1, 30), 1.0)])
    hubness = measure_hubness(vectors, k=1)
    assert hubness.k == 1
    assert hubness.largest == 30
    assert hubness.never_share == pytest.approx(29 / 31)
    assert hubness.tracks_by_occurrence == [29, 1, *[0] * 28, 1]
    assert hubness.skewness == pytest.approx(skew([30, 1] + [0] * 29))


def test_hubness_over_more_tracks_than_a_block_and_fewer_than_k(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retrieval, "_BLOCK", 16)
    vectors = np.random.default_rng(3).normal(size=(70, 20))
    similarities = cosine_similarity(vectors)
    np.fill_diagonal(similarities, -2)
    nearest = np.argsort(-similarities, axis=1)[:, :10]
    counts = np.bincount(nearest.ravel(), minlength=70)
    hubness = measure_hubness(vectors)
    assert hubness.largest == counts.max()
    assert hubness.skewness == pytest.approx(skew(counts))
    assert hubness.never_share == pytest.approx((counts == 0).mean())
    few = measure_hubness(vectors[:4])
    assert (few.k, few.largest, few.skewness, few.never_share) == (3, 3, 0, 0)


def test_fewer_hubs_spread_the_recommendations_and_keep_the_clusters() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(10), 30)
    vectors = 0.5 * rng.normal(size=(10, 30))[labels] + rng.normal(size=(300, 30))
    vectors += 0.5 * rng.normal(size=30)  # off center: some are near to all
    plain, corrected = (measure_hubness(vectors, fewer_hubs=fewer) for fewer in (False, True))
    assert corrected.largest < plain.largest
    assert corrected.skewness < plain.skewness / 2
    task = Task("label", np.arange(300), labels, np.full(300, -1), np.full(300, -1))
    found = evaluate_retrieval({"plain": vectors, "fewer": vectors}, task, {"fewer"})
    precision = {name: found.figures[name]["precision_at_10"].value for name in found.figures}
    assert precision["fewer"] > precision["plain"]
    same = evaluate_retrieval({"plain": vectors, "fewer": vectors}, task)
    assert same.figures["fewer"] == same.figures["plain"] == found.figures["plain"]
