import numpy as np
from specrec.index.distances import DistanceIndex


def test_distances_are_those_of_a_loop() -> None:
    rng = np.random.default_rng(0)
    vectors, queries = rng.normal(size=(200, 5)), rng.normal(size=(3, 5))
    distances, rows = DistanceIndex(vectors).search(queries, 7)
    for query, found, near in zip(queries, distances, rows, strict=True):
        exact = [float(((query - vector) ** 2).sum()) for vector in vectors]
        assert near.tolist() == np.argsort(exact)[:7].tolist()
        np.testing.assert_allclose(found, np.sort(exact)[:7], rtol=1e-5)


def test_there_are_no_more_neighbors_than_rows() -> None:
    _, rows = DistanceIndex(np.eye(3)).search(np.eye(3)[:1], 10)
    assert rows[0, 0] == 0
    assert rows.shape == (1, 3)
