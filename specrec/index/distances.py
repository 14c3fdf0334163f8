"""The FAISS index of Euclidean distances: exact, for vectors of few dimensions."""

import faiss
import numpy as np
from jaxtyping import Float, Float32, Int64


def build_distance_index(vectors: Float[np.ndarray, "rows dim"]) -> faiss.IndexFlatL2:
    """An exact index of vectors of any length."""
    index = faiss.IndexFlatL2(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors, dtype=np.float32))
    return index


def search_distances(
    index: faiss.IndexFlatL2, queries: Float[np.ndarray, "queries dim"], k: int
) -> tuple[Float32[np.ndarray, "queries k"], Int64[np.ndarray, "queries k"]]:
    """Squared Euclidean distances and rows of the k nearest to each query, the nearest first."""
    wanted = np.ascontiguousarray(queries, dtype=np.float32)
    distances, rows = index.search(wanted, min(k, index.ntotal))
    return distances, rows
