"""Maintains a library: its status, and the removal and restoration of tracks."""

import os
import stat
from collections import Counter
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from specrec.catalog.identity import audio_id, content_id
from specrec.errors import LibraryError, QueryError, SkipReason
from specrec.index.assemble import REMOVED
from specrec.index.decision_files import read_decisions, write_decisions
from specrec.index.decisions import Decisions, Removed, kept_tracks, known_tracks
from specrec.index.files import REMEDY, damaged_files
from specrec.index.generation import Contents, Generation
from specrec.index.generations import (
    FORMAT_VERSION,
    read_generation,
    remove_old_generations,
    write_changed,
    write_generation,
)
from specrec.index.locks import writer_lock
from specrec.index.search import AUTO
from specrec.index.search_building import build_index
from specrec.index.table_file import has, take_rows
from specrec.index.update import without
from specrec.shapes import Bool, Int64

WRITTEN = ("format_version", "index", "segments", "files", "base", "files_count")
"""What `write_generation` adds to a manifest."""


@dataclass(frozen=True)
class Status:
    """What a library holds, in numbers.

    Attributes:
        created: When its generation was written, as an ISO date and time in UTC.
        format_version: Version of the format of its files.
        audio_root: Folder of the music.
        tracks: Number of tracks.
        hours: Total duration of the tracks in hours.
        measured: Number of tracks whose features were measured.
        duplicates: Number of tracks whose recording another track has too.
        skipped: Number of files that were left out, by reason.
        ignored: Number of files that are not audio.
        model: Name, fingerprint and window_seconds of the model.
        index: Kind, measured recall and settings of the FAISS index.
        bytes_generation: Size on disk of the tables and the index, in bytes.
        bytes_segments: Size on disk of the window embeddings, in bytes.
        bytes_other: Size on disk of what the library does not refer to, in bytes: the previous
            generation, embeddings by other models, of an unfinished run or of removed tracks.
    """

    created: str
    format_version: int
    audio_root: str
    tracks: int
    hours: float
    measured: int
    duplicates: int
    skipped: dict[str, int]
    ignored: int
    model: dict[str, Any]
    index: dict[str, Any]
    bytes_generation: int
    bytes_segments: int
    bytes_other: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def open_generation(library: Path) -> Generation:
    """Opens the current generation of a library.

    Raises:
        LibraryError: If there is none, or it is damaged.
    """
    generation = read_generation(library)
    if generation is None:
        raise LibraryError(
            f"{library}: no library there; write one with"
            f" specrec index audio=MUSIC library={library}"
        )
    return generation


def library_status(library: Path) -> Status:
    """Says what a library holds.

    Raises:
        LibraryError: If there is none, or it is damaged.
    """
    return status_of(library, open_generation(library))


def status_of(library: Path, generation: Generation) -> Status:
    """Says what one state of a library holds."""
    manifest, tracks = generation.manifest, generation.tracks
    used = sum(_bytes(segment.folder) for segment in generation.segments.values())
    own = _bytes(generation.folder)
    groups = generation.duplicate_groups
    return Status(
        manifest["created"],
        generation.version,
        manifest["audio_root"],
        len(tracks),
        float(tracks["duration_seconds"].sum()) / 3600,
        int(generation.descriptors.notna().any(axis=1).sum()),
        len(groups) - len(np.unique(groups)),
        dict(Counter(generation.skipped["reason"]).most_common()),
        int(manifest["counts"]["ignored"]),
        manifest["model"],
        manifest["index"],
        own,
        used,
        _bytes(library) - own - used,
    )


def remove_tracks(library: Path, track_ids: Collection[str]) -> int:
    """Removes tracks; index runs leave their files out from now on.

    Returns:
        The number of tracks that are left.

    Raises:
        LibraryError: If there is no library, it is in use, or no track would be left.
    """
    open_generation(library)  # before the lock, which would make the folder
    with writer_lock(library):
        before = open_generation(library)
        decisions = read_decisions(library, before)
        out = has(before.table("tracks").columns("track_id")[0], track_ids)
        if out.all():
            raise LibraryError(f"{library}: no track would be left; remove the folder instead")
        refuse_damage(before)
        rows = np.flatnonzero(out)
        tracks = before.table("tracks").rows(rows)
        known = known_tracks(tracks, _files_of(before, tracks), decisions).iloc[: len(rows)]
        taken = [_removed(before, row) for row in known.to_dict("records")]
        version = int(before.manifest.get("measure_version", 1))
        noted = kept_tracks(known, before.table("descriptors").rows(rows), version)
        decisions = decisions.with_removed(taken, noted)
        write_decisions(library, decisions)
        _leave_out(library, before, decisions, rows)
    return int((~out).sum())


def _files_of(before: Generation, tracks: pd.DataFrame) -> pd.DataFrame:
    """The ids of the files of some tracks; formats before 4 had no audio_ids."""
    files = before.table("files")
    ids = files.columns(*(name for name in ("content_id", "audio_id") if name in files.names))
    rows = np.flatnonzero(has(ids["content_id"], tracks["content_id"]))
    return take_rows(ids, rows).to_pandas(use_threads=False)


def _removed(before: Generation, row: dict[Any, Any]) -> Removed:
    """Makes the entry of a removed track."""
    sound = row["audio_id"]
    if pd.isna(sound):
        path = Path(before.manifest["audio_root"]) / row["path"]
        try:
            sound = audio_id(path) if content_id(path) == row["content_id"] else None
        except OSError:
            sound = None
    return Removed(row["path"], row["content_id"], sound)


def restore_tracks(library: Path, paths: Collection[str] | None = None) -> list[str]:
    """Lets the next index run add removed tracks again, even if their files are gone.

    Args:
        library: Folder of the library.
        paths: Paths of the files, as they are listed; None restores all.

    Returns:
        The paths of the files that were restored.

    Raises:
        LibraryError: If there is no library, or it is in use.
        QueryError: If a path is not of a removed track.
    """
    open_generation(library)  # before the lock, which would make the folder
    with writer_lock(library):
        before = open_generation(library)
        decisions = read_decisions(library, before)
        known = [item.path for item in decisions.removed]
        wanted = set(known if paths is None else paths)
        for path in sorted(wanted.difference(known)):
            some = f"; removed are: {', '.join(known[:5])}" if known else ""
            raise QueryError(f"{path} was not removed from {library}{some}")
        back = [path for path in known if path in wanted]
        if back:
            refuse_damage(before)
            decisions = decisions.restored(back)
            write_decisions(library, decisions)
            _leave_out(library, before, decisions, np.zeros(0, np.int64), unfinished=True)
        return back


def refuse_damage(before: Generation) -> None:
    """Refuses to copy a generation with damaged files, since the copies would look intact.

    Raises:
        LibraryError: If a file is damaged, or the generation has a format before 3.
    """
    if before.version < 3:
        raise LibraryError(
            f"{before.folder}: its format is older; run specrec index once, then repeat this"
        )
    damage = damaged_files(before.folder, before.sums)
    if damage:
        raise LibraryError(f"{damage[0]}; {REMEDY}")


def _leave_out(
    library: Path,
    before: Generation,
    decisions: Decisions,
    gone: Int64[np.ndarray, " gone"],
    unfinished: bool = False,
) -> None:
    """Writes a generation without the tracks in some rows.

    Args:
        library: Folder of the library.
        before: The generation whose other tracks stay.
        decisions: Says which tracks are listed as removed.
        gone: The rows.
        unfinished: Whether the next index run has to look at all files.
    """
    if before.version == FORMAT_VERSION and before.layers.changes + len(gone) <= before.most_newer:
        newer = without(before, gone, skipped_after(before, decisions))
        manifest = {"unfinished": True} if unfinished else {}
        write_changed(library, before, replace(newer, manifest=manifest))
        remove_old_generations(library)
        return
    kept = ~np.isin(np.arange(len(before)), gone)
    rewrite(library, before, decisions, kept, before.placement[kept], unfinished)


def rewrite(
    library: Path,
    before: Generation,
    decisions: Decisions,
    kept: Bool[np.ndarray, " tracks"],
    placement: pd.DataFrame,
    unfinished: bool = True,
) -> None:
    """Writes a generation with some of the tracks of another one, which must be intact.

    Args:
        library: Folder of the library.
        before: The generation whose tracks are copied.
        decisions: Says which tracks are listed as removed.
        kept: Which tracks are copied.
        placement: Where the windows of the copied tracks are stored.
        unfinished: Whether the next index run has to look at all files.
    """
    manifest = {name: value for name, value in before.manifest.items() if name not in WRITTEN}
    skipped = skipped_after(before, decisions)
    counts = manifest["counts"] | {"tracks": int(kept.sum()), "skipped": len(skipped)}
    embeddings = np.asarray(before.embeddings)[kept]
    left, pairs = before.tracks.loc[kept, "content_id"], before.duplicates
    write_generation(
        library,
        Contents(
            manifest | {"counts": counts} | ({"unfinished": True} if unfinished else {}),
            before.tracks[kept].reset_index(drop=True),
            placement.reset_index(drop=True),
            before.descriptors[kept].reset_index(drop=True),
            before.probe,
            before.files,
            skipped,
            embeddings,
            build_index(embeddings, manifest.get("search", AUTO)),
            pairs[pairs["first"].isin(left) & pairs["second"].isin(left)].reset_index(drop=True),
            before.row_hashes,
        ),
    )
    remove_old_generations(library)


def skipped_after(before: Generation, decisions: Decisions) -> pd.DataFrame:
    """The table of skipped files, in which those removed are listed as the decisions have them."""
    rows = [
        {
            "path": item.path,
            "content_id": item.content_id,
            "reason": str(REMOVED.reason),
            "detail": REMOVED.detail,
        }
        for item in decisions.removed
    ]
    removed = pd.DataFrame(rows, columns=before.skipped.columns).astype("string")
    others = before.skipped[before.skipped["reason"] != SkipReason.REMOVED]
    return pd.concat([others, removed]).sort_values("path", ignore_index=True)


def _bytes(folder: Path) -> int:
    """Size of a folder on disk; a file with several names counts once."""
    sizes = {}
    for inside, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # an index run may be removing it
                status = (Path(inside) / name).stat()
                if stat.S_ISREG(status.st_mode):
                    sizes[status.st_dev, status.st_ino] = status.st_size
    return sum(sizes.values())
