"""Stores embeddings by content_id, so that nothing is ever embedded twice."""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from specrec.errors import AudioError, LibraryError, SkipReason
from specrec.index.files import REMEDY, discard, sweep
from specrec.index.segment import (
    COLUMNS,
    EMBEDDINGS,
    Rows,
    Segment,
    copy_segment,
    crc,
    write_segment,
)
from specrec.model.embedding import Embedded
from specrec.shapes import Bool, Float16, Float32

ANALYSIS_VERSION = 1
"""Part of a store's key; to be raised when the same file and model give another embedding."""

_TRACKS_A_SEGMENT = 64
_SECONDS_A_SEGMENT = 30.0
_NUMBER = "[0-9]" * 6
_FEW = 1000  # embeddings that are compared with their own checksums, not with the file's


@dataclass(frozen=True)
class Failure:
    """Why a file can't be embedded.

    Attributes:
        reason: The code under which the file is listed.
        detail: What was found, in a few words.
    """

    reason: SkipReason
    detail: str

    @property
    def lasting(self) -> bool:
        """Whether the same bytes would fail again; a lost disk or a killed decoder is temporary."""
        passing = (
            SkipReason.MISSING,
            SkipReason.UNREADABLE,
            SkipReason.CRASHED,
            SkipReason.TIMED_OUT,
        )
        return self.reason not in passing


def store_key(fingerprint: str, windows_per_track: int | None) -> str:
    """Names all that an embedding depends on besides the file: model, coverage, and version."""
    coverage = "whole" if windows_per_track is None else f"{windows_per_track}w"
    return f"{fingerprint}-{coverage}-v{ANALYSIS_VERSION}"


class SegmentStore:
    """The segments of one key: one model, one coverage.

    Results are written in small segments, so that a killed run loses little; `merge` joins them
    into few. Each track is rewritten a logarithmic number of times.

    Args:
        library: Folder of the library.
        key: See `store_key`.
        fixed: Names of segments that are not to be merged, of which no more is read than needed.
        among: The content_ids that will be asked for; None for all.

    Attributes:
        incomplete: Segment folders with missing files, which an older version left when it was
            killed while removing them. They are ignored.

    Raises:
        LibraryError: If a segment is damaged, on opening or whenever it is copied.
    """

    def __init__(
        self,
        library: Path,
        key: str,
        fixed: Collection[str] = (),
        among: Collection[str] | None = None,
    ) -> None:
        self.folder = library / "segments" / key
        self._among = among
        found = [Segment(path) for path in sorted(self.folder.glob(_NUMBER))]
        self.incomplete = [segment.folder for segment in found if segment.is_incomplete]
        self._segments = {
            segment.folder.name: segment for segment in found if not segment.is_incomplete
        }
        self._fixed = {segment.folder.name for segment in found if segment.name in fixed}
        self._waiting: dict[str, Embedded | Failure] = {}
        self._written = time.monotonic()
        self._table: pd.DataFrame | None = None
        live = self._fixed.union(self.table["segment"])
        self._segments = {name: item for name, item in self._segments.items() if name in live}

    @property
    def table(self) -> pd.DataFrame:
        """One row per content_id: `COLUMNS`, and `segment`, the number of its segment."""
        if self._table is None:
            empty = pd.DataFrame(columns=[*COLUMNS]).astype(COLUMNS)
            parts = [
                self._contents(segment).assign(segment=name)
                for name, segment in self._segments.items()
            ]
            joined = pd.concat([empty.assign(segment=pd.Series(dtype="string")), *parts])
            joined["stand_in"] = joined["stand_in"].fillna(False)
            # A run killed while it merged leaves contents in two segments; the later one counts,
            # unless it is but a stand-in.
            joined = joined.sort_values("stand_in", ascending=False, kind="stable")
            self._table = joined.drop_duplicates("content_id", keep="last").set_index("content_id")
        return self._table

    def _contents(self, segment: Segment) -> pd.DataFrame:
        """What may be asked for of a segment's contents."""
        if self._among is None or segment.folder.name not in self._fixed:
            return segment.contents
        return segment.find(self._among)

    @property
    def settled(self) -> set[str]:
        """The content_ids that need not be embedded: all but stand-ins."""
        return set(self.table.index[~self.table["stand_in"].to_numpy(dtype=bool)])

    def add(self, content_id: str, result: Embedded | AudioError) -> Failure | None:
        """Adds a result; results are written as a segment every so often.

        Returns:
            A failure that may be temporary and is not stored; else None.
        """
        kept = Failure(result.reason, result.detail) if isinstance(result, AudioError) else result
        if isinstance(kept, Embedded) and not kept.is_finite:
            kept = Failure(SkipReason.NOT_FINITE, "its embedding is NaN or infinite")
        if isinstance(kept, Failure) and not kept.lasting:
            return kept
        self._waiting[content_id] = kept
        waited = time.monotonic() - self._written
        if len(self._waiting) >= _TRACKS_A_SEGMENT or waited > _SECONDS_A_SEGMENT:
            self.flush()
        return None

    def flush(self) -> None:
        """Writes the results that were added since the last segment."""
        if not self._waiting:
            return
        tracks = {k: v for k, v in self._waiting.items() if isinstance(v, Embedded)}
        counts = np.array([len(track.windows) for track in tracks.values()], dtype=np.int64)
        found = pd.DataFrame(
            {
                "content_id": list(tracks),
                "row": np.arange(len(tracks)),
                "first_window": counts.cumsum() - counts,
                "window_count": counts,
                "duration_seconds": [track.seconds for track in tracks.values()],
            }
        )
        failures = [
            {
                "content_id": k,
                "row": -1,
                "first_window": 0,
                "window_count": 0,
                "reason": str(v.reason),
                "detail": v.detail,
            }
            for k, v in self._waiting.items()
            if isinstance(v, Failure)
        ]
        contents = pd.concat([found, pd.DataFrame(failures)], ignore_index=True)
        self._write(
            contents.reindex(columns=[*COLUMNS]),
            ((track.embedding, track.windows) for track in tracks.values()),
        )
        self._waiting.clear()
        self._written = time.monotonic()

    def merge(self, alive: Iterable[str] | None = None) -> None:
        """Joins small segments, and drops embeddings that are no longer needed.

        Args:
            alive: The content_ids to keep; a segment of which less than half is alive is rewritten
                without the rest. None keeps all.
        """
        kept = None if alive is None else set(alive)
        chosen: list[tuple[Segment, bool]] = []
        total = 0
        loose = [item for name, item in self._segments.items() if name not in self._fixed]
        for segment in sorted(loose, key=lambda item: len(item.contents)):
            size = len(segment.contents)
            mostly_dead = kept is not None and 2 * int(self._live(segment, kept).sum()) < size
            if not chosen or size <= 2 * total or mostly_dead:
                chosen.append((segment, mostly_dead))
                total += size
        if len(chosen) < 2 and not any(dead for _, dead in chosen):
            return
        merged = [segment for segment, _ in chosen]
        for segment in merged:
            _refuse(segment.damage())
        contents, starts = [], [0, 0]
        for segment in merged:
            live = segment.contents[self._live(segment, kept)]
            found = live[live["row"] >= 0]
            counts = found["window_count"].to_numpy()
            placed = found.assign(
                row=starts[0] + np.arange(len(found)),
                first_window=starts[1] + counts.cumsum() - counts,
            )
            contents += [placed, live[live["row"] < 0]]
            starts = [starts[0] + len(found), starts[1] + int(counts.sum())]
        joined = pd.concat(contents, ignore_index=True)
        if len(joined):
            self._write(joined, (rows for segment in merged for rows in self._rows(segment, kept)))
        for segment in merged:
            del self._segments[segment.folder.name]
        self._table = None

    def collect(self, referenced: set[str]) -> None:
        """Removes the segments that were merged into others.

        Args:
            referenced: Names of the segments that a generation still refers to.
        """
        sweep(self.folder)
        for path in self.folder.glob(_NUMBER):
            if path.name not in self._segments and Segment(path).name not in referenced:
                discard(path)

    def embeddings(self, content_ids: Sequence[str]) -> Float32[np.ndarray, "tracks dim"]:
        """Gathers the embeddings of stored content_ids, in the order given."""
        places = self.table.loc[list(content_ids)]
        first = self._segments[str(places["segment"].iloc[0])].embeddings
        gathered = np.empty((len(places), first.shape[1]), dtype=np.float32)
        rows, segments = places["row"].to_numpy(), places["segment"].to_numpy()
        sums = places["embedding_crc"].to_numpy(dtype=object, na_value=None)
        for name in pd.unique(segments):
            here = np.flatnonzero(segments == name)
            gathered[here] = self._segments[str(name)].embeddings[rows[here]]
            if len(here) > _FEW or [crc(row) for row in gathered[here]] != list(sums[here]):
                _refuse(self._segments[str(name)].damage(EMBEDDINGS))
        return gathered

    def windows(self, content_id: str) -> Float16[np.ndarray, "windows dim"]:
        """Reads the window embeddings of a stored content_id, in order."""
        place = self.table.loc[content_id]
        first, count = int(place["first_window"]), int(place["window_count"])
        return np.asarray(self._segments[place["segment"]].windows[first : first + count])

    def add_copies(self, contents: Mapping[str, str]) -> None:
        """Takes over, for new contents, what was made of others that sound the same.

        Args:
            contents: The content that is in the store, by the new one.

        Raises:
            LibraryError: If a segment is damaged.
        """
        for new, old in contents.items():
            place = self.table.loc[old]
            segment, windows = self._segments[str(place["segment"])], self.windows(old)
            embedding = np.asarray(segment.embeddings[int(place["row"])])
            sums = [place["embedding_crc"], place["windows_crc"]]
            if any(map(pd.isna, sums)) or sums != [crc(embedding), crc(windows)]:
                _refuse(segment.damage())
            self.add(new, Embedded(embedding, windows, float(place["duration_seconds"])))
        self.flush()

    def take(self, other: "SegmentStore") -> None:
        """Takes over the segments of another library that hold what this one lacks.

        Raises:
            LibraryError: If one of them is damaged.
            StorageError: If they can't be written.
        """
        known = self.settled
        for segment in other._segments.values():
            contents = segment.contents["content_id"]
            if not set(contents) - known:
                continue
            _refuse(segment.damage())
            taken = copy_segment(segment, self._next_folder())
            self._segments[taken.folder.name] = taken
            self._table = None
            known |= set(contents) & other.settled

    def placement(self, content_ids: Sequence[str]) -> pd.DataFrame:
        """Says where the windows of content_ids are stored, as in `Contents.placement`."""
        columns = ["segment", "first_window", "window_count", "windows_crc"]
        places = self.table.loc[list(content_ids), columns]
        names = {name: segment.name for name, segment in self._segments.items()}
        return places.assign(segment=places["segment"].map(names)).reset_index(drop=True)

    def _live(self, segment: Segment, kept: set[str] | None) -> Bool[np.ndarray, " contents"]:
        """Which contents of a segment are current and to be kept."""
        ids = segment.contents["content_id"]
        live = (self.table["segment"].reindex(ids) == segment.folder.name).to_numpy(dtype=bool)
        return live if kept is None else live & ids.isin(kept).to_numpy(dtype=bool)

    def _rows(self, segment: Segment, kept: set[str] | None) -> Iterator[Rows]:
        live = segment.contents[self._live(segment, kept)]
        for row in live[live["row"] >= 0].itertuples():
            windows = segment.windows[row.first_window : row.first_window + row.window_count]
            yield segment.embeddings[row.row], windows

    def _write(self, contents: pd.DataFrame, tracks: Iterable[Rows]) -> None:
        folder = self._next_folder()
        self._segments[folder.name] = write_segment(folder, contents, tracks)
        self._table = None

    def _next_folder(self) -> Path:
        last = max((int(path.name) for path in self.folder.glob(_NUMBER)), default=0)
        return self.folder / f"{last + 1:06d}"


def _refuse(damage: list[str]) -> None:
    """Refuses to copy damaged data, which would look intact from then on."""
    if damage:
        raise LibraryError(f"{damage[0]}; {REMEDY}")
