"""The tracks of a library in Milvus: fetched by key, and remembered for a while."""

import threading
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from specrec.catalog.identity import content_id
from specrec.errors import LibraryError, QueryError
from specrec.recommend.columns import fold
from specrec.recommend.query import NAMES, find_row, is_file, is_text
from specrec.recommend.results import Track, names_in
from specrec.scale.milvus.conditions import ALWAYS, NEVER, Condition, Test
from specrec.scale.milvus.contents import from_pieces, number_of, words_of
from specrec.scale.milvus.database import MOST, Database
from specrec.shapes import Float16, Float32, Int64

_FIELDS = (
    "key",
    "embedding",
    "content_id",
    "path",
    "recording",
    "track",
    "known",
)
_REMEMBERED = 20_000  # tracks, of some kilobytes each
_FETCHED = 500  # tracks at once, so that no answer is too large


@dataclass(frozen=True, eq=False)
class Record:
    """What is stored of a track, without its windows."""

    track: Track
    content_id: str
    embedding: Float32[np.ndarray, " dim"]
    known: Mapping[str, float]
    recording: int


class MilvusTracks:
    """The tracks in a collection of Milvus; one kind of `specrec.recommend.tracks.Tracks`.

    Rows are keys. What a search finds comes with it, and is remembered for what is asked next.
    """

    def __init__(
        self,
        database: Database,
        collection: str,
        push: int,
        hidden: list[int],
        count: int,
        artists: str,
    ) -> None:
        """Takes the collection.

        Args:
            database: The database.
            collection: The collection.
            push: Number of the last push whose rows count.
            hidden: The keys of rows that don't count any more.
            count: Number of the tracks.
            artists: The field that has the names of a track's artists; empty if no track has any.
        """
        self._database = database
        self._collection = collection
        self._finished = Test("since <= {}", (push,))
        if hidden:
            self._finished &= Test("key not in {}", (hidden,))
        self._count = count
        self._artists = artists
        self._records: dict[int, Record] = {}
        self._windows: dict[int, bytes] = {}
        self._changing = threading.Lock()

    def __len__(self) -> int:
        return self._count

    def nearest(
        self,
        vectors: Float32[np.ndarray, "queries dim"],
        size: int,
        allowed: Condition | None,
    ) -> Int64[np.ndarray, " found"]:
        """Finds the tracks nearest to some vectors.

        Returns:
            Their keys; where two are as near as each other, the first by path comes first, as in a
            library on disk.

        Raises:
            QueryError: If more are asked for than Milvus gives.
        """
        if size > MOST:
            raise QueryError(
                f"Milvus finds {MOST:,} candidates at most, among which there are not enough; ask"
                " for fewer neighbors, or for tracks of which a condition holds"
            )
        test = self._finished if allowed is None else self._finished & allowed.true
        rows = self._database.search(self._collection, vectors, size, test, _FIELDS)
        found = self._remember(rows)
        return np.array(sorted(found, key=lambda key: found[key].track.path), np.int64)

    def records(self, rows: Iterable[int]) -> list[Record]:
        """The tracks in some rows, in their order.

        Raises:
            LibraryError: If one is gone.
        """
        keys = list(rows)
        known = {key: record for key in keys if (record := self._records.get(key)) is not None}
        missing = [key for key in dict.fromkeys(keys) if key not in known]
        for start in range(0, len(missing), _FETCHED):
            asked = Test("key in {}", (missing[start : start + _FETCHED],))
            known |= self._remember(self._ask(asked, _FIELDS))
        if gone := [key for key in keys if key not in known]:
            raise LibraryError(
                f"{self._database.address.text}: changed since it was opened (track {gone[0]} is"
                " gone); open it again"
            )
        return [known[key] for key in keys]

    def holds(self, row: int) -> bool:
        """Whether a track is there."""
        return row in self._records or bool(self._keys(Test("key == {}", (row,))))

    def windows(
        self, rows: Sequence[int], dim: int
    ) -> dict[int, Float16[np.ndarray, "windows dim"]]:
        """The embeddings of the windows of some tracks, by row; none of a row that is gone."""
        missing = [row for row in rows if row not in self._windows]
        for start in range(0, len(missing), _FETCHED):
            asked = Test("key in {}", (missing[start : start + _FETCHED],))
            for found in self._ask(asked, ["key", "windows"]):
                self._windows[int(found["key"])] = from_pieces(found["windows"])
        made = {
            row: np.frombuffer(self._windows[row], np.float16).reshape(-1, dim)
            for row in rows
            if row in self._windows
        }
        with self._changing:
            _forget(self._windows, _FETCHED)
        return made

    def at(self, rows: Int64[np.ndarray, " rows"]) -> list[Track]:
        """Makes the tracks in some rows, in their order."""
        return [record.track for record in self.records(rows.tolist())]

    def recordings(self, rows: Int64[np.ndarray, " rows"]) -> Int64[np.ndarray, " rows"]:
        """A number for the track in each row, equal for files of one recording."""
        return np.array([one.recording for one in self.records(rows.tolist())], np.int64)

    def artists(self, rows: Int64[np.ndarray, " rows"]) -> list[set[str]]:
        """The artists of the track in each row (`names_in`); none if they are unknown."""
        return [names_in("artist", track.artist or "") for track in self.at(rows)]

    def with_duplicates(self, rows: Int64[np.ndarray, " rows"]) -> Int64[np.ndarray, " more"]:
        """Adds to some rows those of other files of the same recordings."""
        numbers = np.unique(self.recordings(rows)).tolist()
        return np.unique([*rows.tolist(), *self._keys(Test("recording in {}", (numbers,)))]).astype(
            np.int64
        )

    def all_but(self, rows: Int64[np.ndarray, " rows"]) -> Condition:
        """Selects all tracks but those in some rows."""
        if not len(rows):
            return Condition(ALWAYS, NEVER, self.count)
        keys = (rows.tolist(),)
        return Condition(Test("key not in {}", keys), Test("key in {}", keys), self.count)

    def same_as(self, column: str, names: Set[str]) -> Condition:
        """Selects the tracks of which an artist, or the album, has one of some names."""
        if column == "artist":
            if not self._artists:
                return Condition(NEVER, ALWAYS, self.count)
            # Of a track without an artist, the names are an empty array.
            has_any = " or ".join([f"array_contains({self._artists}, {{}})"] * len(names))
            values = tuple(map(fold, sorted(names)))
            return Condition(Test(has_any, values), Test(f"not ({has_any})", values), self.count)
        field, numbers = f"{column}_key", ([number_of(name) for name in sorted(names)],)
        there = Test(f"{field} in {{}}", numbers)
        return Condition(there, Test(f"{field} not in {{}}", numbers), self.count)

    def count(self, test: Test) -> int:
        """Counts the tracks for which an expression holds."""
        return self._database.count(self._collection, self._finished & test)

    def row_of(self, track_id: str) -> int | None:
        """Finds the row of a track by its track_id alone; None if no track has it."""
        found = self._keys(Test("track_id == {}", (track_id,)))
        return found[0] if found else None

    def resolve(self, query: str) -> int | tuple[Path, str]:
        """Finds the row of a track, or the file of a query from outside and its content_id.

        As in a library on disk; but what fits nothing is not told what it may have meant, for which
        all names would be read.

        Args:
            query: A track_id, the path of a file, or words of title and artist.

        Raises:
            QueryError: If nothing fits, or several tracks do.
        """
        if not is_text(query):
            raise QueryError(f"{query!a} is neither a file nor text in UTF-8")
        by_id = self.row_of(query) if query else None
        if by_id is not None:
            return by_id
        path = Path(query)
        if is_file(path):
            content = content_id(path)
            found = self._keys(Test("content_id == {}", (content,)))
            return found[0] if found else (path, content)
        tests = [Test("path == {}", (query,))]
        if words := words_of(query):
            tests.append(Test("array_contains_all(words, {})", (words,)))
        for test in tests if query.strip() else []:
            records = self._remember(self._ask(test, _FIELDS))
            keys = sorted(records, key=lambda key: records[key].track.path)
            if keys:
                return keys[find_row(_names([records[key].track for key in keys]), query)]
        return find_row(_names([]), query)  # which raises why

    def _keys(self, test: Test) -> list[int]:
        return sorted(int(row["key"]) for row in self._ask(test, ["key"]))

    def _ask(self, test: Test, fields: Sequence[str]) -> list[dict[str, Any]]:
        return self._database.query(self._collection, self._finished & test, fields)

    def _remember(self, rows: Iterable[Mapping[str, Any]]) -> dict[int, Record]:
        found = {int(row["key"]): _record(row) for row in rows}
        with self._changing:
            self._records |= found
            _forget(self._records, _REMEMBERED)
        return found


def _names(tracks: Sequence[Track]) -> pa.Table:
    return pa.table({name: [getattr(track, name) for track in tracks] for name in NAMES})


def _record(row: Mapping[str, Any]) -> Record:
    return Record(
        Track(**row["track"]),
        row["content_id"],
        np.asarray(row["embedding"], np.float32),
        row["known"],
        int(row["recording"]),
    )


def _forget(remembered: dict[int, Any], most: int) -> None:
    """Forgets what was first remembered, down to half, if there is more than the most."""
    if len(remembered) > most:
        for key in list(remembered)[: -most // 2]:
            del remembered[key]
