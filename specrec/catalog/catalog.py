"""A folder or a table becomes a catalog: one row a track."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

import pandas as pd

from specrec.catalog.identity import audio_id, content_id
from specrec.catalog.scan import FoundFile, Scan, Skipped, inspect, scan_folder
from specrec.catalog.tables import find_table, is_table, read_table
from specrec.catalog.tags import read_tags
from specrec.errors import CatalogError, Reason

TAG_COLUMNS = {
    "title": "string",
    "artist": "string",
    "album": "string",
    "genre": "string",
    "year": "Int64",
    "duration_seconds": "Float64",
}
_FILE_COLUMNS = {
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
        tracks: One row a track: track_id, path, content_id, title, artist, album, genre, year,
            duration_seconds, then the columns that a table brought. Sorted by path.
        files: What was read of each file (path, size, mtime_ns, content_id, audio_id, tags): with
            it, the next reading opens only files that changed.
        skipped: Files that can't be used, exact copies of another among them.
        ignored: Number of files that are not audio.
        table: The table that was joined, if any.
    """

    root: Path
    tracks: pd.DataFrame
    files: pd.DataFrame
    skipped: list[Skipped]
    ignored: int
    table: Path | None

    def file(self, path: str) -> Path:
        """The file of a track, from its relative path."""
        return self.root / path


def read_catalog(
    audio: Path,
    known: pd.DataFrame | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Catalog:
    """Reads a catalog.

    Args:
        audio: A folder, searched with all below it, or a CSV or Parquet table whose rows are the
            tracks. A `manifest.csv` or `manifest.parquet` in the folder, or beside it, is joined
            by path. A table's cells go before tags; a table's `track_id` goes before our own.
        known: `Catalog.files` of an earlier reading.
        on_progress: Called with the number of files done and their total.

    Raises:
        CatalogError: If there is no such folder or table, or if it names no audio at all.
    """
    table_path: Path | None
    if is_table(audio):
        root, table_path = audio.resolve().parent, audio
    else:
        root, table_path = audio, find_table(audio)
    table = read_table(table_path) if table_path else None
    scan = _scan_table(root, table) if is_table(audio) else scan_folder(root)
    if not scan.files and not scan.skipped:
        raise CatalogError(f"{audio}: no audio files in it; name a folder that holds music")
    files, skipped = _read_files(root, scan, known, on_progress)
    files = files.astype(_FILE_COLUMNS | TAG_COLUMNS).sort_values("path", ignore_index=True)
    tracks, copies = _split_copies(files)
    joined = _join_table(root, tracks, table)
    used = table_path if joined is not tracks else None
    skipped = sorted([*scan.skipped, *skipped, *copies], key=lambda item: item.path)
    return Catalog(root, _identify(joined, used), files, skipped, scan.ignored, used)


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
) -> tuple[pd.DataFrame, list[Skipped]]:
    """Reads content and tags of the files that are new or changed."""
    earlier = {} if known is None else {_stamp(row): row for row in known.to_dict("records")}
    rows: list[dict[str, object]] = []
    skipped: list[Skipped] = []
    fresh: list[FoundFile] = []
    for found in scan.files:
        row = earlier.get(astuple(found))
        if row is None:
            fresh.append(found)
        else:
            rows.append(row)
    with ThreadPoolExecutor() as pool:
        for done, result in enumerate(pool.map(lambda found: _read_file(root, found), fresh), 1):
            if isinstance(result, Skipped):
                skipped.append(result)
            else:
                rows.append(result)
            if on_progress:
                on_progress(done, len(fresh))
    return pd.DataFrame(rows, columns=[*_FILE_COLUMNS, *TAG_COLUMNS]), skipped


def _stamp(row: dict[str, object]) -> tuple[object, ...]:
    return row["path"], row["size"], row["mtime_ns"]


def _read_file(root: Path, found: FoundFile) -> dict[str, object] | Skipped:
    if found.size == 0:
        return Skipped(found.path, Reason.EMPTY, "the file is empty")
    path = root / found.path
    try:
        content, audio = content_id(path), audio_id(path)
    except OSError as error:
        return Skipped(found.path, Reason.UNREADABLE, f"can't be read: {error.strerror}")
    return {**asdict(found), "content_id": content, "audio_id": audio, **asdict(read_tags(path))}


def _split_copies(files: pd.DataFrame) -> tuple[pd.DataFrame, list[Skipped]]:
    """Keeps the first of files with the same bytes."""
    copies = files["content_id"].duplicated()
    first = files.drop_duplicates("content_id").set_index("content_id")["path"]
    skipped = [
        Skipped(row.path, Reason.DUPLICATE, f"the same bytes as {first[row.content_id]}")
        for row in files[copies].itertuples()
    ]
    kept = files[~copies].drop(columns=["size", "mtime_ns", "audio_id"]).reset_index(drop=True)
    return kept, skipped


def _join_table(root: Path, tracks: pd.DataFrame, table: pd.DataFrame | None) -> pd.DataFrame:
    """Adds a table's columns by file; its cells go before tags. Unchanged if no row fits."""
    if table is None:
        return tracks
    index = pd.Index([str((root / path).resolve()) for path in tracks["path"]])
    if not index.isin(table.index).any():
        return tracks
    cells = table.reindex(index).reset_index(drop=True)
    joined = tracks.copy()
    for name in cells.columns:
        column = cells[name]
        if name in TAG_COLUMNS:
            try:
                joined[name] = column.astype(TAG_COLUMNS[name]).fillna(tracks[name])
            except (TypeError, ValueError) as error:
                raise CatalogError(f"column {name} of the table: {error}") from error
        elif name not in tracks.columns:
            joined[name] = column
    return joined


def _identify(tracks: pd.DataFrame, table: Path | None) -> pd.DataFrame:
    """Gives every track its id and a title, and puts the columns in order."""
    own = tracks["track_id"] if "track_id" in tracks else pd.Series(pd.NA, tracks.index)
    track_id = own.astype("string").fillna(tracks["content_id"])
    if track_id.duplicated().any():
        twice = track_id[track_id.duplicated()].iloc[0]
        raise CatalogError(f"{table}: track_id {twice} stands in two rows; ids must differ")
    stems = tracks["path"].map(lambda path: Path(path).stem).astype("string")
    tracks = tracks.assign(track_id=track_id, title=tracks["title"].fillna(stems))
    first = ["track_id", "path", "content_id", *TAG_COLUMNS]
    return tracks[[*first, *(name for name in tracks.columns if name not in first)]]
