"""The part of a library that an index run has to look at: all of it, or what a few changes touch.

What a file becomes in the library depends on the files and tracks with which it shares a path, a
content or a sound, on the decisions about them, and on what a table of tracks says. So a run may
look at these alone, and all others stay as they are. Where a table of features has a say, it may be
about any track, and all are looked at; but where few files changed, few tracks are likely to become
others, and these alone are written.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from specrec.catalog.catalog import Changes
from specrec.errors import SkipReason
from specrec.index.decisions import Decisions
from specrec.index.generation import Generation
from specrec.index.table_file import has, take_rows
from specrec.shapes import Bool, Int64

Rows = Int64[np.ndarray, " _"]


@dataclass(frozen=True, eq=False)
class Part:
    """A part of a library, or all of it.

    Attributes:
        tracks: The tracks.
        descriptors: Their features.
        files: The files, as they were.
        same_files: Those of the files that are as they were.
        track_rows: The rows of the tracks in the generation.
        file_rows: The rows of the files.
        is_whole: Whether it is all of the library.
        is_few: Whether few files changed, so that what becomes of them may lie over the base.
    """

    tracks: pd.DataFrame
    descriptors: pd.DataFrame
    files: pd.DataFrame
    same_files: pd.DataFrame
    track_rows: Rows
    file_rows: Rows
    is_whole: bool
    is_few: bool


def room(before: Generation) -> int:
    """How many rows may become others before all of a library is written as a whole again."""
    most = before.most_newer
    is_full = max(before.layers.changes, before.table("files").layers.changes) > most
    return 0 if is_full else most


def whole_library(before: Generation, changes: Changes, in_layers: bool) -> Part:
    """All of a library.

    Args:
        before: The library.
        changes: How the files changed.
        in_layers: Whether what becomes of them may lie over the base, if they are few.
    """
    files = before.files
    is_few = in_layers and len(changes.new) + len(changes.gone) <= room(before)
    rows = np.arange(len(before)), np.arange(len(files))
    same = files.iloc[changes.same]
    return Part(before.tracks, before.descriptors, files, same, *rows, True, is_few)


def find_part(
    before: Generation,
    changes: Changes,
    read: pd.DataFrame,
    decisions: Decisions,
    retold: Iterable[str] = (),
) -> Part | None:
    """Finds what some changes touch; None if that is so much that all is to be looked at.

    Besides the files that changed, these are files that could not be used for now, tracks that
    could not be measured, and all that people decided about.

    Args:
        before: The library, of the newest format.
        changes: How the files changed.
        read: The files that were read now, with their ids.
        decisions: The decisions about the library.
        retold: Paths of files of which a table says something else than before.
    """
    if len(changes.new) + len(changes.gone) > room(before):
        return None
    touched = _Touched(
        {*read["path"], *retold}, set(read["content_id"]), set(read["audio_id"]) - {None}
    )
    for removed in decisions.removed:
        touched.add(removed.path, removed.content_id, removed.audio_id)
    for kept in decisions.kept:
        touched.add(kept.track["path"], kept.track["content_id"], kept.audio_id)
    tried_again = before.skipped["content_id"].isna() & (
        before.skipped["reason"] != SkipReason.DUPLICATE
    )
    touched.paths.update(before.skipped.loc[tried_again, "path"])
    if before.manifest.get("unmeasured", 0):
        unmeasured = before.descriptors.isna().all(axis=1)
        touched.content_ids.update(before.tracks.loc[unmeasured, "content_id"])
    files, tracks = touched.spread(before, changes.gone)
    if max(len(tracks), len(files)) > before.most_newer:
        return None
    stored = before.table("files").rows(files)
    return Part(
        before.table("tracks").rows(tracks),
        before.table("descriptors").rows(tracks),
        stored,
        stored[~np.isin(files, changes.gone)],
        tracks,
        files,
        False,
        True,
    )


@dataclass
class _Touched:
    """The paths, contents and sounds that a run looks at."""

    paths: set[str]
    content_ids: set[str]
    audio_ids: set[str]

    def add(self, path: str, content_id: str, audio_id: str | None) -> None:
        self.paths.add(path)
        self.content_ids.add(content_id)
        self.audio_ids |= {audio_id} - {None}  # type: ignore[arg-type]

    def spread(self, before: Generation, gone: Rows) -> tuple[Rows, Rows]:
        """Finds the rows of files, and of tracks, that share any of them with another."""
        if not (len(gone) or self.paths or self.content_ids or self.audio_ids):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        files = before.table("files").columns("path", "content_id", "audio_id")
        tracks = before.table("tracks").columns("path", "content_id")
        in_files = np.zeros(len(files), dtype=bool)
        in_files[gone] = True
        count = -1
        while count < (count := len(self.paths) + len(self.content_ids) + len(self.audio_ids)):
            in_files |= has(files["path"], self.paths)
            in_files |= has(files["content_id"], self.content_ids)
            in_files |= has(files["audio_id"], self.audio_ids)
            for path, content_id, audio_id in _cells(files, in_files):
                self.add(path, content_id, audio_id)
            in_tracks = has(tracks["content_id"], self.content_ids)
            in_tracks |= has(tracks["path"], self.paths)
            for path, content_id in _cells(tracks, in_tracks):
                self.add(path, content_id, None)
        return np.flatnonzero(in_files), np.flatnonzero(in_tracks)


def _cells(table: pa.Table, rows: Bool[np.ndarray, " rows"]) -> Iterable[tuple[Any, ...]]:
    chosen = take_rows(table, np.flatnonzero(rows))
    return zip(*(column.to_pylist() for column in chosen.columns), strict=True)
