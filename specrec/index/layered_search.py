"""Nearest neighbors in layers: the base by its index, the newer rows one by one."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from specrec.index.layers import Layers
from specrec.index.search import SearchIndex, unit
from specrec.shapes import Bool, Float, Float32, Int64

_MORE = 2  # asked of the base, for some of what it finds may be no longer there


@dataclass(frozen=True, eq=False)
class LayeredIndex:
    """Finds the tracks most similar to a vector, as `SearchIndex` does.

    Attributes:
        base: The index of the rows of the base.
        layers: Which of them are others now, or come after.
        embeddings: Embeddings of all rows as they are now.
    """

    base: SearchIndex
    layers: Layers
    embeddings: Float32[np.ndarray, "tracks dim"]

    def __len__(self) -> int:
        return len(self.embeddings)

    @property
    def kind(self) -> str:
        """The kind of the base's index."""
        return self.base.kind

    @property
    def recall(self) -> float:
        """The recall of the base's index, from 0 to 1; newer rows are always found."""
        return self.base.recall

    @property
    def settings(self) -> Mapping[str, Any]:
        """The settings of the base's index."""
        return self.base.settings

    def search(
        self,
        queries: Float[np.ndarray, "queries dim"],
        k: int,
        allowed: Bool[np.ndarray, " tracks"] | None = None,
    ) -> tuple[Float32[np.ndarray, "queries k"], Int64[np.ndarray, "queries k"]]:
        """Finds the k most similar rows for each query; see `SearchIndex.search`."""
        count = len(self) if allowed is None else int(np.count_nonzero(allowed))
        k = min(k, count)
        rows = self.layers.rows if allowed is None else self.layers.rows[allowed[self.layers.rows]]
        newer = unit(queries) @ self._newer_directions(rows).T
        similarities, found = self._search_base(queries, k, allowed)
        similarities = np.concatenate([similarities, newer], axis=1)
        found = np.concatenate([found, np.broadcast_to(rows, newer.shape)], axis=1)
        order = np.lexsort((found, -similarities), axis=1)[:, :k]
        return (
            np.take_along_axis(similarities, order, axis=1).astype(np.float32),
            np.take_along_axis(found, order, axis=1).astype(np.int64),
        )

    def _search_base(
        self,
        queries: Float[np.ndarray, "queries dim"],
        k: int,
        allowed: Bool[np.ndarray, " tracks"] | None,
    ) -> tuple[Float[np.ndarray, "queries found"], Int64[np.ndarray, "queries found"]]:
        """Of the base, the k most similar rows that are still what they were."""
        if allowed is None:
            similarities, rows = self.base.search(queries, _MORE * k)
            stale = self._stale[rows]
            if not stale.any():
                return similarities, rows
            if ((~stale).sum(axis=1) >= min(k, int((~self._stale).sum()))).all():
                return np.where(stale, -np.inf, similarities), rows
        here = ~self._stale
        if allowed is not None:
            shared = min(len(here), len(allowed))
            here[:shared] &= allowed[:shared]
        return self.base.search(queries, k, here)

    def _newer_directions(
        self, rows: Int64[np.ndarray, " rows"]
    ) -> Float32[np.ndarray, "rows dim"]:
        places = np.searchsorted(self.layers.rows, rows)
        return self._directions[places]

    @cached_property
    def _directions(self) -> Float32[np.ndarray, "newer dim"]:
        return unit(np.asarray(self.embeddings[self.layers.rows]))

    @cached_property
    def _stale(self) -> Bool[np.ndarray, " base"]:
        return self.layers.stale


Searchable = SearchIndex | LayeredIndex
"""What finds neighbors in a library."""
