"""What audio there is in a folder or a table, before it is opened, and what a table says of it."""

import hashlib
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from specrec.catalog.scan import FoundFile, Scan, inspect, scan_folder
from specrec.catalog.tables import (
    find_named,
    find_table,
    is_table,
    load_table,
    names_in,
    read_table,
    row_hashes,
)
from specrec.config import Shard
from specrec.errors import CatalogError


@dataclass(frozen=True, eq=False)
class Found:
    """The audio files that a folder holds, or that a table names; none was opened.

    Attributes:
        root: The folder to which paths are relative.
        scan: The files.
        table_file: The table that names tracks: the one given, or one that lies in the folder.
        table_state: That file, and the SHA-256 of its bytes, by which a change of it is told; and
            whether there are links, by which its rows may name files.
        given: The table that was given, as `load_table` reads it; None for a folder.
        table: The same, as `read_table` reads it.
    """

    root: Path
    scan: Scan
    table_file: Path | None
    table_state: dict[str, str] | None
    given: pd.DataFrame | None
    table: pd.DataFrame | None

    @cached_property
    def loaded(self) -> pd.DataFrame:
        """The table that names tracks, as `load_table` reads it; only if there is one.

        Raises:
            CatalogError: If it can't be read.
        """
        assert self.table_file is not None
        return load_table(self.table_file) if self.given is None else self.given

    def rows(self, among: Collection[str] | None = None) -> pd.DataFrame:
        """The table that names tracks, as `read_table` reads it.

        Args:
            among: Paths of the files whose rows are needed; others may be among those returned.
                None for all rows.

        Raises:
            CatalogError: If it can't be read, names no files, or names one twice.
        """
        assert self.table_file is not None
        if self.table is not None:
            return self.table
        plain = self._plain_names if among and not self.scan.has_links else set()
        return read_table(self.table_file, self.root, among, self.loaded, plain)

    @property
    def _plain_names(self) -> set[str]:
        """The files of the scan as the table may name them, from the folder in which it lies."""
        assert self.table_file is not None
        folder, root = self.table_file.resolve().parent, self.root.resolve()
        if not root.is_relative_to(folder):
            return set()
        above = "" if root == folder else f"{root.relative_to(folder).as_posix()}/"
        return {above + path for path in self.scan.files.paths}

    @property
    def names(self) -> list[str]:
        """The names of files in that table, as they stand there.

        Raises:
            CatalogError: If it can't be read, or names no files.
        """
        assert self.table_file is not None
        return names_in(self.loaded, self.table_file)

    @cached_property
    def row_hashes(self) -> "pd.Series[int] | None":
        """By the names of its files, hashes of its rows; None if there is no table to be used.

        None as well if it has cells that are no single values, such as lists.
        """
        with suppress(CatalogError, TypeError, ValueError):
            return self.table_file and row_hashes(self.loaded, self.table_file)
        return None

    def paths_of(self, names: Iterable[str]) -> list[str]:
        """The paths, as those of the scan are, of files that the table names; without links."""
        assert self.table_file is not None
        files = find_named(self.table_file, self.root, names)
        return [_path_below(self.root.resolve(), Path(file)) for file in files]


def find_audio(audio: Path, shard: Shard | None = None) -> Found:
    """Looks for the audio files in a folder or a table, or a share of them.

    Args:
        audio: As for `specrec.catalog.catalog.read_catalog`.
        shard: The share; None for all.

    Raises:
        CatalogError: If there is no such folder or table, or if it names no audio at all.
    """
    root, is_given = audio_root(audio), is_table(audio)
    file = audio if is_given else find_table(audio)
    state = _state_of(file)  # before it is read, so that no later change is missed
    loaded = load_table(audio) if is_given else None
    table = None if loaded is None else read_table(audio, loaded=loaded)
    scan = _scan_table(root, table) if table is not None else scan_folder(root)
    if not scan.files and not scan.skipped:
        raise CatalogError(f"{audio}: no audio files in it; name a folder that holds music")
    scan = scan if shard is None else scan.share(shard)
    if state is not None and scan.has_links:
        state["links"] = "some"
    return Found(root, scan, file, state, loaded, table)


def audio_root(audio: Path) -> Path:
    """The folder to which paths are relative: the one given, or that of the table."""
    return audio.resolve().parent if is_table(audio) else audio


def _state_of(file: Path | None) -> dict[str, str] | None:
    """A file, and the SHA-256 of its bytes; None if there is none."""
    if file is None:
        return None
    with suppress(OSError), file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
        return {"file": str(file.absolute()), "sha256": digest}
    return None


def _path_below(root: Path, file: Path) -> str:
    """The path of a file from the root, if it is below it."""
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else file.as_posix()


def _scan_table(root: Path, table: pd.DataFrame) -> Scan:
    """Looks up the files that a table names."""
    scan = Scan()
    for name in table.index:
        path = Path(name)
        found = inspect(path, _path_below(root, path))
        if isinstance(found, FoundFile):
            scan.files.add(*found)
        else:
            scan.skipped.append(found)
    return scan
