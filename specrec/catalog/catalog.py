"""A folder or a table becomes a catalog: one row per track."""

from collections.abc import Callable
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

import pandas as pd

from specrec.audio.pool import map_paths
from specrec.catalog.reading import identify
from specrec.catalog.scan import FoundFile, Scan, Skipped, inspect, scan_folder
from specrec.catalog.tables import find_table, is_table, read_table
from specrec.config import Shard
from specrec.errors import AudioError, CatalogError, SkipReason
from specrec.printing import counted

TAG_COLUMNS = {
    "title": "string",
    "artist": "string",
    "album": "string",
    "genre": "string",
    "year": "Int64",
    "duration_seconds": "Float64",
}
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
    given = is_table(audio)
    root = audio.resolve().parent if given else audio
    table = read_table(audio) if given else None
    scan = _scan_table(root, table) if table is not None else scan_folder(root)
    if not scan.files and not scan.skipped:
        raise CatalogError(f"{audio}: no audio files in it; name a folder that holds music")
    if shard is not None:
        scan = scan.share(shard)
    files, skipped, untagged = _read_files(root, scan, known, on_progress, workers)
    files = files.astype(FILE_COLUMNS | TAG_COLUMNS).sort_values("path", ignore_index=True)
    tracks, copies = split_copies(files)
    used = audio if given else find_table(audio)
    remark = None
    if used is not None:
        try:
            table = read_table(used, root) if table is None else table
            tracks, matched = _join_table(root, tracks, table, used)
            remark = (
                f"tags and columns from {used}, for {matched:,} of {counted(len(tracks), 'track')}"
            )
        except CatalogError as error:
            if given:
                raise
            # It only lies there, perhaps for another purpose.
            used, remark = None, f"not used: {error}"
    skipped = sorted([*scan.skipped, *skipped, *copies], key=lambda item: item.path)
    return Catalog(root, identified(tracks), files, skipped, scan.ignored, used, remark, untagged)


def _scan_table(root: Path, table: pd.DataFrame) -> Scan:
    """Looks up the files that a table names."""
    scan = Scan()
    for name in table.index:
        path = Path(name)
        inside = path.is_relative_to(root)
        found = inspect(path, path.relative_to(root).as_posix() if inside else path.as_posix())
        (scan.files if isinstance(found, FoundFile) else scan.skipped).append(found)  # type: ignore[arg-type]
    return scan


def _read_files(
    root: Path,
    scan: Scan,
    known: pd.DataFrame | None,
    on_progress: Callable[[int, int], None] | None,
    workers: int,
) -> tuple[pd.DataFrame, list[Skipped], dict[str, str]]:
    """Reads content and tags of the files that are new or changed."""
    earlier = {} if known is None else {_stamp(row): row for row in known.to_dict("records")}
    rows: list[dict[str, object]] = []
    skipped: list[Skipped] = []
    untagged: dict[str, str] = {}
    fresh: list[FoundFile] = []
    for found in scan.files:
        if (row := earlier.get(astuple(found))) is not None:
            rows.append(row)
        elif found.size == 0:
            skipped.append(Skipped(found.path, SkipReason.EMPTY, "the file is empty"))
        else:
            fresh.append(found)
    paths = [root / found.path for found in fresh]
    for position, item in map_paths(identify, paths, workers):
        found = fresh[position]
        if isinstance(item, AudioError):
            skipped.append(Skipped(found.path, item.reason, item.detail))
        else:
            content, audio, tags = item
            rows.append(asdict(found) | {"content_id": content, "audio_id": audio} | asdict(tags))
            if tags.lost is not None:
                untagged[found.path] = tags.lost
        if on_progress:
            on_progress(position + 1, len(fresh))
    files = pd.DataFrame(rows, columns=[*FILE_COLUMNS, *TAG_COLUMNS])
    return files, skipped, untagged


def _stamp(row: dict[str, object]) -> tuple[object, ...]:
    return row["path"], row["size"], row["mtime_ns"]


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
    root: Path, tracks: pd.DataFrame, table: pd.DataFrame, path: Path
) -> tuple[pd.DataFrame, int]:
    """Adds a table's columns to its files, instead of their tags; counts the tracks it names.

    Raises:
        CatalogError: If it names none of them, one of its columns of tags holds something else, or
            two have one id.
    """
    index = pd.Index([str((root / path).resolve()) for path in tracks["path"]])
    matched = int(index.isin(table.index).sum())
    if len(tracks) and not matched:
        raise CatalogError(f"{path}: names none of the tracks")
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
    first = ["track_id", "path", "content_id", *TAG_COLUMNS]
    return tracks[[*first, *(name for name in tracks.columns if name not in first)]]
