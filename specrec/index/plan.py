"""What an index run has to do: the catalog as it is, beside the library as it was."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from specrec.catalog.catalog import Catalog
from specrec.errors import LibraryError, Reason
from specrec.index.storage import Generation


@dataclass(frozen=True)
class Plan:
    """Paths, by what became of their files since the last run; relative to the audio root.

    Attributes:
        added: New files.
        changed: Files whose content is another now.
        moved: Files that had another name, as (before, now); they are known by their content.
        vanished: Tracks of the library whose files are gone. They stay, unless pruned.
        hidden: Tracks whose files, or their folders, can't be read for now. They stay.
        removed: Files that `specrec remove` took out; they stay out.
    """

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    moved: list[tuple[str, str]] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


def removed_contents(before: Generation | None) -> set[str]:
    """What `specrec remove` took out of a library."""
    if before is None:
        return set()
    taken = before.skipped[before.skipped["reason"] == Reason.REMOVED]
    return set(taken["content_id"])


def make_plan(before: Generation | None, catalog: Catalog) -> Plan:
    """Compares a catalog with a library.

    Raises:
        LibraryError: If the library was made of another folder, of which nothing is here.
    """
    now = catalog.tracks.set_index("path")["content_id"]
    if before is None:
        return Plan(added=now.index.tolist())
    was = before.tracks.set_index("path")["content_id"]
    known = set(before.files["path"]) | set(was.index)
    taken = removed_contents(before)
    removed = now.index[now.isin(list(taken))].tolist()
    stayed = now[now.index.isin(was.index)]
    changed = stayed.index[(stayed != was[stayed.index]).to_numpy(dtype=bool)]
    old_path = pd.Series(was.index, was.to_numpy())
    fresh = now[~now.index.isin(was.index) & ~now.isin(list(taken))]
    moved = [(old_path[content], path) for path, content in fresh.items() if content in old_path]
    came = {path for _, path in moved}
    added = [path for path in fresh.index if path not in came and path not in known]
    # An empty file, or a copy of another, was not lost: it is another file now.
    present = set(catalog.files["path"])
    present |= {item.path for item in catalog.skipped if item.reason == Reason.EMPTY}
    gone = was[~was.index.isin(list(present)) & ~was.isin(now)]
    closed = {item.path for item in catalog.skipped if item.reason == Reason.UNREADABLE}
    open_ = np.array([closed.isdisjoint(_folders(path)) for path in gone.index], dtype=bool)
    hidden, gone = gone.index[~open_].tolist(), gone[open_]
    if len(was) and len(gone) == len(was):
        root = before.manifest["audio_root"]
        if Path(root) != catalog.root.resolve():
            raise LibraryError(
                f"{catalog.root}: none of the {len(was)} tracks of the library is there; it was"
                f" made of {root}: give that folder, or another library"
            )
    return Plan(added, changed.tolist(), moved, gone.index.tolist(), hidden, removed)


def _folders(path: str) -> set[str]:
    """A file and the folders in which it lies."""
    return {path, *map(str, Path(path).parents)}
