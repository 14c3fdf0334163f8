"""A generation: one complete state of a library, in a folder whose files never change."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from specrec.errors import LibraryError, ModelError, SkipReason
from specrec.index.files import REMEDY, check_file, check_sizes
from specrec.index.layers import LayeredEmbeddings, LayeredTable, Layers, most_newer
from specrec.index.locks import ReadLock
from specrec.index.search import SearchIndex, check_index, read_index
from specrec.index.segment import WINDOWS, Segment, crc
from specrec.index.table_file import MappedTable, as_array, read_arrow_table, read_table
from specrec.model.distribution import Distribution
from specrec.model.probe import PROBE_FILE, Probe, load_probe
from specrec.printing import counted
from specrec.shapes import Float16, Float32, Int64

if TYPE_CHECKING:
    import pandas as pd

    # A question to a library that was written as a whole needs none of these.
    from specrec.catalog.scan import Skipped
    from specrec.index.layered_search import Searchable
    from specrec.model.card import ModelCard

CRC = "windows_crc"
EMBEDDINGS, INDEX, DISTRIBUTION = "embeddings.npy", "index.faiss", "distribution.arrow"
ROW_HASHES = "row_hashes.parquet"
BY_TRACK = ("tracks", "placement", "descriptors")
"""The tables with one row per track."""
_OLD_COLUMNS = ("first_window", "window_count")  # of the tracks, before format 3


@dataclass(frozen=True, eq=False)
class Contents:
    """The parts from which a generation is written.

    Attributes:
        manifest: Model, counts and audio root; the rest of `library.json` is added on writing.
        tracks: One row per track, in the order of the embeddings: track_id, path, tags,
            duration_seconds, content_id, and the columns of a table.
        placement: Where the windows of each track are stored, one row per track: segment,
            first_window, window_count, and windows_crc, their checksum.
        descriptors: Measured features, one row per track, columns as in `specrec.descriptors`.
        probe: The model's probe, so that explanations need no model; None if it has none.
        files: One row per file below the audio root: path, size, time, content_id, audio_id.
        skipped: One row per file that was left out: path, reason, detail, and content_id if the
            same bytes would fail again.
        embeddings: Centered embeddings of the tracks, not of unit length.
        index: The search index over the embeddings.
        duplicates: Pairs of files of one recording: first and second (content_ids), similarity.
        row_hashes: Hashes of the rows of the table that names tracks, by the names of its files;
            None if there is none.
    """

    manifest: dict[str, Any]
    tracks: "pd.DataFrame"
    placement: "pd.DataFrame"
    descriptors: "pd.DataFrame"
    probe: Probe | None
    files: "pd.DataFrame"
    skipped: "pd.DataFrame"
    embeddings: Float32[np.ndarray, "tracks dim"]
    index: SearchIndex
    duplicates: "pd.DataFrame"
    row_hashes: "pd.Series[int] | None" = None


@dataclass(frozen=True, eq=False)
class Newer:
    """What a generation has over the base that it shares with the one before.

    Attributes:
        manifest: What of the manifest is other than before; `counts` need no tracks or skipped.
        tracks: Where the rows of the tracks are.
        files: Where the rows of the files are.
        tables: The newer rows of the tables in `BY_TRACK`, and of files.
        embeddings: The newer embeddings.
        skipped: All files that were left out, as in `Contents`.
        duplicates: All pairs, as in `Contents`.
        row_hashes: As in `Contents`; None if they are as before.
    """

    manifest: dict[str, Any]
    tracks: Layers
    files: Layers
    tables: "dict[str, pd.DataFrame]"
    embeddings: Float32[np.ndarray, "newer dim"]
    skipped: "pd.DataFrame"
    duplicates: "pd.DataFrame"
    row_hashes: "pd.Series[int] | None" = None


class Generation:
    """One complete state of a library; its parts, those of `Contents`, are read when first used.

    A small file is then compared with its checksum, and of a large one a sample. While a
    generation is open, no writer removes its files.

    Raises:
        LibraryError: By any of the properties, if its file is missing or damaged.
    """

    def __init__(
        self, library: Path, folder: Path, manifest: dict[str, Any], held: ReadLock | None = None
    ) -> None:
        self.folder = folder
        self.manifest = manifest
        self._held = held
        self._tables: dict[str, LayeredTable] = {}
        self.version = int(manifest["format_version"])
        self.sums = manifest["files"]
        names = manifest.get("segments", [])
        self.segments = {name: Segment(library / "segments" / name) for name in names}

    def __len__(self) -> int:
        return int(self.manifest["counts"]["tracks"])

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the model that embedded the tracks: 16 hexadecimal digits."""
        return str(self.manifest["model"]["fingerprint"])

    @property
    def shard(self) -> str | None:
        """The share of the music that it holds, such as 3/8; None if it is not a share."""
        return self.manifest.get("settings", {}).get("shard")

    @cached_property
    def card(self) -> "ModelCard | None":
        """The card of that model; None if it is gone, or another stands in its place."""
        from specrec.index.adapted import adapted_folder
        from specrec.model.card import read_card
        from specrec.model.registry import find_model

        model, own = self.manifest["model"], adapted_folder(self.folder.parents[1])
        for name in (model["folder"], own, model["name"]):  # a library may have moved
            with suppress(ModelError):
                card = read_card(find_model(name))
                if card.fingerprint == self.fingerprint:
                    return card
        return None

    @cached_property
    def window_seconds(self) -> float:
        """Length of the windows that were embedded, in seconds.

        Raises:
            ModelError: If the library is so old that it doesn't say, and the model is gone.
        """
        stored = self.manifest["model"].get("window_seconds")
        if stored is not None:
            return float(stored)
        if self.card is None:
            raise ModelError("the library's model is gone, which knows the length of its windows")
        return self.card.front_end.window_seconds

    def table(self, name: str) -> LayeredTable:
        """A table as it is stored, of which parts can be read: of `BY_TRACK`, or files."""
        if name not in self._tables:
            rows = self.manifest.get("files_count", 0) if name == "files" else len(self)
            base = self.manifest.get("base", {}).get("files" if name == "files" else "tracks", rows)
            self._tables[name] = LayeredTable(self.folder, name, self.sums, int(base), int(rows))
        return self._tables[name]

    @cached_property
    def layers(self) -> Layers:
        """Which tracks are others than when all was written as a whole, or were added since."""
        return self.table("tracks").layers

    @property
    def most_newer(self) -> int:
        """How many rows may be others than in the base, until all is written as a whole again."""
        return min(most_newer(self.layers.base), self.layered_embeddings.room // 2)

    @property
    def base_segments(self) -> set[str]:
        """The segments that a generation refers to that was written as a whole."""
        return set(self.manifest.get("base", {}).get("segments", self.segments))

    @cached_property
    def tracks(self) -> "pd.DataFrame":
        """One row per track; see `Contents`."""
        tracks = self._table("tracks")
        return tracks.drop(columns=[*_OLD_COLUMNS], errors="ignore")

    @cached_property
    def stored_tracks(self) -> pa.Table:
        """The same as they are stored: few rows are read fast, and no frame is needed."""
        stored = self.table("tracks")
        return stored.columns(*(name for name in stored.names if name not in _OLD_COLUMNS))

    @cached_property
    def placement(self) -> "pd.DataFrame":
        """Where each track's windows are stored; before format 3, in the generation itself."""
        import pandas as pd

        if self.version < 3:
            here = self._table("tracks")[[*_OLD_COLUMNS]]
            return here.assign(segment="", **{CRC: pd.array([pd.NA] * len(here), "Int64")})
        stored = self._table("placement")
        if CRC not in stored:  # before format 4
            stored[CRC] = pd.array([pd.NA] * len(stored), "Int64")
        return stored

    @cached_property
    def descriptors(self) -> "pd.DataFrame":
        """Measured features, one row per track; no columns in a library of format 1."""
        if self.version < 2:
            return self.tracks[[]]
        return self._table("descriptors")

    @cached_property
    def measured(self) -> dict[str, np.ndarray]:
        """The columns of `descriptors`, which need no frame."""
        if self.version < 2:
            return {}
        stored = self.table("descriptors")
        columns = stored.columns(*stored.names)
        return {name: as_array(columns[name]) for name in columns.column_names}

    @cached_property
    def probe(self) -> Probe | None:
        """The probe of the model that embedded the tracks; None if it has none."""
        if PROBE_FILE not in self.sums:
            return None
        check_file(self.folder / PROBE_FILE, self.sums)
        try:
            return load_probe(self.folder, self.fingerprint)
        except ModelError as error:
            raise LibraryError(f"{self.folder / PROBE_FILE}: damaged; {REMEDY}") from error

    @cached_property
    def distribution(self) -> Distribution | None:
        """The distribution of the features; of a generation in layers, that of its base.

        None before format 5.
        """
        path = self.folder / DISTRIBUTION
        if path.name not in self.sums:
            return None
        stored = MappedTable(path, self.sums)
        columns = stored.columns(*stored.types.names)
        values = ((name, as_array(columns[name])) for name in columns.column_names)
        return {name: column[~np.isnan(column)] for name, column in values}

    @cached_property
    def files(self) -> "pd.DataFrame":
        """One row per file below the audio root; see `Contents`."""
        return self._table("files")

    @property
    def has_row_hashes(self) -> bool:
        """Whether the rows of a table that named tracks are known."""
        return ROW_HASHES in self.sums

    @cached_property
    def row_hashes(self) -> "pd.Series[int] | None":
        """Hashes of the rows of the table that named tracks; None if they are not known."""
        if not self.has_row_hashes:
            return None
        return read_table(self.folder / ROW_HASHES, self.sums).set_index("file")["hash"]

    @cached_property
    def skipped(self) -> "pd.DataFrame":
        """One row per file that was left out; see `Contents`."""
        return self._table("skipped")

    @cached_property
    def embeddings(self) -> Float32[np.ndarray, "tracks dim"]:
        """Centered embeddings of the tracks, not of unit length; memory-mapped."""
        rows = self.layered_embeddings.whole()
        if len(rows) != len(self):
            raise LibraryError(
                f"{self.folder}: damaged (embeddings of {counted(len(rows), 'track')}); {REMEDY}"
            )
        return rows

    @property
    def layered_embeddings(self) -> LayeredEmbeddings:
        """The embeddings as they are stored."""
        return LayeredEmbeddings(self.folder, self.sums, self.layers)

    @cached_property
    def index(self) -> "Searchable":
        """The search index over the embeddings; memory-mapped."""
        if not self.layers.changes:
            return self.base_index
        from specrec.index.layered_search import LayeredIndex

        return LayeredIndex(self.base_index, self.layers, self.embeddings)

    @cached_property
    def base_index(self) -> SearchIndex:
        """The index of the tracks that were written as a whole."""
        path = self.folder / INDEX
        check_file(path, self.sums)
        base = self.layered_embeddings.base if self.layers.changes else self.embeddings
        index = read_index(path, base, self.manifest["index"])
        check_index(index, path)
        return index

    @cached_property
    def duplicates(self) -> "pd.DataFrame":
        """Pairs of files of one recording; empty before format 3."""
        if self.version < 3:
            import pandas as pd

            from specrec.index.duplicates import COLUMNS

            return pd.DataFrame(columns=[*COLUMNS]).astype(COLUMNS)
        return self._table("duplicates")

    @cached_property
    def duplicate_groups(self) -> Int64[np.ndarray, " tracks"]:
        """For each track the first row of the same recording: its own if it has no duplicate."""
        if self.version < 3:
            return np.arange(len(self))
        pairs = read_arrow_table(self.folder / "duplicates.parquet", self.sums)
        if not len(pairs):
            return np.arange(len(self))
        from specrec.index.duplicates import duplicate_groups

        contents = self.stored_tracks["content_id"].to_pylist()
        return duplicate_groups(contents, pairs["first"].to_pylist(), pairs["second"].to_pylist())

    def windows(self, row: int) -> Float16[np.ndarray, "windows dim"]:
        """Reads the centered embeddings of the windows of the track in a row, in order."""
        name, first, count, known = (column[row].as_py() for column in self._placed)
        segment = self._segment(name)
        windows = segment.checked_windows if known is None else segment.windows
        rows = np.asarray(windows[first : first + count])
        if len(rows) != count or not (known is None or crc(rows) == known):
            raise LibraryError(f"{segment.folder / WINDOWS}: damaged; {REMEDY}")
        return rows

    @cached_property
    def _placed(self) -> list[pa.ChunkedArray]:
        """The columns of `placement`, of which single values are taken far faster than a row."""
        names = ["segment", "first_window", "window_count", CRC]
        if self.version < 4:
            return pa.Table.from_pandas(self.placement[names], preserve_index=False).columns
        return self.table("placement").columns(*names).columns

    def check(self) -> None:
        """Compares the sizes of all files with those that were written."""
        check_sizes(self.folder, self.sums)
        for segment in self.segments.values():
            segment.check()

    def _segment(self, name: str) -> Segment:
        """Opens a segment; before format 3, windows were stored in the generation itself."""
        if self.version < 3:
            return self._own_windows
        if name not in self.segments:
            raise LibraryError(f"{self.folder}: refers to a missing segment {name}; {REMEDY}")
        return self.segments[name]

    @cached_property
    def _own_windows(self) -> Segment:
        own = Segment(self.folder)
        own.sums = self.sums
        return own

    def _table(self, name: str) -> "pd.DataFrame":
        if name in (*BY_TRACK, "files"):
            return self.table(name).whole()
        return read_table(self.folder / f"{name}.parquet", self.sums)


def skipped_table(skipped: "list[Skipped]", content_ids: Mapping[str, str]) -> "pd.DataFrame":
    """Makes the table of skipped files, with the `content_ids`, by path, that a decoder refused."""
    import pandas as pd

    rows = [asdict(item) | {"content_id": content_ids.get(item.path)} for item in skipped]
    columns = ["path", "reason", "detail", "content_id"]
    return pd.DataFrame(rows, columns=columns).astype("string")


def skipped_files(table: "pd.DataFrame") -> "list[Skipped]":
    """Turns a table of skipped files into a list of them."""
    from specrec.catalog.scan import Skipped

    return [Skipped(row.path, SkipReason(row.reason), row.detail) for row in table.itertuples()]
