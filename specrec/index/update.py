"""Brings a part of a library up to date: what is elsewhere stays as it is, unread."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa

from specrec.catalog.catalog import TRACK_COLUMNS
from specrec.errors import SkipReason
from specrec.index.duplicates import COLUMNS, find_duplicates
from specrec.index.generation import BY_TRACK, Generation, Newer
from specrec.index.layered_search import LayeredIndex
from specrec.index.layers import take_step
from specrec.index.part import Part
from specrec.index.segment import Segment
from specrec.index.segment_store import SegmentStore
from specrec.index.table_file import has, is_among
from specrec.shapes import Bool, Float16, Int64

Places = Bool[np.ndarray, " _"]

_PLAIN = (
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_string,
    pa.types.is_large_string,
)


@dataclass(frozen=True, eq=False)
class Found:
    """What an index run found of a part of a library.

    Attributes:
        tracks: Its tracks.
        descriptors: Their features.
        files: Its files.
        skipped: The files of the part, and those that no one can use now, that were left out.
    """

    tracks: pd.DataFrame
    descriptors: pd.DataFrame
    files: pd.DataFrame
    skipped: pd.DataFrame


def fits(before: Generation, part: Part, tracks: pd.DataFrame, by_table: bool) -> bool:
    """Whether the tracks of a part may take their places among the others of a generation.

    They have its columns and types, and ids that no other has. Without a table, ids are those of
    their contents.

    Args:
        before: The generation.
        part: The part as it was.
        tracks: Its tracks as they are.
        by_table: Whether a table has named tracks.
    """
    stored = before.table("tracks")
    if list(tracks) != stored.names:
        return False
    if not by_table:
        return all(name in TRACK_COLUMNS for name in tracks)
    try:
        typed = tracks.astype(part.tracks.dtypes)
    except (TypeError, ValueError):
        return False
    rows = np.flatnonzero(has(stored.columns("track_id")[0], tracks["track_id"]))
    return (
        _are_plain(stored.types)
        and not any(_narrows(before, part, tracks, name) for name in tracks)
        and bool(np.isin(rows, part.track_rows).all())
        and not _differing("content_id", [typed], [tracks])[0].any()
    )


def _narrows(before: Generation, part: Part, tracks: pd.DataFrame, name: str) -> bool:
    """Whether a column lacks no cell any more, so that its numbers need no longer be floats."""
    was = part.tracks[name]
    if tracks[name].dtype == was.dtype or not was.isna().any():
        return False
    empty = before.table("tracks").columns(name)[0].is_null().to_numpy()
    return bool(np.isin(np.flatnonzero(empty), part.track_rows).all())


@dataclass(frozen=True, eq=False)
class Differing:
    """The rows of a part that are no longer there as they were, and those that were not.

    Attributes:
        gone: Rows of the tracks as they were.
        added: Rows of the tracks as they are.
        files_gone: Rows of the files as they were.
        files_added: Rows of the files as they are.
    """

    gone: Places
    added: Places
    files_gone: Places
    files_added: Places

    @property
    def most(self) -> int:
        """How many rows differ of that of which the most do."""
        rows = (self.gone, self.added, self.files_gone, self.files_added)
        return max(int(places.sum()) for places in rows)


def compare(part: Part, found: Found) -> Differing:
    """Compares a part as it was with what was found of it."""
    return Differing(
        *_differing(
            "content_id", [part.tracks, part.descriptors], [found.tracks, found.descriptors]
        ),
        *_differing("path", [part.files], [found.files]),
    )


def can_lie_over(before: Generation, part: Part, found: Found) -> bool:
    """Whether what was found of a part may lie over the base, if little of it differs.

    A table may have given the tracks other columns than those of the base, or other types.
    """
    if not (part.is_few and part.is_whole):
        return part.is_few
    types = pa.Schema.from_pandas(found.tracks, preserve_index=False)
    return _are_plain(types) and types.equals(before.table("tracks").types)


def _are_plain(types: pa.Schema) -> bool:
    """Whether rows of these types can be laid over others.

    Truth values, lists and the like can't, for pandas has no single type for them.
    """
    return all(any(is_it(column.type) for is_it in _PLAIN) for column in types)


def update_part(
    before: Generation, part: Part, found: Found, differing: Differing, store: SegmentStore
) -> Newer | None:
    """Works out what a generation has over its base when a part of it has changed.

    Args:
        before: The generation.
        part: Its part, as it was.
        found: The part, as it is.
        differing: How they differ.
        store: Holds the embeddings of its tracks.

    Returns:
        None if nothing is other than before.
    """
    gone, added = differing.gone, differing.added
    files_gone, files_added = differing.files_gone, differing.files_added
    skipped = _skipped(before, part, found.skipped)
    if not differing.most and _is_same(before.skipped, skipped):
        return None
    contents = found.tracks.loc[added, "content_id"]
    frames = {
        "tracks": found.tracks[added],
        "descriptors": found.descriptors[added],
        "placement": store.placement(contents.tolist()),
    }
    step = take_step(before.layers, part.track_rows[gone], int(added.sum()))
    tables = {name: before.table(name).stepped(step, frames[name]) for name in BY_TRACK}
    tables["placement"] = _placed_now(tables["tracks"], tables["placement"], store)
    vectors = store.embeddings(contents.tolist()) if len(contents) else before.embeddings[:0]
    files = before.table("files")
    files_step = take_step(files.layers, part.file_rows[files_gone], int(files_added.sum()))
    tables["files"] = files.stepped(files_step, found.files[files_added])
    newer = Newer(
        {},
        step.after,
        files_step.after,
        tables,
        before.layered_embeddings.stepped(step, np.asarray(vectors)),
        skipped,
        before.duplicates,
    )
    is_new = ~is_among(contents, part.tracks["content_id"]).to_numpy(dtype=bool)
    before_ids, ids = part.tracks["content_id"], found.tracks["content_id"]
    left = before_ids[~is_among(before_ids, ids)]
    return replace(newer, duplicates=_pairs(before, newer, step.added[is_new], set(left)))


def without(before: Generation, gone: Int64[np.ndarray, " gone"], skipped: pd.DataFrame) -> Newer:
    """Works out what a generation has over its base when some of its tracks are removed.

    Args:
        before: The generation.
        gone: Rows of the tracks.
        skipped: All files that are left out then.
    """
    step = take_step(before.layers, gone, 0)
    nothing = {name: before.table(name).rows(gone[:0]) for name in (*BY_TRACK, "files")}
    files = before.table("files")
    same = take_step(files.layers, gone[:0], 0)
    tables = {name: before.table(name).stepped(step, nothing[name]) for name in BY_TRACK}
    tables["files"] = files.stepped(same, nothing["files"])
    vectors = before.layered_embeddings.stepped(step, np.asarray(before.embeddings[:0]))
    left = set(before.table("tracks").rows(gone)["content_id"])
    newer = Newer({}, step.after, same.after, tables, vectors, skipped, before.duplicates)
    return replace(newer, duplicates=_pairs(before, newer, gone[:0], left))


def _differing(
    key: str, old: Sequence[pd.DataFrame], new: Sequence[pd.DataFrame]
) -> tuple[Places, Places]:
    """Which rows are no longer there as they were, and which were not there as they are.

    Args:
        key: The column of the first tables by which rows are found again.
        old: Tables with the same rows.
        new: The same tables as they are now.
    """
    rows = pd.Index(old[0][key]).get_indexer(pd.Index(new[0][key]))
    same = rows >= 0
    for was, now in zip(old, new, strict=True):
        for name in now:
            before = was[name].iloc[rows[same]].reset_index(drop=True)
            after = now[name][same].reset_index(drop=True)
            equal = (before == after).fillna(False) | (before.isna() & after.isna())
            same[same] = equal.to_numpy(dtype=bool)
    gone = np.ones(len(old[0]), dtype=bool)
    gone[rows[same]] = False
    return gone, ~same


def _rows_by(table: pd.DataFrame, key: str) -> dict[str, list[object]]:
    cells = table.astype(object).where(table.notna(), None)
    return dict(zip(table[key], cells.to_numpy().tolist(), strict=True))


def _is_same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    return _rows_by(one, "path") == _rows_by(other, "path")


def _skipped(before: Generation, part: Part, found: pd.DataFrame) -> pd.DataFrame:
    """All files that are left out: those of the part as they are now, the others as they were.

    Of the others a run sees those again that have no content.
    """
    known = before.skipped
    lasts = known["content_id"].notna() | (known["reason"] == SkipReason.DUPLICATE)
    lasts &= (known["reason"] != SkipReason.REMOVED) & ~is_among(known["path"], part.files["path"])
    return pd.concat([known[lasts], found]).sort_values("path", ignore_index=True)


def _placed_now(tracks: pd.DataFrame, placement: pd.DataFrame, store: SegmentStore) -> pd.DataFrame:
    """Where the windows of the newer tracks are, now that small segments may have been merged."""
    here = tracks["content_id"].isin(store.table.index).to_numpy(dtype=bool)
    placed = placement.copy()
    moved = store.placement(tracks.loc[here, "content_id"].tolist()).astype(placement.dtypes)
    placed.loc[here] = moved.set_index(placed.index[here])
    return placed


def _pairs(
    before: Generation, newer: Newer, rows: Int64[np.ndarray, " new"], left: set[str]
) -> pd.DataFrame:
    """The pairs of files of one recording, without those of tracks that are no longer there.

    Args:
        before: The generation before.
        newer: What the next one has over its base.
        rows: Rows of the new tracks.
        left: The content_ids that are no longer there.
    """
    known = before.duplicates
    known = known[~(known["first"].isin(left) | known["second"].isin(left))]
    if not len(rows):
        return known.reset_index(drop=True)
    embeddings = before.layered_embeddings.laid_over(newer.tracks, newer.embeddings)
    table = before.table("tracks").columns_after(
        newer.tracks, newer.tables["tracks"], "content_id", "duration_seconds"
    )
    pairs = find_duplicates(
        LayeredIndex(before.base_index, newer.tracks, embeddings),
        embeddings,
        table["duration_seconds"].to_numpy().astype(np.float64),
        lambda row: _windows(before, newer, row),
        before.window_seconds,
        rows,
    )
    ids = table["content_id"]
    found = [(*sorted((ids[a].as_py(), ids[b].as_py())), value) for a, b, value in pairs]
    joined = pd.concat([known, pd.DataFrame(found, columns=[*COLUMNS]).astype(COLUMNS)])
    joined = joined.drop_duplicates(["first", "second"])
    return joined.sort_values(["first", "second"], ignore_index=True)


def _windows(before: Generation, newer: Newer, row: int) -> Float16[np.ndarray, "windows dim"]:
    """Reads the windows of a track of the next generation."""
    place = int(np.searchsorted(newer.tracks.rows, row))
    if place < len(newer.tracks.rows) and newer.tracks.rows[place] == row:
        placed = newer.tables["placement"].iloc[place]
    else:
        placed = before.table("placement").rows(np.array([row])).iloc[0]
    segment = Segment(before.folder.parents[1] / "segments" / str(placed["segment"]))
    first = int(placed["first_window"])
    return np.asarray(segment.windows[first : first + int(placed["window_count"])])
