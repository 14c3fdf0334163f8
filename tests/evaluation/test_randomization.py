import numpy as np
import pandas as pd
import pytest

from specrec.evaluation.randomization import compare_weights, shuffle_labels
from specrec.explain.directions import find_directions
from specrec.model.probe_fit import fit_probe

Planted = tuple[np.ndarray, pd.DataFrame]


@pytest.fixture(scope="module")
def planted() -> Planted:
    rng = np.random.default_rng(0)
    embeddings = rng.normal(size=(150, 6)).astype(np.float32)
    table = pd.DataFrame(
        {"centroid_hz": 1500 * 2 ** embeddings[:, 0], "loudness_lufs": -15 + 3 * embeddings[:, 1]}
    )
    return embeddings, table


def test_shuffled_labels_leave_nothing(planted: Planted) -> None:
    found = shuffle_labels(*planted)
    assert found is not None
    assert (len(found.features), len(found.usable())) == (2, 0)
    assert max(item.r2.value for item in found.features) < 0.1
    assert len(fit_probe(*planted, np.arange(150), "planted").usable()) == 2  # as they are, all
    assert shuffle_labels(planted[0][:30], planted[1][:30]) is None  # too few to fit anything


def test_contributions_are_compared_over_all_pairs(planted: Planted) -> None:
    embeddings, table = planted
    directions = find_directions(fit_probe(embeddings, table, np.arange(150), "planted"), 6)
    same = compare_weights(embeddings, 2 * embeddings, directions)
    assert same.tracks == 150
    assert same.correlation == pytest.approx({"centroid_hz": 1.0, "loudness_lufs": 1.0})
    assert same.similarity_correlation == pytest.approx(1.0)
    other = np.random.default_rng(1).normal(size=(150, 6)).astype(np.float32)
    none = compare_weights(embeddings, other, directions)
    assert max(map(abs, none.correlation.values())) < 0.1
    assert abs(none.similarity_correlation) < 0.1
    # One direction kept, the rest new: only its contribution is known again.
    other[:, 0] = embeddings[:, 0]
    partly = compare_weights(embeddings, other, directions)
    assert partly.correlation["centroid_hz"] > 0.8
    assert abs(partly.correlation["loudness_lufs"]) < 0.1
