"""A folder or a table becomes a catalog: one row per track."""

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from specrec.audio.pool import map_paths
from specrec.catalog.columns import TAG_COLUMNS
from specrec.catalog.found import Found, find_audio
from specrec.catalog.reading import identify
from specrec.catalog.scan import FoundFile, Scan, Skipped
from specrec.catalog.tables import RealPaths
from specrec.config import Shard
from specrec.errors import AudioError, CatalogError, SkipReason
from specrec.printing import counted
from specrec.shapes import Int64

TRACK_COLUMNS = ("track_id", "path", "content_id", *TAG_COLUMNS)
"""The columns that all tracks have."""
STAMPS = ("path", "size", "mtime_ns")
"""The columns of `Catalog.files` by which a file that was changed is told."""
FILE_COLUMNS = {
    "path": "string",
    "size": "int64",
    "mtime_ns": "int64",
    "content_id": "string",
    "audio_id": "string",
}


@dataclass(frozen=True)
class Catalog:
    """The tracks below an audio root.

    Attributes:
        root: The folder to which paths are relative.
        tracks: One row per track: track_id, path, content_id, title, artist, album, genre, year,
            duration_seconds, then the columns that a table brought. Sorted by path.
        files: What was read from each file (path, size, mtime_ns, content_id, audio_id, tags): with
            it, the next reading opens only files that changed.
        skipped: Files that can't be used, exact copies of another among them.
        ignored: How many files are not audio.
        table: The table that was joined, if any.
        remark: How many tracks the table names, or why one that is there was not joined; None if
            there is no table.
        untagged: The files that were read now without their tags, and why.
    """

    root: Path
    tracks: pd.DataFrame
    files: pd.DataFrame
    skipped: list[Skipped]
    ignored: int
    table: Path | None
    remark: str | None
    untagged: dict[str, str]

    def file(self, path: str) -> Path:
        """The file of a track, from its relative path."""
        return self.root / path


@dataclass(frozen=True, eq=False)
class Changes:
    """Files as they are now, compared with those of an earlier reading by size and time.

    Attributes:
        new: Files that are new or changed.
        same: Rows of the earlier files that are as they were, in the order of the scan.
        gone: Rows of the earlier files that are changed or no longer there.
    """

    new: list[FoundFile]
    same: Int64[np.ndarray, " same"]
    gone: Int64[np.ndarray, " gone"]


def read_catalog(
    audio: Path,
    known: pd.DataFrame | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    workers: int = 0,
    shard: Shard | None = None,
) -> Catalog:
    """Reads a catalog; worker processes read the files.

    Args:
        audio: A folder, searched with all below it, or a table (CSV, TSV, Parquet) whose rows are
            the tracks. A `manifest.csv`, `.tsv` or `.parquet` in the folder, or beside it, is
            joined by path if it can be. A table's cells take precedence over tags, and its
            `track_id` over ours.
        known: `Catalog.files` of an earlier reading, so that only new and changed files are read.
        on_progress: Called with the number of files done and their total.
        workers: How many processes read new files; 0 for one per core.
        shard: The share of the files that is read; None for all.

    Raises:
        CatalogError: If there is no such folder or table, or if it names no audio at all.
    """
    found = find_audio(audio, shard)
    changes = find_changes(found.scan, stamps_of(known))
    read = read_files(found.root, changes.new, on_progress, workers)
    return make_catalog(found, read, None if known is None else known.iloc[changes.same])


def stamps_of(known: pd.DataFrame | None) -> pa.Table:
    """Path, size and time of the files of an earlier reading; old libraries may not have them."""
    if known is None or not {*STAMPS} <= {*known.columns}:
        return pa.table({name: [] for name in STAMPS})
    return pa.Table.from_pandas(known[[*STAMPS]], preserve_index=False)


def find_changes(scan: Scan, stamps: pa.Table) -> Changes:
    """Compares files with those of an earlier reading.

    Args:
        scan: The files as they are now.
        stamps: The columns `STAMPS` of the earlier files.
    """
    files = scan.files
    known = stamps["path"].cast(pa.large_string())
    found = pc.index_in(pa.array(files.paths, pa.large_string()), value_set=known)
    rows = found.fill_null(-1).to_numpy().astype(np.int64)
    same = rows >= 0
    for now, name in ((files.sizes, "size"), (files.times, "mtime_ns")):
        before = stamps[name].to_numpy()
        same[same] = np.asarray(now, np.int64)[same] == before[rows[same]]
    gone = np.ones(len(known), dtype=bool)
    gone[rows[same]] = False
    new = [files[place] for place in np.flatnonzero(~same)]
    return Changes(new, rows[same], np.flatnonzero(gone))


@dataclass(frozen=True, eq=False)
class ReadFiles:
    """What was read from files.

    Attributes:
        files: Those that could be read, with the columns of `Catalog.files`.
        skipped: The others.
        untagged: See `Catalog`.
    """

    files: pd.DataFrame
    skipped: list[Skipped]
    untagged: dict[str, str]


def read_files(
    root: Path,
    new: list[FoundFile],
    on_progress: Callable[[int, int], None] | None = None,
    workers: int = 0,
) -> ReadFiles:
    """Reads content and tags of files, in worker processes; see `read_catalog`."""
    rows: list[dict[str, object]] = []
    empty = [found for found in new if not found.size]
    skipped = [Skipped(found.path, SkipReason.EMPTY, "the file is empty") for found in empty]
    untagged: dict[str, str] = {}
    fresh = [found for found in new if found.size]
    paths = [root / found.path for found in fresh]
    for position, item in map_paths(identify, paths, workers):
        found = fresh[position]
        if isinstance(item, AudioError):
            skipped.append(Skipped(found.path, item.reason, item.detail))
        else:
            content, audio, tags = item
            rows.append(found._asdict() | {"content_id": content, "audio_id": audio} | asdict(tags))
            if tags.lost is not None:
                untagged[found.path] = tags.lost
        if on_progress:
            on_progress(position + 1, len(fresh))
    files = pd.DataFrame(rows, columns=[*FILE_COLUMNS, *TAG_COLUMNS])
    return ReadFiles(files.astype(FILE_COLUMNS | TAG_COLUMNS), skipped, untagged)


def make_catalog(
    found: Found, read: ReadFiles, same: pd.DataFrame | None, retold: Collection[str] | None = None
) -> Catalog:
    """Makes a catalog of the files that were found, or of some of them.

    Args:
        found: All that were found.
        read: Those that were read now.
        same: The rows of an earlier `Catalog.files` of others, which are as they were.
        retold: If it is of some of the files, the paths of those of which the table that names
            tracks says something else than before; it need not name one of the files.

    Raises:
        CatalogError: If the table that was given does not fit.
    """
    files = read.files
    if same is not None and len(same):
        earlier = same.reindex(columns=files.columns).astype(files.dtypes)
        files = pd.concat([earlier, files]) if len(files) else earlier
    files = files.sort_values("path", ignore_index=True)
    tracks, copies = split_copies(files)
    tracks, used, remark = _with_table(found, tracks, retold)
    skipped = [*found.scan.skipped, *read.skipped, *copies]
    return Catalog(
        found.root,
        identified(tracks),
        files,
        sorted(skipped, key=lambda item: item.path),
        found.scan.ignored,
        used,
        remark,
        read.untagged,
    )


def _with_table(
    found: Found, tracks: pd.DataFrame, retold: Collection[str] | None
) -> tuple[pd.DataFrame, Path | None, str | None]:
    """Joins the table that names the tracks, if there is one, and says how it fitted."""
    used = found.table_file
    if used is None:
        return tracks, None, None
    files = [*map(RealPaths(found.root).find, tracks["path"])]
    try:
        # Also of two rows that name one file which is no track, the table is told to be wrong.
        among = None if retold is None else [*files, *tracks["path"], *retold]
        table = found.rows(among)
        joined, matched = _join_table(files, tracks, table, used)
        if len(tracks) and not matched and retold is None:
            raise CatalogError(f"{used}: names none of the tracks")
    except CatalogError as error:
        if found.table is not None:
            raise
        # It only lies there, perhaps for another purpose.
        return tracks, None, f"not used: {error}"
    if retold is None:
        fitted = f"for {matched:,} of {counted(len(tracks), 'track')}"
    elif retold:
        fitted = f"of which {counted(len(retold), 'row')} changed"
    else:
        fitted = "which has not changed"
    return joined, used, f"tags and columns from {used}, {fitted}"


def split_copies(files: pd.DataFrame) -> tuple[pd.DataFrame, list[Skipped]]:
    """Keeps the first of the files that have the same bytes."""
    copies = files["content_id"].duplicated()
    first = files.drop_duplicates("content_id").set_index("content_id")["path"]
    skipped = [
        Skipped(row.path, SkipReason.DUPLICATE, f"the same bytes as {first[row.content_id]}")
        for row in files[copies].itertuples()
    ]
    kept = files[~copies].drop(columns=["size", "mtime_ns", "audio_id"]).reset_index(drop=True)
    return kept, skipped


def _join_table(
    files: list[str], tracks: pd.DataFrame, table: pd.DataFrame, path: Path
) -> tuple[pd.DataFrame, int]:
    """Adds a table's columns to its files, instead of their tags; counts the tracks it names.

    Args:
        files: The absolute paths of the tracks.
        tracks: The tracks.
        table: The table, whose index are paths.
        path: Where it is from.

    Raises:
        CatalogError: If one of its columns of tags holds something else, or two rows have one id.
    """
    index = pd.Index(files, dtype=object)
    matched = int(index.isin(table.index).sum())
    cells = table.reindex(index).reset_index(drop=True)
    joined = tracks.copy()
    for name in cells.columns:
        column = cells[name]
        if name in TAG_COLUMNS:
            try:
                joined[name] = column.astype(TAG_COLUMNS[name]).fillna(tracks[name])
            except (TypeError, ValueError) as error:
                raise CatalogError(f"{path}: column {name}: {error}") from error
        elif name not in tracks.columns:
            joined[name] = column
    own = _own_ids(joined)
    if own.duplicated().any():
        twice = own[own.duplicated()].iloc[0]
        raise CatalogError(f"{path}: track_id {twice} stands in two rows; ids must differ")
    return joined.assign(track_id=own), matched


def _own_ids(tracks: pd.DataFrame) -> "pd.Series[str]":
    """The ids that a table gave; where it gave none, the id of the content."""
    own = tracks["track_id"] if "track_id" in tracks else pd.Series(pd.NA, tracks.index)
    return own.astype("string").fillna(tracks["content_id"])


def identified(tracks: pd.DataFrame) -> pd.DataFrame:
    """Gives every track its id and a title, and puts the columns in order."""
    stems = tracks["path"].map(lambda path: Path(path).stem).astype("string")
    tracks = tracks.assign(track_id=_own_ids(tracks), title=tracks["title"].fillna(stems))
    others = (name for name in tracks.columns if name not in TRACK_COLUMNS)
    return tracks[[*TRACK_COLUMNS, *others]]
