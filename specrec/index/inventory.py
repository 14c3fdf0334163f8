"""Takes stock before an index run: the music, the library, and the decisions about it."""

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from specrec.catalog.catalog import (
    STAMPS,
    Catalog,
    find_changes,
    make_catalog,
    read_files,
    stamps_of,
)
from specrec.catalog.found import Found, find_audio
from specrec.catalog.identity import audio_id
from specrec.catalog.joins import Joined, join_features
from specrec.config import IndexConfig, Shard
from specrec.index.decision_files import Copies, read_copies
from specrec.index.decisions import Decisions, known_tracks, typed
from specrec.index.generation import Generation
from specrec.index.part import Part, find_part, room, whole_library
from specrec.index.plan import Plan, check_plan, make_plan
from specrec.index.segment_store import SegmentStore
from specrec.index.table_file import has, is_among
from specrec.index.update import fits
from specrec.progress import Progress

_UNKNOWN: dict[str, str] = {}  # table, if a merged library or an older version does not say which
_SOME = 1000  # rows of a table, among which one surely names a track, if any do


@dataclass(frozen=True, eq=False)
class Inventory:
    """The state of music and library before an index run changes anything.

    Attributes:
        part: The part of the library that is looked at; None if there is no library yet.
        catalog: The music as it is now, or what of it belongs to that part.
        featured: How the table of features fitted the tracks; None if no table was given.
        known: The tracks of the library as it was.
        copies: The decisions about the library as they are on disk.
        decisions: The same decisions, with the current paths of removed tracks.
        plan: How the files changed since the last run.
        moved_from: The previous audio root, if it changed.
        table: The state of the table that names tracks, if one does; see `Found.table_state`.
        row_hashes: Hashes of that table's rows; None if the library has them already.
    """

    part: Part | None
    catalog: Catalog
    featured: Joined | None
    known: pd.DataFrame
    copies: Copies
    decisions: Decisions
    plan: Plan
    moved_from: str | None = None
    table: dict[str, str] | None = None
    row_hashes: "pd.Series[int] | None" = None

    def unknown(self, store: SegmentStore) -> pd.DataFrame:
        """The rows of the catalog's tracks that are still to be embedded."""
        known = store.settled | {item.content_id for item in self.decisions.removed}
        known |= self.retagged(store).keys()
        return self.catalog.tracks[~is_among(self.catalog.tracks["content_id"], known)]

    def retagged(self, store: SegmentStore) -> dict[str, str]:
        """New contents that sound like one that was embedded: only the file's tags are others.

        Returns:
            The embedded content by the new one.
        """
        settled, found = store.settled, set(store.table.index[store.table["row"] >= 0])
        sounds = self.known[is_among(self.known["content_id"], settled & found)]
        sounds = sounds.dropna(subset="audio_id")
        embedded = dict(zip(sounds["audio_id"], sounds["content_id"], strict=True))
        files = self.catalog.files[["content_id", "audio_id"]].itertuples(index=False)
        return {
            content_id: embedded[sound]
            for content_id, sound in files
            if content_id not in settled and sound in embedded
        }


def take_inventory(
    config: IndexConfig,
    library: Path,
    before: Generation | None,
    in_layers: bool,
    on_scan: Progress | None,
) -> Inventory:
    """Compares the music with the library, and writes nothing.

    Args:
        config: The settings of the run.
        library: Folder of the library.
        before: The library, if there is one.
        in_layers: Whether what is others now may lie over what stays; then no more of the library
            is looked at than need be.
        on_scan: Called while new files are read.
    """
    copies = read_copies(library)
    decisions = copies.or_of(before)
    shard = None if config.shard is None else Shard.parse(config.shard)
    found = find_audio(Path(config.audio), shard)
    state = found.table_state
    changes = find_changes(found.scan, _stamps(before))
    read = read_files(found.root, changes.new, on_scan, config.workers)
    part: Part | None = None
    catalog: Catalog | None = None
    tables_stay = before is not None and before.manifest.get("table", _UNKNOWN) == state
    by_features = config.feature_table is not None or _had_features(before)
    retold = None if before is None or by_features else _retold(before, found, tables_stay)
    if before is not None and in_layers and retold is not None:
        part = find_part(before, changes, read.files, decisions, retold)
        if part is not None:
            catalog = make_catalog(found, read, part.same_files, retold)
            by_table = found.table_file is not None
            is_joined = not by_table or _is_joined_so(before, part, found, catalog)
            if not (is_joined and fits(before, part, catalog.tracks, by_table)):
                part = catalog = None
    if before is not None and part is None:
        with_table = found.table_file is not None or config.feature_table is not None
        part = whole_library(before, changes, in_layers and with_table)
    pa.default_memory_pool().release_unused()  # the columns of a large library
    known = known_tracks(part and part.tracks, part and part.files, decisions)
    catalog = catalog or make_catalog(found, read, part and part.same_files)
    catalog, featured = _featured(config, catalog)
    out = decisions.removed_among(catalog.files, known)
    taken = [item.content_id for item in decisions.removed]
    known = known[~is_among(known["content_id"], taken)]  # a run that was killed may have left some
    plan = make_plan(known, catalog, out, [] if part is None else part.files["path"])
    root = None if before is None else str(before.manifest["audio_root"])
    if config.prune != "all":
        gone_before = {item.track["path"] for item in decisions.kept} & set(known["path"])
        others = 0 if before is None or part is None else len(before) - len(part.tracks)
        check_plan(plan, catalog, len(known) + others, gone_before, root, bool(config.prune))
    moved_from = None if root == str(catalog.root.resolve()) else root
    decisions = _with_audio_ids(decisions.seen(out), catalog)
    table = None if catalog.table is None else state
    hashes_stay = before is not None and tables_stay and before.has_row_hashes
    hashes = None if table is None or hashes_stay else found.row_hashes
    return Inventory(
        part, catalog, featured, known, copies, decisions, plan, moved_from, table, hashes
    )


def _retold(before: Generation, found: Found, tables_stay: bool) -> set[str] | None:
    """The paths of files of which the table says something else than before; None if of any."""
    if tables_stay:
        return set()
    was, now = before.manifest.get("table"), found.table_state
    if not (was and now and was["file"] == now["file"]) or "links" in was | now:
        return None
    hashes, known = found.row_hashes, before.row_hashes
    if hashes is None or known is None:
        return None
    if hashes.index.has_duplicates or known.index.has_duplicates:
        return None
    rows = known.index.get_indexer(hashes.index)
    same = (rows >= 0) & (known.to_numpy()[rows] == hashes.to_numpy())
    gone = np.ones(len(known), dtype=bool)
    gone[rows[same]] = False
    now_other, once_other = hashes.index[~same], known.index[gone]
    if max(len(now_other), len(once_other)) > room(before):
        return None
    told_once = found.paths_of(once_other)
    paths = before.table("files").columns("path")[0]
    lost = {*told_once} - {*paths.filter(has(paths, told_once)).to_pylist()}
    # Such a name may have been that of a track by a link, or in another folder.
    if any(Path(path).is_absolute() or not (found.root / path).exists() for path in lost):
        return None
    return {*found.paths_of(now_other), *told_once}


def _is_joined_so(before: Generation, part: Part, found: Found, catalog: Catalog) -> bool:
    """Whether the table that was joined with a part of a library would be joined with all of it.

    Some row must name a track, and no id may stand in two rows, be it of a file that is no track.
    """
    if catalog.table is None:
        return False
    if not (len(part.files) or len(part.tracks) or len(catalog.tracks)):
        return True
    if "track_id" in found.loaded:
        ids = found.loaded["track_id"].dropna().astype("string")
        if is_among(catalog.tracks["track_id"], ids[ids.duplicated()]).any():
            return False
    names = found.names
    named = found.paths_of(names[:: 1 + len(names) // _SOME])
    if is_among(catalog.tracks["path"], named).any():
        return True
    rows = np.flatnonzero(has(before.table("tracks").columns("path")[0], named))
    return not np.isin(rows, part.track_rows).all()


def _had_features(before: Generation | None) -> bool:
    """Whether a table of features filled tags of a library, which would stay without it."""
    return before is not None and bool(before.manifest.get("settings", {}).get("feature_table"))


def _stamps(before: Generation | None) -> pa.Table:
    """The columns `STAMPS` of the files of a library, if it has them."""
    if before is None or not {*STAMPS} <= {*before.table("files").names}:
        return stamps_of(None)
    return before.table("files").columns(*STAMPS)


def _with_audio_ids(decisions: Decisions, catalog: Catalog) -> Decisions:
    """Fills in the `audio_id` of removed files that are here: older versions stored none."""
    here = dict(zip(catalog.files["content_id"], catalog.files["path"], strict=True))
    removed = list(decisions.removed)
    for place, item in enumerate(removed):
        if item.audio_id is None and item.content_id in here:
            with suppress(OSError):
                sound = audio_id(catalog.file(here[item.content_id]))
                removed[place] = replace(item, audio_id=sound)
    return replace(decisions, removed=tuple(removed))


def keep_vanished(
    catalog: Catalog, known: pd.DataFrame, paths: list[str]
) -> tuple[Catalog, pd.DataFrame]:
    """Adds tracks whose files are gone or unreadable, unless another file has taken their place.

    Returns:
        The catalog with them, and the rows that were added.
    """
    rows = known[known["path"].isin(paths)]
    rows = rows[~is_among(rows["track_id"], catalog.tracks["track_id"])]
    if not len(rows):
        return catalog, rows
    types = {name: catalog.tracks[name].dtype for name in catalog.tracks.columns}
    added = typed(rows.drop(columns="audio_id"), types if len(catalog.tracks) else {})
    tracks = pd.concat([catalog.tracks, added]).sort_values("path", ignore_index=True)
    return replace(catalog, tracks=tracks), rows


def _featured(config: IndexConfig, catalog: Catalog) -> tuple[Catalog, Joined | None]:
    """Adds the columns of the table of features, if there is one."""
    if config.feature_table is None:
        return catalog, None
    path = Path(config.feature_table).expanduser()
    tracks, featured = join_features(catalog.root, catalog.tracks, path)
    return replace(catalog, tracks=tracks), featured
