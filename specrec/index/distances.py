"""The FAISS index of Euclidean distances: exact, for vectors of few dimensions."""

import faiss
import numpy as np
from jaxtyping import Float, Float32, Int64


class DistanceIndex:
    """Finds the vectors nearest to another."""

    def __init__(self, vectors: Float[np.ndarray, "rows dim"]) -> None:
        self._index = faiss.IndexFlatL2(vectors.shape[1])
        self._index.add(np.ascontiguousarray(vectors, dtype=np.float32))

    def search(
        self, queries: Float[np.ndarray, "queries dim"], k: int
    ) -> tuple[Float32[np.ndarray, "queries k"], Int64[np.ndarray, "queries k"]]:
        """Squared distances and rows of the k nearest to each query, the nearest first."""
        wanted = np.ascontiguousarray(queries, dtype=np.float32)
        distances, rows = self._index.search(wanted, min(k, self._index.ntotal))
        return distances, rows
