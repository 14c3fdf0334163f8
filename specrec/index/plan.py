"""Plans an index run: compares the files as they are with the library as it was."""

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from specrec.catalog.catalog import Catalog
from specrec.errors import LibraryError, SkipReason
from specrec.index.table_file import is_among
from specrec.printing import counted

_FOR_NOW = (SkipReason.UNREADABLE, SkipReason.TIMED_OUT)  # a slow disk says nothing of a file


@dataclass(frozen=True)
class Plan:
    """How the files changed since the last run: paths relative to the audio root.

    Attributes:
        added: New files.
        changed: Files whose content changed.
        moved: Files that were moved or renamed, as (before, now), recognized by their content.
        vanished: Tracks of the library whose files are gone. They stay, unless pruned.
        hidden: Tracks whose files, or folders, can't be read at the moment. They stay.
        removed: Files of tracks that `specrec remove` removed; they stay out.
    """

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    moved: list[tuple[str, str]] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


def make_plan(
    known: pd.DataFrame, catalog: Catalog, removed: pd.DataFrame, seen: Collection[str]
) -> Plan:
    """Compares a catalog with a library.

    Args:
        known: The tracks of the library, with path, content_id and audio_id.
        catalog: The files as they are now.
        removed: Those of its files whose tracks were removed from the library.
        seen: Paths of all files that the last run saw, in the library or not.
    """
    now = catalog.tracks.set_index("path")["content_id"]
    was = known.set_index("path")["content_id"]
    before = set(seen) | set(was.index)
    taken = set(removed["content_id"])
    is_out = is_among(now, taken)
    known_path = now.index.astype(object).isin(was.index.tolist())
    out = now.index[is_out].tolist()
    stayed = now[known_path]
    changed = stayed.index[(stayed != was[stayed.index]).to_numpy(dtype=bool)]
    # A file is another's in a new place if its bytes are the same, or, newly tagged, its sound.
    sounds = catalog.files.set_index("path")["audio_id"]
    old_path = dict(zip(known["content_id"], known["path"], strict=True))
    left = known[~is_among(known["path"], now.index)].dropna(subset="audio_id")
    old_sound = dict(zip(left["audio_id"], left["path"], strict=True))
    fresh = now[~known_path & ~is_out]
    origins = {path: old_path.get(now[path]) or old_sound.get(sounds[path]) for path in fresh.index}
    moved = [(origin, path) for path, origin in origins.items() if origin is not None]
    came = {path for _, path in moved}
    added = [path for path in fresh.index if path not in came and path not in before]
    # An empty file, or a copy of another, was not lost: it is another file now.
    present = set(catalog.files["path"])
    present |= {item.path for item in catalog.skipped if item.reason == SkipReason.EMPTY}
    here = set(now) | set(catalog.files["content_id"]) | set(catalog.files["audio_id"].dropna())
    gone = known[
        ~is_among(known["path"], present)
        & ~is_among(known["content_id"], here)
        & ~is_among(known["audio_id"], here)
    ]["path"]
    closed = {item.path for item in catalog.skipped if item.reason in _FOR_NOW}
    open_ = np.array([closed.isdisjoint(_folders(path)) for path in gone], dtype=bool)
    hidden, vanished = gone[~open_].tolist(), gone[open_].tolist()
    return Plan(added, changed.tolist(), moved, vanished, hidden, out)


def check_plan(
    plan: Plan,
    catalog: Catalog,
    tracks: int,
    gone_before: Collection[str],
    root: str | None,
    prune: bool,
) -> None:
    """Refuses what is hardly meant: another folder's music, or the loss of most of the library.

    A library has one folder of music, which may be moved, mounted elsewhere or replaced by its
    parent: then its files are in the new place, or at least no longer in the old one. A folder
    without files that are still in the old place is a different one: a copy or a part of it.

    Args:
        plan: How the files changed.
        catalog: The files as they are now.
        tracks: Number of tracks in the library.
        gone_before: Paths of tracks whose files were gone at the last run already.
        root: Audio root of the library so far; None if unknown.
        prune: Whether tracks whose files are gone are to be dropped.

    Raises:
        LibraryError: If the plan is refused; the message says what to give instead.
    """
    gone = len(plan.vanished)
    absent = f"{catalog.root}: lacks {gone} of the library's {counted(tracks, 'track')}"
    if root is not None and not _is_same(Path(root), catalog.root):
        lately = [path for path in plan.vanished if path not in gone_before]
        most = 2 * len(lately) > tracks - len(gone_before)
        if most or any(_is_there(Path(root) / path) for path in lately):
            raise LibraryError(
                f"{absent}; it was built from {root}: give that folder, or another library;"
                " prune=all drops the tracks without files"
            )
    if prune and 2 * gone > tracks:
        raise LibraryError(
            f"{absent}, and prune=true would drop them; is a disk missing? prune=all drops them"
            " anyway"
        )


def _is_same(one: Path, other: Path) -> bool:
    """Whether two paths lead to the same folder."""
    try:
        return one.samefile(other)
    except OSError:
        return False


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _folders(path: str) -> set[str]:
    """The path of a file, and those of the folders that contain it."""
    return {path, *map(str, Path(path).parents)}
