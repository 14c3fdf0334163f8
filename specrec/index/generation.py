"""A generation: one complete state of a library, in a folder whose files never change."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float16, Float32, Int64

from specrec.catalog.scan import Skipped
from specrec.errors import LibraryError, ModelError, SkipReason
from specrec.index.duplicates import COLUMNS, duplicate_groups
from specrec.index.files import REMEDY, check_file, check_sizes, map_rows, read_table
from specrec.index.locks import Hold
from specrec.index.search import SearchIndex, check_index, read_index
from specrec.index.segment import WINDOWS, Segment, crc
from specrec.model.probe import PROBE_FILE, Probe, load_probe
from specrec.printing import counted

CRC = "windows_crc"


@dataclass(frozen=True, eq=False)
class Contents:
    """What a generation is written from.

    Attributes:
        manifest: Model, counts, audio root; the rest of `library.json` is added.
        tracks: One row a track, in the order of the embeddings.
        placement: Where the windows of each track are: segment, first_window, window_count, and
            windows_crc, their checksum.
        descriptors: What was measured of each track: one row a track, columns of
            `specrec.descriptors`.
        probe: The model's, so that explanations do without the model.
        files: What was read of each file below the audio root.
        skipped: path, reason, detail of the files left out; content_id where it would fail again.
        embeddings: Centered, not scaled.
        index: What finds neighbors.
        duplicates: Pairs of files of one recording, by content: first, second, similarity.
    """

    manifest: dict[str, Any]
    tracks: pd.DataFrame
    placement: pd.DataFrame
    descriptors: pd.DataFrame
    probe: Probe | None
    files: pd.DataFrame
    skipped: pd.DataFrame
    embeddings: Float32[np.ndarray, "tracks dim"]
    index: SearchIndex
    duplicates: pd.DataFrame


class Generation:
    """One complete state of a library; its parts, those of `Contents`, are read when asked for.

    What is small is compared with its checksum then, of what is large a sample. As long as it is
    open, no writer removes its files.

    Raises:
        LibraryError: Whatever is asked for, if it is missing or damaged.
    """

    def __init__(
        self, library: Path, folder: Path, manifest: dict[str, Any], held: Hold | None = None
    ) -> None:
        self.folder = folder
        self.manifest = manifest
        self._held = held
        self.version = int(manifest["format_version"])
        self.sums = manifest["files"]
        names = manifest.get("segments", [])
        self.segments = {name: Segment(library / "segments" / name) for name in names}

    def __len__(self) -> int:
        return int(self.manifest["counts"]["tracks"])

    @property
    def fingerprint(self) -> str:
        """Of the model that embedded it."""
        return str(self.manifest["model"]["fingerprint"])

    @cached_property
    def tracks(self) -> pd.DataFrame:
        """One row a track."""
        tracks = self._table("tracks")
        return tracks.drop(columns=["first_window", "window_count"], errors="ignore")

    @cached_property
    def placement(self) -> pd.DataFrame:
        """Where the windows of each track are; before format 3, in the generation itself."""
        if self.version < 3:
            here = self._table("tracks")[["first_window", "window_count"]]
            return here.assign(segment="", **{CRC: pd.array([pd.NA] * len(here), "Int64")})
        stored = self._table("placement")
        if CRC not in stored:  # before format 4
            stored[CRC] = pd.array([pd.NA] * len(stored), "Int64")
        return stored

    @cached_property
    def descriptors(self) -> pd.DataFrame:
        """What was measured; nothing in a library of format 1."""
        return (
            pd.DataFrame(index=self.tracks.index)
            if self.version < 2
            else self._table("descriptors")
        )

    @cached_property
    def probe(self) -> Probe | None:
        """The model's."""
        if PROBE_FILE not in self.sums:
            return None
        check_file(self.folder / PROBE_FILE, self.sums)
        try:
            return load_probe(self.folder, self.fingerprint)
        except ModelError as error:
            raise LibraryError(f"{self.folder / PROBE_FILE}: damaged; {REMEDY}") from error

    @cached_property
    def files(self) -> pd.DataFrame:
        """What was read of each file."""
        return self._table("files")

    @cached_property
    def skipped(self) -> pd.DataFrame:
        """The files left out."""
        return self._table("skipped")

    @cached_property
    def embeddings(self) -> Float32[np.ndarray, "tracks dim"]:
        """Memory-mapped."""
        path = self.folder / "embeddings.npy"
        check_file(path, self.sums)
        rows = map_rows(path, np.float32)
        if len(rows) != len(self):
            raise LibraryError(
                f"{self.folder}: embeddings of {counted(len(rows), 'track')}; {REMEDY}"
            )
        return rows

    @cached_property
    def index(self) -> SearchIndex:
        """What finds neighbors; memory-mapped."""
        path = self.folder / "index.faiss"
        check_file(path, self.sums)
        index = read_index(path, self.embeddings, self.manifest["index"])
        check_index(index, path)
        return index

    @cached_property
    def duplicates(self) -> pd.DataFrame:
        """Pairs of files of one recording; unknown before format 3."""
        if self.version < 3:
            return pd.DataFrame(columns=[*COLUMNS]).astype(COLUMNS)
        return self._table("duplicates")

    @cached_property
    def duplicate_groups(self) -> Int64[np.ndarray, " tracks"]:
        """For each track the first row of the same recording: its own, if there is no other."""
        return duplicate_groups(self.tracks["content_id"], self.duplicates)

    def windows(self, row: int) -> Float16[np.ndarray, "windows dim"]:
        """The embeddings of a track's windows, in order."""
        placed = self.placement.iloc[row]
        segment = self._segment(str(placed["segment"]))
        first, count, known = (placed[name] for name in ("first_window", "window_count", CRC))
        windows = segment.checked_windows if pd.isna(known) else segment.windows
        rows = np.asarray(windows[first : first + count])
        if len(rows) != count or not (pd.isna(known) or crc(rows) == known):
            raise LibraryError(f"{segment.folder / WINDOWS}: damaged; {REMEDY}")
        return rows

    def check(self) -> None:
        """Compares the sizes of all files with those that were written."""
        check_sizes(self.folder, self.sums)
        for segment in self.segments.values():
            segment.check()

    def _segment(self, name: str) -> Segment:
        """A segment to which it refers; before format 3, windows lay in the generation itself."""
        if self.version < 3:
            return self._own_windows
        if name not in self.segments:
            raise LibraryError(f"{self.folder}: refers to no segment {name}; {REMEDY}")
        return self.segments[name]

    @cached_property
    def _own_windows(self) -> Segment:
        own = Segment(self.folder)
        own.sums = self.sums
        return own

    def _table(self, name: str) -> pd.DataFrame:
        return read_table(self.folder / f"{name}.parquet", self.sums)


def skipped_table(skipped: list[Skipped], content_ids: Mapping[str, str]) -> pd.DataFrame:
    """The table of files left out; `content_ids` names, by path, those a decoder refused."""
    rows = [asdict(item) | {"content_id": content_ids.get(item.path)} for item in skipped]
    columns = ["path", "reason", "detail", "content_id"]
    return pd.DataFrame(rows, columns=columns).astype("string")


def skipped_files(table: pd.DataFrame) -> list[Skipped]:
    """The files left out, as the catalog and the encoder reported them."""
    return [Skipped(row.path, SkipReason(row.reason), row.detail) for row in table.itertuples()]
