"""Builds search indexes: centers, codes, and as many probes as a recall takes, which is measured.

An index depends on the embeddings alone, not on their order or on the runs that made them.
"""

import faiss
import numpy as np

from specrec.index.search import (
    AUTO,
    EXACT,
    EXACT_UP_TO,
    IVF_PQ,
    IVF_SQ,
    K,
    SearchIndex,
    unit,
    widened,
    width_of,
)
from specrec.shapes import Float32, Int

TARGET_RECALL = 0.99
_SAMPLE_A_LIST = 40  # vectors from which a center is learned
_HELD_OUT = 1000  # queries by which recall is measured
_LISTS = 4  # times the root of the number of tracks
_BLOCK = 65_536


def build_index(
    embeddings: Float32[np.ndarray, "tracks dim"],
    kind: str = AUTO,
    target_recall: float = TARGET_RECALL,
) -> SearchIndex:
    """Builds a search index.

    Args:
        embeddings: Vectors of any length; an array on disk is read in blocks.
        kind: One of `KINDS`; `auto` chooses by the number of tracks.
        target_recall: Recall at ten after re-ranking, from 0 to 1; lists are probed until the
            recall of held-out queries is two standard errors above it.
    """
    count, dim = embeddings.shape
    if kind == AUTO:
        kind = EXACT if count <= EXACT_UP_TO else IVF_PQ
    if kind == EXACT or count < 2 * K:
        flat = faiss.IndexFlatIP(dim)
        _add(flat, embeddings)
        return SearchIndex(EXACT, flat, embeddings)
    order = _canonical_order(embeddings)
    lists = max(1, min(round(_LISTS * np.sqrt(count)), count // 16))
    index = _inverted_file(kind, width_of(dim), lists)
    queries, rest = _spread(order, min(_HELD_OUT, count // 10))
    sample = rest[:: max(1, len(rest) // (_SAMPLE_A_LIST * lists))]
    index.train(widened(unit(np.asarray(embeddings[sample])), index.d))
    _add(index, embeddings)
    return _tuned(SearchIndex(kind, index, embeddings), queries, lists, target_recall)


def _inverted_file(kind: str, width: int, lists: int) -> faiss.IndexIVF:
    centers = faiss.IndexFlatIP(width)
    if kind == IVF_SQ:
        index = faiss.IndexIVFScalarQuantizer(
            centers, width, lists, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
        )
    else:
        index = faiss.IndexIVFPQFastScan(
            centers, width, lists, width // 2, 4, faiss.METRIC_INNER_PRODUCT
        )
        index.by_residual = True
        index.pq.cp.min_points_per_centroid = 1
    index.cp.niter, index.cp.seed, index.cp.min_points_per_centroid = 8, 0, 1
    index.cp.spherical = False  # with the means themselves, fewer lists need be probed
    return index


def _tuned(
    made: SearchIndex, queries: Int[np.ndarray, " queries"], lists: int, target: float
) -> SearchIndex:
    """Raises the number of probes until the target recall is surely reached."""
    vectors = np.asarray(made.embeddings[queries])
    exact = _exact_neighbors(vectors, queries, made.embeddings)
    probes, curve = 1, {}
    while True:
        tried = SearchIndex(
            made.kind, made.index, made.embeddings, 0.0, {"lists": lists, "probes": probes}
        )
        _, found = tried.search(vectors, K + 1)
        hits = np.array([
            len(set(near) & set(row[row != own][:K])) / len(near)
            for near, row, own in zip(exact, found, queries, strict=True)
        ])  # fmt: skip
        recall, error = float(hits.mean()), float(hits.std() / np.sqrt(len(hits)))
        curve[probes] = recall
        if recall - 2 * error >= target or probes == lists:
            break
        probes = min(lists, max(probes + 1, round(1.25 * probes)))
    settings = {"lists": lists, "probes": probes, "recall_by_probes": curve}
    return SearchIndex(made.kind, made.index, made.embeddings, recall, settings)


def _add(index: faiss.Index, embeddings: Float32[np.ndarray, "tracks dim"]) -> None:
    for start in range(0, len(embeddings), _BLOCK):
        index.add(widened(unit(np.asarray(embeddings[start : start + _BLOCK])), index.d))


def _canonical_order(embeddings: Float32[np.ndarray, "tracks dim"]) -> Int[np.ndarray, " tracks"]:
    """Sorts rows by the bits of their first numbers: an order that looks random, but is fixed."""
    bits = np.ascontiguousarray(embeddings[:, :4]).view(np.uint32)
    mixed = bits * np.array([2654435761, 2246822519, 3266489917, 668265263][: bits.shape[1]])
    return np.lexsort(mixed.astype(np.uint32).T)


def _spread(
    order: Int[np.ndarray, " tracks"], count: int
) -> tuple[Int[np.ndarray, " chosen"], Int[np.ndarray, " rest"]]:
    """Takes some rows out of an order, evenly spaced."""
    taken = np.linspace(0, len(order) - 1, count).astype(int)
    return order[taken], np.delete(order, taken)


def _exact_neighbors(
    vectors: Float32[np.ndarray, "queries dim"],
    queries: Int[np.ndarray, " queries"],
    embeddings: Float32[np.ndarray, "tracks dim"],
) -> Int[np.ndarray, "queries ten"]:
    """Finds the nearest ten of each query but itself, by comparing it with all tracks."""
    directions = unit(vectors)
    best = np.full((len(queries), K), -np.inf, dtype=np.float32)
    rows = np.full((len(queries), K), -1)
    for start in range(0, len(embeddings), _BLOCK):
        block = unit(np.asarray(embeddings[start : start + _BLOCK]))
        scores, places = faiss.knn(
            directions, block, min(K + 1, len(block)), faiss.METRIC_INNER_PRODUCT
        )
        scores[places + start == queries[:, None]] = -np.inf
        joined = np.concatenate([best, scores], axis=1)
        names = np.concatenate([rows, places + start], axis=1)
        keep = np.argsort(-joined, axis=1, kind="stable")[:, :K]
        best = np.take_along_axis(joined, keep, axis=1)
        rows = np.take_along_axis(names, keep, axis=1)
    return rows
