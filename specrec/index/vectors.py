"""The FAISS index: exact inner products of unit vectors."""

from pathlib import Path

import faiss
import numpy as np
from jaxtyping import Bool, Float32, Int64

from specrec.errors import LibraryError


def unit(vectors: Float32[np.ndarray, "rows dim"]) -> Float32[np.ndarray, "rows dim"]:
    """Scales vectors to length 1; a zero vector stays zero."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: np.ndarray = vectors / np.maximum(length, np.finfo(np.float32).tiny)
    return scaled


def build_index(embeddings: Float32[np.ndarray, "tracks dim"]) -> faiss.Index:
    """An exact index, in which the inner product of unit vectors is the cosine similarity."""
    index = faiss.IndexFlatIP(embeddings.shape[1])
    index.add(unit(embeddings))
    return index


def search(
    index: faiss.Index,
    queries: Float32[np.ndarray, "queries dim"],
    k: int,
    allowed: Bool[np.ndarray, " tracks"] | None = None,
) -> tuple[Float32[np.ndarray, "queries k"], Int64[np.ndarray, "queries k"]]:
    """The k most similar rows for each query, most similar first.

    Args:
        index: Of all tracks.
        queries: Vectors of any length.
        k: How many.
        allowed: Which rows may be found; None for all.

    Returns:
        Cosine similarities, and rows; fewer than k where fewer are allowed.
    """
    if allowed is None:
        similarities, rows = index.search(unit(queries), min(k, index.ntotal))
        return similarities, rows
    selector = faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
    k = min(k, int(allowed.sum()))
    similarities, rows = index.search(
        unit(queries), max(1, k), params=faiss.SearchParameters(sel=selector)
    )
    return similarities[:, :k], rows[:, :k]


def write_index(index: faiss.Index, path: Path) -> None:
    """Writes an index to a file."""
    path.write_bytes(faiss.serialize_index(index).tobytes())


def read_index(path: Path) -> faiss.Index:
    """Reads an index.

    Raises:
        LibraryError: If the file is missing or damaged.
    """
    try:
        return faiss.deserialize_index(np.fromfile(path, dtype=np.uint8))
    except (OSError, RuntimeError) as error:
        raise LibraryError(f"{path}: missing or damaged; run index.py again") from error
