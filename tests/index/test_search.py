from pathlib import Path

import faiss
import numpy as np
import pytest

from specrec.errors import LibraryError
from specrec.index.search import (
    EXACT,
    IVF_PQ,
    IVF_SQ,
    SearchIndex,
    check_index,
    describe_index,
    read_index,
    write_index,
)
from specrec.index.search_building import build_index

KINDS = [EXACT, IVF_SQ, IVF_PQ]
TRACKS, DIM = 6000, 24


def clustered(tracks: int = TRACKS, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centers = 3 * rng.normal(size=(60, DIM))
    points = centers[rng.integers(60, size=tracks)] + rng.normal(size=(tracks, DIM))
    return (points * rng.lognormal(size=(tracks, 1))).astype(np.float32)


def brute_force(
    embeddings: np.ndarray, query: np.ndarray, allowed: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """All allowed rows, most similar first, and their cosines."""
    length = np.linalg.norm(embeddings, axis=1) * np.linalg.norm(query)
    cosines = embeddings.astype(np.float64) @ query / length
    rows = np.arange(len(embeddings)) if allowed is None else np.flatnonzero(allowed)
    order = rows[np.argsort(-cosines[rows], kind="stable")]
    return order, cosines[order]


@pytest.fixture(scope="module")
def embeddings() -> np.ndarray:
    return clustered()


@pytest.fixture(scope="module", params=KINDS)
def index(request: pytest.FixtureRequest, embeddings: np.ndarray) -> SearchIndex:
    made = build_index(embeddings, request.param)
    assert made.kind == request.param
    return made


def test_itself_is_nearest_and_scores_are_exact(index: SearchIndex, embeddings: np.ndarray) -> None:
    similarities, rows = index.search(embeddings[:50], 5)
    np.testing.assert_array_equal(rows[:, 0], np.arange(50))
    for query in range(50):
        order, cosines = brute_force(embeddings, embeddings[query])
        here = dict(zip(order, cosines, strict=True))
        expected = [here[row] for row in rows[query]]
        np.testing.assert_allclose(similarities[query], expected, atol=2e-6)
        assert (np.diff(similarities[query]) <= 0).all()


def test_a_batch_gives_what_single_queries_give(index: SearchIndex) -> None:
    queries = clustered(30, seed=5)
    similarities, rows = index.search(queries, 7)
    for place, query in enumerate(queries):
        one_similarities, one_rows = index.search(query[None], 7)
        np.testing.assert_array_equal(one_rows[0], rows[place])
        np.testing.assert_allclose(one_similarities[0], similarities[place], atol=1e-6)


def test_the_recall_is_what_it_says(index: SearchIndex, embeddings: np.ndarray) -> None:
    queries = np.random.default_rng(9).integers(TRACKS, size=300)
    _, found = index.search(embeddings[queries], 11)
    hits = [
        len(set(brute_force(embeddings, embeddings[query])[0][1:11]) & set(rows)) / 10
        for query, rows in zip(queries, found, strict=True)
    ]
    assert index.recall >= 0.99
    assert np.mean(hits) == pytest.approx(index.recall, abs=0.01)


@pytest.mark.parametrize("share", [0.0, 0.0005, 0.02, 0.5, 0.9])
def test_a_filter_gives_as_many_as_there_are(
    index: SearchIndex, embeddings: np.ndarray, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("specrec.index.search._FEW", 50)  # so that lists are probed too
    allowed = np.random.default_rng(3).random(TRACKS) < share
    queries = embeddings[:20]
    similarities, rows = index.search(queries, 10, allowed)
    assert rows.shape == similarities.shape == (20, min(10, allowed.sum()))
    assert allowed[rows].all()
    expected = [brute_force(embeddings, query, allowed)[0][:10] for query in queries]
    hits = [len(set(one) & set(other)) for one, other in zip(rows, expected, strict=True)]
    assert sum(hits) >= 0.98 * rows.size
    if index.kind == EXACT:
        np.testing.assert_array_equal(rows, np.array(expected).reshape(rows.shape))


def test_a_filter_that_one_cluster_passes_is_found_from_afar(
    index: SearchIndex, embeddings: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("specrec.index.search._FEW", 50)
    order, _ = brute_force(embeddings, embeddings[0])
    allowed = np.zeros(TRACKS, dtype=bool)
    allowed[order[-120:]] = True  # what is least like the query
    _, rows = index.search(embeddings[:1], 40, allowed)
    assert len(set(rows[0])) == 40
    assert allowed[rows[0]].all()


def test_saved_and_opened_it_answers_the_same(
    index: SearchIndex, embeddings: np.ndarray, tmp_path: Path
) -> None:
    write_index(index, tmp_path / "index.faiss")
    np.save(tmp_path / "embeddings.npy", embeddings)
    mapped = np.load(tmp_path / "embeddings.npy", mmap_mode="r")
    opened = read_index(tmp_path / "index.faiss", mapped, describe_index(index))
    assert describe_index(opened)["kind"] == index.kind
    queries = clustered(20, seed=7)
    for one, other in zip(index.search(queries, 9), opened.search(queries, 9), strict=True):
        np.testing.assert_array_equal(one, other)
    data = (tmp_path / "index.faiss").read_bytes()
    (tmp_path / "index.faiss").write_bytes(data[:100])
    with pytest.raises(LibraryError, match="damaged"):
        read_index(tmp_path / "index.faiss", mapped, describe_index(index))


def test_the_order_of_the_tracks_does_not_matter(
    index: SearchIndex, embeddings: np.ndarray
) -> None:
    shuffled = np.random.default_rng(11).permutation(TRACKS)
    other = build_index(embeddings[shuffled], index.kind)
    assert dict(other.settings) == dict(index.settings)
    queries = clustered(40, seed=8)
    similarities, rows = index.search(queries, 10)
    other_similarities, other_rows = other.search(queries, 10)
    np.testing.assert_array_equal(shuffled[other_rows], rows)
    np.testing.assert_allclose(other_similarities, similarities, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_equal_and_empty_vectors_are_found_too(kind: str) -> None:
    embeddings = clustered(400)
    embeddings[100:130] = embeddings[7]
    embeddings[200] = 0
    index = build_index(embeddings, kind)
    similarities, rows = index.search(embeddings[7:8], 31)
    assert set(rows[0]) == {7, *range(100, 130)}
    assert rows[0].tolist() == sorted(rows[0])  # of equal ones the first goes first
    np.testing.assert_allclose(similarities[0], 1, atol=1e-6)
    assert np.isfinite(index.search(embeddings[200:201], 5)[0]).all()
    few = build_index(embeddings[:3], kind)
    assert few.search(embeddings[:2], 10)[1].shape == (2, 3)


@pytest.mark.parametrize("kind", KINDS)
def test_short_codes_may_miss_a_track_of_those_looked_for_but_not_most(
    tmp_path: Path, kind: str
) -> None:
    embeddings = clustered()
    built = build_index(embeddings, kind)
    check_index(built, tmp_path)
    missed = embeddings.copy()
    missed[0] = -missed[0]  # its code is another's now, as if it were lost among others alike
    index = SearchIndex(kind, built.index, missed, 1.0, built.settings)
    if kind == EXACT:
        with pytest.raises(LibraryError, match="does not find"):
            check_index(index, tmp_path)
    else:
        check_index(index, tmp_path)
    index = SearchIndex(kind, built.index, np.roll(embeddings, 1, axis=0), 1.0, built.settings)
    with pytest.raises(LibraryError, match="does not find"):
        check_index(index, tmp_path)


@pytest.mark.parametrize("kind", [IVF_SQ, IVF_PQ])
def test_vectors_of_any_length_are_found_as_well(kind: str) -> None:
    embeddings = clustered()[:, : DIM - 3]  # FAISS is fast with multiples of eight
    index = build_index(embeddings, kind)
    assert index.recall >= 0.98
    similarities, rows = index.search(embeddings[:50], 10)
    found = []
    for query in range(50):
        order, cosines = brute_force(embeddings, embeddings[query])
        here = dict(zip(order, cosines, strict=True))
        expected = [here[row] for row in rows[query]]
        np.testing.assert_allclose(similarities[query], expected, atol=2e-6)
        found.append(len(set(order[:10]) & set(rows[query])) / 10)
    assert np.mean(found) >= 0.98


def test_an_index_over_vectors_as_they_are_is_read(tmp_path: Path) -> None:
    embeddings = clustered()[:, : DIM - 3]  # as they were stored before
    directions = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    lists = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(DIM - 3), DIM - 3, 8, faiss.ScalarQuantizer.QT_8bit,
        faiss.METRIC_INNER_PRODUCT,
    )  # fmt: skip
    lists.train(directions)
    lists.add(directions)
    write_index(SearchIndex(IVF_SQ, lists, embeddings), tmp_path / "index.faiss")
    described = {"kind": IVF_SQ, "measured_recall": 1.0, "lists": 8, "probes": 8}
    opened = read_index(tmp_path / "index.faiss", embeddings, described)
    _, rows = opened.search(embeddings[:20], 5)
    for query in range(20):
        order, _ = brute_force(embeddings, embeddings[query])
        np.testing.assert_array_equal(rows[query], order[:5])
