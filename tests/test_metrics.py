import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score
from sklearn.metrics.pairwise import cosine_similarity

from specrec.metrics import average_precision, cosine_similarities, precision_at, ranked_relevance


def test_cosine_equals_scikit_learn() -> None:
    vectors = np.random.default_rng(0).normal(size=(20, 7))
    np.testing.assert_allclose(cosine_similarities(vectors), cosine_similarity(vectors), atol=1e-12)


@given(st.integers(0, 1000), st.integers(3, 25), st.integers(1, 5))
def test_metrics_equal_a_loop_and_scikit_learn(seed: int, tracks: int, kinds: int) -> None:
    rng = np.random.default_rng(seed)
    similarities = rng.normal(size=(tracks, tracks))
    labels = rng.integers(kinds, size=tracks)
    relevance = ranked_relevance(similarities, labels)
    expected_p3, expected_ap = [], []
    for query in range(tracks):
        others = [row for row in range(tracks) if row != query]
        relevant = [labels[row] == labels[query] for row in others]
        if not any(relevant):
            continue
        scores = [similarities[query, row] for row in others]
        ranked = [hit for _, hit in sorted(zip(scores, relevant, strict=True), reverse=True)]
        expected_p3.append(sum(ranked[:3]) / min(3, len(ranked)))
        expected_ap.append(average_precision_score(relevant, scores))
    np.testing.assert_allclose(precision_at(relevance, 3), expected_p3)
    np.testing.assert_allclose(average_precision(relevance), expected_ap)


def test_a_worked_example() -> None:
    # Manning et al. 2008, section 8.4: relevant at ranks 1, 3 and 4 of 5.
    relevance = np.array([[True, False, True, True, False]])
    assert average_precision(relevance)[0] == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)
    assert precision_at(relevance, 2)[0] == 0.5


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        ranked_relevance(np.full((2, 2), np.nan), np.array([1, 1]))
