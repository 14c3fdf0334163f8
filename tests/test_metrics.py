import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import skew
from sklearn.metrics import average_precision_score, ndcg_score
from sklearn.metrics.pairwise import cosine_similarity

from specrec.metrics import (
    average_precision,
    k_occurrences,
    ndcg_at,
    precision_at,
    r_precision,
    rank_candidates,
    ranked_relevance,
    reciprocal_rank,
    skewness,
)
from specrec.vectors import cosine_similarities


def test_cosine_equals_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    vectors, others = rng.normal(size=(20, 7)), rng.normal(size=(5, 7))
    np.testing.assert_allclose(cosine_similarities(vectors), cosine_similarity(vectors), atol=1e-12)
    expected = cosine_similarity(vectors, others)
    np.testing.assert_allclose(cosine_similarities(vectors, others), expected, atol=1e-12)
    assert not cosine_similarities(np.zeros((1, 7)), others).any()


@settings(max_examples=40)
@given(st.integers(0, 1000), st.integers(3, 25), st.integers(1, 5))
def test_metrics_equal_a_loop_and_scikit_learn(seed: int, tracks: int, kinds: int) -> None:
    rng = np.random.default_rng(seed)
    similarities = rng.normal(size=(tracks, tracks))
    labels = rng.integers(kinds, size=tracks)
    relevance = ranked_relevance(similarities, labels)
    expected: dict[str, list[float]] = {name: [] for name in ("p3", "r", "ap", "ndcg", "rr")}
    for query in range(tracks):
        others = [row for row in range(tracks) if row != query]
        relevant = [bool(labels[row] == labels[query]) for row in others]
        if not any(relevant):
            continue
        scores = [float(similarities[query, row]) for row in others]
        ranked = [hit for _, hit in sorted(zip(scores, relevant, strict=True), reverse=True)]
        expected["p3"].append(sum(ranked[:3]) / min(3, len(ranked)))
        expected["r"].append(sum(ranked[: sum(ranked)]) / sum(ranked))
        expected["ap"].append(average_precision_score(relevant, scores))
        expected["ndcg"].append(ndcg_score([relevant], [scores], k=10))
        expected["rr"].append(1 / (ranked.index(True) + 1))
    np.testing.assert_allclose(precision_at(relevance, 3), expected["p3"])
    np.testing.assert_allclose(r_precision(relevance), expected["r"])
    np.testing.assert_allclose(average_precision(relevance), expected["ap"])
    np.testing.assert_allclose(ndcg_at(relevance, 10), expected["ndcg"])
    np.testing.assert_allclose(reciprocal_rank(relevance), expected["rr"])


def test_a_worked_example() -> None:
    # Manning et al. 2008, section 8.4: relevant at ranks 1, 3 and 4 of 5.
    relevance = np.array([[True, False, True, True, False]])
    assert average_precision(relevance)[0] == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)
    assert precision_at(relevance, 2)[0] == 0.5
    assert r_precision(relevance)[0] == pytest.approx(2 / 3)
    gains, best = 1 + 1 / np.log2(4), 1 + 1 / np.log2(3)
    assert ndcg_at(relevance, 3)[0] == pytest.approx(gains / (best + 1 / np.log2(4)))
    assert ndcg_at(relevance, 2)[0] == pytest.approx(1 / best)
    assert reciprocal_rank(relevance[:, 1:])[0] == 0.5


def test_what_is_no_candidate_stands_last_whatever_its_similarity() -> None:
    similarities = np.array([[0.1, 0.9, 0.5, 0.5, -1.0]])
    candidates = np.array([[True, False, True, True, True]])
    assert rank_candidates(similarities, candidates).tolist() == [[2, 3, 0, 4, 1]]


@settings(max_examples=40)
@given(st.integers(0, 1000), st.integers(3, 20), st.integers(1, 19))
def test_k_occurrences_equal_a_loop(seed: int, tracks: int, k: int) -> None:
    k = min(k, tracks - 1)
    similarities = np.random.default_rng(seed).normal(size=(tracks, tracks))
    expected = np.zeros(tracks, dtype=int)
    for query in range(tracks):
        others = sorted((-similarities[query, row], row) for row in range(tracks) if row != query)
        for _, row in others[:k]:
            expected[row] += 1
    ranking = rank_candidates(similarities, ~np.eye(tracks, dtype=bool))
    found = k_occurrences(ranking, k, tracks)
    np.testing.assert_array_equal(found, expected)
    assert found.mean() == k
    if expected.std() > 0:
        assert skewness(found) == pytest.approx(skew(expected), abs=1e-12)


def test_one_hub_among_points_on_a_star() -> None:
    # All others are nearest to the first, which is nearest to the second: counts n - 1, 1, 0 ...
    tracks = 50
    similarities = np.zeros((tracks, tracks))
    similarities[:, 0] = 1
    similarities[0, 1] = 1
    counts = k_occurrences(rank_candidates(similarities, ~np.eye(tracks, dtype=bool)), 1, tracks)
    assert counts.tolist() == [tracks - 1, 1] + [0] * (tracks - 2)
    assert skewness(counts) == pytest.approx(skew(counts))
    # Moments of one value among n - 1 zeros: (n - 2) / sqrt(n - 1).
    assert skewness(np.array([1.0] + [0.0] * 9)) == pytest.approx(8 / 3)


def test_equal_counts_are_not_skewed() -> None:
    assert skewness(np.full(7, 10)) == 0


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        ranked_relevance(np.full((2, 2), np.nan), np.array([1, 1]))
    nothing = np.zeros((1, 4), dtype=bool)
    for metric in (r_precision, average_precision, reciprocal_rank):
        with pytest.raises(ValueError, match="no relevant track"):
            metric(nothing)
    with pytest.raises(ValueError, match="no relevant track"):
        ndcg_at(nothing, 10)
    for at in (precision_at, ndcg_at):
        with pytest.raises(ValueError, match="k must be 1 or more, not 0"):
            at(~nothing, 0)
    with pytest.raises(ValueError, match="k must be from 1 to 3, not 4"):
        k_occurrences(np.zeros((4, 4), dtype=int), 4, 4)
    with pytest.raises(ValueError, match="no values"):
        skewness(np.zeros(0))
