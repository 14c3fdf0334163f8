"""Rows in two layers: a base that was written as a whole, and the newer rows that lie over it.

A few changed tracks need no new copy of a million others: the base stays as it is, and what lies
over it says which rows are others now, or come after its last. A row that is gone is taken by
another, so that rows have no gaps.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from specrec.index.files import Sums, check_file, map_rows
from specrec.index.table_file import (
    MappedTable,
    TableFile,
    as_array,
    read_arrow_table,
    write_table,
)
from specrec.shapes import Bool, Float32, Int64
from specrec.writing import write_array

if TYPE_CHECKING:
    import pandas as pd

SMALL = 5_000
"""Libraries with fewer tracks are always written as a whole."""
NEWER = ".newer"
"""Ends the names, but for their suffixes, of files of newer rows."""
_LEAST, _SHARE = 1_000, 100  # most newer rows: so many, or one in so many
_MANY_RUNS = 64  # from which on one long column is faster than many pieces of it
_ROW = "row"


def most_newer(base: int) -> int:
    """How many rows may be others than in a base, or be touched by a run; else all is written anew.

    A run may go beyond, by as many once more.
    """
    return 0 if base < SMALL else max(_LEAST, base // _SHARE)


@dataclass(frozen=True, eq=False)
class Layers:
    """Says where each row is.

    Attributes:
        base: Number of rows of the base.
        count: Number of rows in all.
        rows: The rows that lie over the base, or after its last; sorted.
    """

    base: int
    count: int
    rows: Int64[np.ndarray, " newer"]

    @property
    def changes(self) -> int:
        """How many rows are others than in the base."""
        return len(self.rows) + max(0, self.base - self.count)

    @property
    def order(self) -> Int64[np.ndarray, " count"]:
        """The place of each row among those of the base, followed by the newer ones."""
        order = np.arange(self.count)
        order[self.rows] = self.base + np.arange(len(self.rows))
        return order

    @property
    def stale(self) -> Bool[np.ndarray, " base"]:
        """Which rows of the base are no longer what they were."""
        stale = np.arange(self.base) >= self.count
        stale[self.rows[self.rows < self.base]] = True
        return stale


@dataclass(frozen=True, eq=False)
class Step:
    """From one state of layers to the next.

    Attributes:
        after: The next state.
        kept: Which of the newer rows stay as and where they are.
        moved: Rows that take the places of others that are gone.
        order: Of those that were kept, moved and added, one after the other, the places in
            `after.rows`.
        added: The rows that were added.
    """

    after: Layers
    kept: Bool[np.ndarray, " newer"]
    moved: Int64[np.ndarray, " moved"]
    order: Int64[np.ndarray, " newer_after"]
    added: Int64[np.ndarray, " added"]


def take_step(before: Layers, gone: Int64[np.ndarray, " gone"], added: int) -> Step:
    """Finds places for added rows, and for the last rows where places become empty.

    >>> step = take_step(Layers(5, 5, np.zeros(0, np.int64)), np.array([1, 3]), added=1)
    >>> step.after.count, step.moved.tolist(), step.after.rows.tolist(), step.added.tolist()
    (4, [4], [1, 3], [3])

    Args:
        before: The state before.
        gone: Rows that are gone; one that was changed is gone, and is added again.
        added: Number of rows that are added.
    """
    count = before.count - len(gone) + added
    holes = np.sort(gone[gone < count])
    moved = np.setdiff1d(np.arange(count, before.count), gone)
    free = np.concatenate([holes, np.arange(before.count, count)])
    places = free[len(moved) :]
    kept = ~np.isin(before.rows, gone) & (before.rows < count)
    rows = np.concatenate([before.rows[kept], free])
    order = np.argsort(rows, kind="stable")
    return Step(Layers(before.base, count, rows[order]), kept, moved, order, places)


class LayeredTable:
    """A table in layers; of a library of an older format, a base alone.

    Attributes:
        layers: Where its rows are.

    Raises:
        LibraryError: By any method, if a file is missing or damaged.
    """

    def __init__(self, folder: Path, name: str, sums: Sums, base: int, count: int) -> None:
        self._sums = sums
        mapped, compact = folder / f"{name}.arrow", folder / f"{name}.parquet"
        self._base: MappedTable | TableFile
        self._base = MappedTable(mapped, sums) if mapped.name in sums else TableFile(compact, sums)
        self._newer_path = folder / f"{name}{NEWER}.parquet"
        self.layers = Layers(base, count, np.zeros(0, np.int64))
        if self._newer_path.name in sums:
            self.layers = Layers(base, count, as_array(self._stored[_ROW]))

    @cached_property
    def _stored(self) -> pa.Table:
        """The newer rows, and where they are."""
        return read_arrow_table(self._newer_path, self._sums)

    @property
    def newer(self) -> "pd.DataFrame":
        """The newer rows."""
        if not len(self.layers.rows):
            return self.rows(self.layers.rows)
        return self._stored.drop_columns(_ROW).to_pandas(use_threads=False)

    @property
    def names(self) -> list[str]:
        """The names of its columns."""
        return self._base.types.names

    @property
    def types(self) -> pa.Schema:
        """The names and types of its columns."""
        return self._base.types

    def whole(self) -> "pd.DataFrame":
        """All rows."""
        if not self.layers.changes:
            return self._base.whole()
        return self.columns(*self.names).to_pandas(use_threads=False)

    def columns(self, *names: str) -> pa.Table:
        """Some columns of all rows."""
        base = self._base.columns(*names)
        if not self.layers.changes:
            return base
        newer = self._stored.select([*names]) if len(self.layers.rows) else base.slice(0, 0)
        return _laid_over(base, newer, self.layers)

    def columns_after(self, after: Layers, newer: "pd.DataFrame", *names: str) -> pa.Table:
        """Some columns of all rows of a later state, which may not be written yet."""
        base = self._base.columns(*names)
        if not after.changes:
            return base
        above = pa.Table.from_pandas(newer[[*names]], base.schema, preserve_index=False)
        return _laid_over(base, above, after)

    def rows(self, rows: Int64[np.ndarray, " rows"]) -> "pd.DataFrame":
        """Some rows, in the order given."""
        places = self.layers.order[rows] if self.layers.changes else rows
        in_base = places < self.layers.base
        found = self._base.rows(places[in_base])
        if in_base.all():
            return found
        import pandas as pd

        newer = self.newer.iloc[places[~in_base] - self.layers.base]
        joined = pd.concat([found, newer.astype(found.dtypes)], ignore_index=True)
        order = np.argsort(np.argsort(~in_base, kind="stable"), kind="stable")
        return joined.take(order).reset_index(drop=True)

    def stepped(self, step: Step, added: "pd.DataFrame") -> "pd.DataFrame":
        """The newer rows after a step, as `write_newer` takes them."""
        import pandas as pd

        newer, moved = self.newer, self.rows(step.moved)
        parts = [newer[step.kept], moved, added[[*moved.columns]].astype(moved.dtypes)]
        joined = pd.concat(parts, ignore_index=True)
        return joined.take(step.order).reset_index(drop=True)


def _laid_over(base: pa.Table, newer: pa.Table, layers: Layers) -> pa.Table:
    """A base with newer rows; long runs of its rows are copied as they are."""
    if newer.schema != base.schema:
        newer = newer.cast(base.schema)
    both, order = pa.concat_tables([base, newer]), layers.order
    starts = np.flatnonzero(np.diff(order, prepend=-2) != 1)
    lengths = np.diff(starts, append=len(order))
    runs = zip(order[starts].tolist(), lengths.tolist(), strict=True)
    joined = pa.concat_tables([both.slice(0, 0), *(both.slice(*run) for run in runs)])
    return joined.combine_chunks() if len(starts) > _MANY_RUNS else joined


def write_newer(folder: Path, name: str, newer: "pd.DataFrame", layers: Layers) -> None:
    """Writes the newer rows of a table.

    Raises:
        StorageError: If they can't be written.
    """
    path = folder / f"{name}{NEWER}.parquet"
    write_table(path, newer.assign(**{_ROW: layers.rows}), index=False)


class LayeredEmbeddings:
    """Embeddings in layers, which are never copied: those of the base are memory-mapped.

    The base's file has room after its last row, so that newer rows can be laid over a private
    mapping of it; what they change there is never written.
    """

    def __init__(self, folder: Path, sums: Sums, layers: Layers) -> None:
        self._path, self._sums, self._layers = folder / "embeddings.npy", sums, layers
        self._newer_path = folder / f"embeddings{NEWER}.npy"

    @property
    def room(self) -> int:
        """How many rows can follow those of the base."""
        return len(map_rows(self._path, np.float32)) - self._layers.base

    @property
    def base(self) -> Float32[np.ndarray, "base dim"]:
        """The rows of the base."""
        check_file(self._path, self._sums)
        rows: np.ndarray = map_rows(self._path, np.float32)[: self._layers.base]
        return rows

    @property
    def newer(self) -> Float32[np.ndarray, "newer dim"]:
        """The newer rows."""
        if not len(self._layers.rows):
            return np.zeros((0, map_rows(self._path, np.float32).shape[1]), np.float32)
        check_file(self._newer_path, self._sums)
        return np.asarray(map_rows(self._newer_path, np.float32))

    def whole(self) -> Float32[np.ndarray, "count dim"]:
        """All rows."""
        if not self._layers.changes:
            return self.base
        return self.laid_over(self._layers, self.newer)

    def laid_over(
        self, layers: Layers, newer: Float32[np.ndarray, "newer dim"]
    ) -> Float32[np.ndarray, "count dim"]:
        """The base with newer rows that may not be written yet."""
        check_file(self._path, self._sums)
        rows: np.ndarray = map_rows(self._path, np.float32, private=True)[: layers.count]
        rows[layers.rows] = newer
        rows.flags.writeable = False
        return rows

    def stepped(
        self, step: Step, added: Float32[np.ndarray, "added dim"]
    ) -> Float32[np.ndarray, "newer dim"]:
        """The newer rows after a step."""
        moved = np.asarray(self.whole()[step.moved])
        stepped: np.ndarray = np.concatenate([self.newer[step.kept], moved, added])[step.order]
        return stepped.astype(np.float32, copy=False)


def write_newer_embeddings(folder: Path, newer: Float32[np.ndarray, "newer dim"]) -> None:
    """Writes the newer embeddings.

    Raises:
        StorageError: If they can't be written.
    """
    write_array(folder / f"embeddings{NEWER}.npy", newer)
