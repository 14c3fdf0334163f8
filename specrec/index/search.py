"""Nearest neighbors: exact in small libraries, by inverted files with re-ranking in large ones.

An inverted file (Jegou et al. 2011, "Product quantization for nearest neighbor search") puts each
vector into the list of its nearest of `lists` centers, in a short code; a query is compared with
the codes of the `probes` nearest lists only. Product codes say of each pair of numbers which of 16
it is nearest to, so that tables in the processor's registers compare 32 vectors at once (Andre et
al. 2015, "Cache locality is not enough"). The best candidates are ranked again by their exact
cosine, which is what is returned. `search_building` makes indexes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from specrec.errors import LibraryError
from specrec.index.files import REMEDY
from specrec.shapes import Bool, Float, Float32, Int, Int64
from specrec.writing import write_file

EXACT, IVF_SQ, IVF_PQ, AUTO = "exact", "ivf_sq", "ivf_pq", "auto"
KINDS = (AUTO, EXACT, IVF_SQ, IVF_PQ)
EXACT_UP_TO = 50_000
"""Most tracks for which `auto` searches exactly."""

K = 10
"""Number of neighbors for which recall is measured."""

_FEW = 20_000  # allowed rows that are scored one by one
_LOOKED_FOR = 8  # tracks by which an index is tried when it is opened
_SAME = 1e-3
_STEP = 8  # numbers that FAISS compares at once; codes of another length it compares one by one


def unit(vectors: Float[np.ndarray, "rows dim"]) -> Float32[np.ndarray, "rows dim"]:
    """Scales vectors to length 1; a zero vector stays zero."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(length, np.finfo(np.float32).tiny)).astype(np.float32)


@dataclass(frozen=True, eq=False)
class SearchIndex:
    """Finds the tracks most similar to a vector.

    Attributes:
        kind: `exact`, `ivf_pq` (codes of 2 bits per number) or `ivf_sq` (8 bits per number).
        index: The FAISS index, over unit vectors.
        embeddings: Embeddings of all tracks, of any length, by which candidates are ranked again.
        recall: Share, from 0 to 1, of the exact nearest ten that were found for held-out queries.
        settings: Lists, probes, and the recall measured with fewer probes.
    """

    kind: str
    index: faiss.Index
    embeddings: Float32[np.ndarray, "tracks dim"]
    recall: float = 1.0
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.embeddings)

    def search(
        self,
        queries: Float[np.ndarray, "queries dim"],
        k: int,
        allowed: Bool[np.ndarray, " tracks"] | None = None,
    ) -> tuple[Float32[np.ndarray, "queries k"], Int64[np.ndarray, "queries k"]]:
        """Finds the k most similar rows for each query, most similar first; ties go by row.

        Args:
            queries: Vectors of any length.
            k: Number of rows per query.
            allowed: Which rows may be found; None allows all.

        Returns:
            Exact cosine similarities, and the rows; fewer than k of each where fewer are allowed.
        """
        count = len(self) if allowed is None else int(np.count_nonzero(allowed))
        k, directions = min(k, count), unit(queries)
        if k == 0:
            nothing = np.zeros((len(queries), 0))
            return nothing.astype(np.float32), nothing.astype(np.int64)
        if allowed is not None and count <= max(_FEW, 2 * k):
            rows = np.flatnonzero(allowed)
            scores = directions @ unit(np.asarray(self.embeddings[rows])).T
            return _best(scores, np.broadcast_to(rows, scores.shape), k)
        if self.kind == EXACT:
            return self._search_exactly(directions, k, allowed)
        return self._search_lists(directions, k, allowed, count / len(self))

    def _search_exactly(
        self,
        directions: Float32[np.ndarray, "queries dim"],
        k: int,
        allowed: Bool[np.ndarray, " tracks"] | None,
    ) -> tuple[Float32[np.ndarray, "queries k"], Int64[np.ndarray, "queries k"]]:
        parameters = None
        if allowed is not None:
            parameters = faiss.SearchParameters(sel=_selector(allowed))
        similarities, rows = self.index.search(directions, k, params=parameters)
        return _in_order(similarities, rows)

    def _search_lists(
        self,
        directions: Float32[np.ndarray, "queries dim"],
        k: int,
        allowed: Bool[np.ndarray, " tracks"] | None,
        share: float,
    ) -> tuple[Float32[np.ndarray, "queries k"], Int64[np.ndarray, "queries k"]]:
        """Probes lists, more where a filter lets few through, until each query has k rows."""
        lists = int(self.settings["lists"])
        probes = min(lists, round(int(self.settings["probes"]) / share))
        selector = None if allowed is None else _selector(allowed)
        wanted = min(round(share * len(self)), _candidates(self.kind, k))
        candidates = np.full((len(directions), wanted), -1)
        left = np.arange(len(directions))
        asked = widened(directions, self.index.d)
        asked[~directions.any(axis=1), 0] = 1  # all tracks are as near to a zero vector
        while len(left):
            parameters = faiss.SearchParametersIVF(nprobe=probes, sel=selector)
            _, candidates[left] = self.index.search(asked[left], wanted, params=parameters)
            left = left[candidates[left, k - 1] < 0]  # each query by itself, as if it were alone
            if probes == lists:
                break
            probes = min(lists, 4 * probes)
        vectors = np.asarray(self.embeddings[candidates.ravel()]).reshape(*candidates.shape, -1)
        lengths = np.sqrt(np.einsum("qcd,qcd->qc", vectors, vectors))
        scores = np.matmul(vectors, directions[:, :, None])[..., 0]
        scores /= np.maximum(lengths, np.finfo(np.float32).tiny)
        return _best(np.where(candidates < 0, -np.inf, scores), candidates, k)


def _candidates(kind: str, k: int) -> int:
    """How many tracks are ranked again if k are asked for."""
    return 4 * k if kind == IVF_SQ else 10 * k + 200


def write_index(index: SearchIndex, path: Path) -> None:
    """Writes FAISS's part of an index to a file.

    Raises:
        StorageError: If it can't be written.
    """
    write_file(path, faiss.serialize_index(index.index).data)


def read_index(
    path: Path, embeddings: Float32[np.ndarray, "tracks dim"], described: Mapping[str, Any]
) -> SearchIndex:
    """Opens an index, memory-mapped: nothing is read before it is needed.

    Args:
        path: The index file.
        embeddings: Embeddings of the tracks.
        described: Kind, measured_recall and settings, as `describe_index` gave them.

    Raises:
        LibraryError: If the file is missing or damaged.
    """
    try:
        index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    except (OSError, RuntimeError, ValueError, MemoryError) as error:
        raise LibraryError(f"{path}: missing or damaged; {REMEDY}") from error
    count, dim = embeddings.shape
    if index.ntotal != count or index.d not in (dim, width_of(dim)):
        raise LibraryError(f"{path}: does not fit the embeddings beside it; {REMEDY}")
    kind = EXACT if described["kind"] == "flat" else str(described["kind"])
    settings = {name: described[name] for name in ("lists", "probes") if name in described}
    return SearchIndex(kind, index, embeddings, float(described["measured_recall"]), settings)


def check_index(index: SearchIndex, path: Path) -> None:
    """Searches for some tracks, spread over the library, by their own embeddings.

    Args:
        index: The index that was read.
        path: Its file, for the message.

    Raises:
        LibraryError: If a track is not found (with short codes, which may miss some: if most are
            not), so that index or embeddings must be damaged.
    """
    rows = np.linspace(0, len(index) - 1, min(_LOOKED_FOR, len(index))).astype(int)
    vectors = np.asarray(index.embeddings[rows])
    vectors = vectors[np.any(vectors != 0, axis=1)]  # NaN, too, differs from 0
    if not len(vectors):
        return
    similarities, rows = (part[:, 0] for part in index.search(vectors, K))
    cosines = np.einsum("qd,qd->q", unit(vectors), unit(np.asarray(index.embeddings[rows])))
    found = np.mean((np.abs(similarities - 1) < _SAME) & (np.abs(cosines - 1) < _SAME))
    if found < (1.0 if index.kind == EXACT else 0.5):
        raise LibraryError(f"{path}: does not find tracks by the embeddings beside it; {REMEDY}")


def describe_index(index: SearchIndex) -> dict[str, Any]:
    """Describes an index for the manifest: kind, measured_recall and settings."""
    return {"kind": index.kind, "measured_recall": index.recall, **index.settings}


def width_of(dim: int) -> int:
    """The length of the vectors of which lists hold codes."""
    return -(-dim // _STEP) * _STEP


def widened(
    vectors: Float32[np.ndarray, "rows dim"], width: int
) -> Float32[np.ndarray, "rows width"]:
    """Adds zeros to vectors, which change no product of two of them."""
    nothing = np.zeros((len(vectors), width - vectors.shape[1]), np.float32)
    return np.concatenate([vectors, nothing], axis=1)


def _best(
    scores: Float[np.ndarray, "queries candidates"],
    candidates: Int[np.ndarray, "queries candidates"],
    k: int,
) -> tuple[Float32[np.ndarray, "queries k"], Int64[np.ndarray, "queries k"]]:
    """Picks the k best of each query's candidates."""
    if k < scores.shape[1]:
        best = np.argpartition(-scores, k - 1, axis=1)
        least = np.take_along_axis(scores, best[:, k - 1 : k], axis=1)
        # Those that equal the last may stand on either side of it.
        width = int((scores >= least).sum(axis=1).max())
        best = np.argpartition(-scores, width - 1, axis=1)[:, :width]
        scores = np.take_along_axis(scores, best, axis=1)
        candidates = np.take_along_axis(candidates, best, axis=1)
    similarities, rows = _in_order(scores, candidates)
    return similarities[:, :k], rows[:, :k]


def _in_order(
    similarities: Float[np.ndarray, "queries k"], rows: Int[np.ndarray, "queries k"]
) -> tuple[Float32[np.ndarray, "queries k"], Int64[np.ndarray, "queries k"]]:
    """Sorts by similarity, the highest first; ties go by row."""
    order = np.lexsort((rows, -similarities), axis=1)
    return (
        np.take_along_axis(similarities, order, axis=1).astype(np.float32),
        np.take_along_axis(rows, order, axis=1).astype(np.int64),
    )


def _selector(allowed: Bool[np.ndarray, " tracks"]) -> faiss.IDSelector:
    return faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
