"""A library's files: complete generations, which readers open and a writer switches."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float16, Float32, Int64

from specrec.catalog.scan import Skipped
from specrec.errors import LibraryError, Reason
from specrec.index.duplicates import COLUMNS, duplicate_groups
from specrec.index.files import REMEDY, check_sizes, checksums, to_disk
from specrec.index.search import SearchIndex, describe_index, read_index, write_index
from specrec.index.segment import Segment
from specrec.model.probe import PROBE_FILE, Probe, load_probe, save_probe

FORMAT_VERSION = 3  # 1 had no descriptors; 1 and 2 had their windows in the generation
MANIFEST = "library.json"


@dataclass(frozen=True, eq=False)
class Contents:
    """What a generation is written from.

    Attributes:
        manifest: Model, counts, audio root; the rest of `library.json` is added.
        tracks: One row a track, in the order of the embeddings.
        placement: Where the windows of each track are: segment, first_window, window_count.
        descriptors: What was measured of each track: one row a track, columns of
            `specrec.descriptors`.
        probe: The model's, so that explanations do without the model.
        files: What was read of each file below the audio root.
        skipped: path, reason, detail of the files left out; content_id where it would fail again.
        embeddings: Centered, not scaled.
        index: What finds neighbors.
        duplicates: Pairs of files of one recording, by content: first, second, similarity.
    """

    manifest: dict[str, Any]
    tracks: pd.DataFrame
    placement: pd.DataFrame
    descriptors: pd.DataFrame
    probe: Probe | None
    files: pd.DataFrame
    skipped: pd.DataFrame
    embeddings: Float32[np.ndarray, "tracks dim"]
    index: SearchIndex
    duplicates: pd.DataFrame


class Generation:
    """One complete state of a library; its parts, those of `Contents`, are read when asked for.

    As long as it is open, no writer removes its files.
    """

    def __init__(
        self,
        library: Path,
        folder: Path,
        manifest: dict[str, Any],
        held: "_Hold | None" = None,
    ) -> None:
        self.folder = folder
        self.manifest = manifest
        self._held = held
        self.version = int(manifest["format_version"])
        names = manifest.get("segments", [])
        self.segments = {name: Segment(library / "segments" / name) for name in names}

    def __len__(self) -> int:
        return int(self.manifest["counts"]["tracks"])

    @property
    def fingerprint(self) -> str:
        """Of the model that embedded it."""
        return str(self.manifest["model"]["fingerprint"])

    @cached_property
    def tracks(self) -> pd.DataFrame:
        """One row a track."""
        tracks = self._table("tracks")
        return tracks.drop(columns=["first_window", "window_count"], errors="ignore")

    @cached_property
    def placement(self) -> pd.DataFrame:
        """Where the windows of each track are; before format 3, in the generation itself."""
        if self.version < 3:
            here = self._table("tracks")[["first_window", "window_count"]]
            return here.assign(segment="")
        return self._table("placement")

    @cached_property
    def descriptors(self) -> pd.DataFrame:
        """What was measured; nothing in a library of format 1."""
        return (
            pd.DataFrame(index=self.tracks.index)
            if self.version < 2
            else self._table("descriptors")
        )

    @cached_property
    def probe(self) -> Probe | None:
        """The model's."""
        return load_probe(self.folder, self.fingerprint)

    @cached_property
    def files(self) -> pd.DataFrame:
        """What was read of each file."""
        return self._table("files")

    @cached_property
    def skipped(self) -> pd.DataFrame:
        """The files left out."""
        return self._table("skipped")

    @cached_property
    def embeddings(self) -> Float32[np.ndarray, "tracks dim"]:
        """Memory-mapped."""
        return self._array("embeddings")

    @cached_property
    def index(self) -> SearchIndex:
        """What finds neighbors; memory-mapped."""
        path = self.folder / "index.faiss"
        return read_index(path, self.embeddings, self.manifest["index"])

    @cached_property
    def duplicates(self) -> pd.DataFrame:
        """Pairs of files of one recording; unknown before format 3."""
        if self.version < 3:
            return pd.DataFrame(columns=[*COLUMNS]).astype(COLUMNS)
        return self._table("duplicates")

    @cached_property
    def duplicate_groups(self) -> Int64[np.ndarray, " tracks"]:
        """For each track the first row of the same recording: its own, if there is no other."""
        return duplicate_groups(self.tracks["content_id"], self.duplicates)

    def windows(self, row: int) -> Float16[np.ndarray, "windows dim"]:
        """The embeddings of a track's windows, in order."""
        segment, first, count = (
            self.placement[name].iloc[row] for name in ("segment", "first_window", "window_count")
        )
        return np.asarray(self.window_rows(str(segment))[first : first + count])

    def window_rows(self, segment: str) -> Float16[np.ndarray, "windows dim"]:
        """All windows of a segment, memory-mapped."""
        try:
            return self.segments[segment].windows if segment else self._array("windows")
        except (OSError, ValueError) as error:
            raise LibraryError(f"{self.folder}: windows damaged ({error}); {REMEDY}") from error

    def _table(self, name: str) -> pd.DataFrame:
        path = self.folder / f"{name}.parquet"
        try:
            return pd.read_parquet(path)
        except (OSError, ValueError) as error:
            raise LibraryError(f"{path}: missing or damaged ({error}); {REMEDY}") from error

    def _array(self, name: str) -> np.ndarray:
        path = self.folder / f"{name}.npy"
        try:
            return np.load(path, mmap_mode="r")
        except (OSError, ValueError) as error:
            raise LibraryError(f"{path}: missing or damaged ({error}); {REMEDY}") from error

    def check(self) -> None:
        """Compares the sizes of all files with those that were written.

        Raises:
            LibraryError: If one is missing or of another size.
        """
        check_sizes(self.folder, self.manifest["files"])
        for segment in self.segments.values():
            try:
                segment.check()
            except (OSError, ValueError) as error:
                raise LibraryError(f"{segment.folder}: missing or damaged; {REMEDY}") from error


def skipped_table(skipped: list[Skipped], content_ids: Mapping[str, str]) -> pd.DataFrame:
    """The table of files left out; `content_ids` names, by path, those a decoder refused."""
    rows = [asdict(item) | {"content_id": content_ids.get(item.path)} for item in skipped]
    columns = ["path", "reason", "detail", "content_id"]
    return pd.DataFrame(rows, columns=columns).astype("string")


def skipped_files(table: pd.DataFrame) -> list[Skipped]:
    """The files left out, as the catalog and the encoder reported them."""
    return [Skipped(row.path, Reason(row.reason), row.detail) for row in table.itertuples()]


def read_generation(library: Path) -> Generation | None:
    """Opens the current generation; None if there is none yet.

    Raises:
        LibraryError: If it is damaged, of a newer format, or a file.
    """
    _check_no_file(library)
    if not (library / "CURRENT").is_file():
        return None
    name = current_name(library)
    try:
        return _open(library, library / "generations" / name)
    except LibraryError:
        if current_name(library) != name:  # a writer switched and tidied up in between
            return read_generation(library)
        raise


def current_name(library: Path) -> str:
    """The name of the current generation's folder; of damaged bytes, a name that none has."""
    return (library / "CURRENT").read_text(errors="replace").strip()


def _open(library: Path, folder: Path) -> Generation:
    held = _hold(folder)
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
        version = int(manifest["format_version"])
        generation = Generation(library, folder, manifest, held)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LibraryError(f"{folder}: {MANIFEST} is missing or damaged; {REMEDY}") from error
    if version > FORMAT_VERSION:
        raise LibraryError(
            f"{library}: format {version}, but this specrec reads up to {FORMAT_VERSION};"
            " upgrade specrec"
        )
    generation.check()
    return generation


def write_generation(library: Path, contents: Contents) -> Generation:
    """Writes a generation beside the current one, then switches to it in one step."""
    generations = library / "generations"
    generations.mkdir(parents=True, exist_ok=True)
    current = library / "CURRENT"
    old = current_name(library) if current.exists() else "000000"
    last = max((int(path.name) for path in generations.glob("[0-9]*")), default=0)
    folder = generations / f"{max(last, int(old)) + 1:06d}"
    folder.mkdir()
    for name in ("tracks", "placement", "descriptors", "files", "skipped", "duplicates"):
        getattr(contents, name).to_parquet(folder / f"{name}.parquet")
    if contents.probe is not None:
        save_probe(contents.probe, folder / PROBE_FILE)
    np.save(folder / "embeddings.npy", contents.embeddings)
    write_index(contents.index, folder / "index.faiss")
    manifest = {
        "format_version": FORMAT_VERSION,
        **contents.manifest,
        "index": describe_index(contents.index),
        "segments": sorted(set(contents.placement["segment"])),
        "files": checksums(folder),
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    for path in [*folder.iterdir(), folder, generations]:
        to_disk(path)
    temporary = library / "CURRENT.tmp"
    temporary.write_text(folder.name + "\n")
    to_disk(temporary)
    temporary.replace(current)
    to_disk(library)
    return Generation(library, folder, manifest)


def remove_old_generations(library: Path) -> set[str]:
    """Removes what is neither current, nor the one before, nor open somewhere.

    Returns:
        The segments to which those that are left refer.
    """
    folders = sorted((library / "generations").glob("[0-9]*"))
    current = current_name(library)
    complete = [
        path.name for path in folders if path.name < current and (path / MANIFEST).is_file()
    ]
    kept = {current, *complete[-1:]}
    referenced: set[str] = set()
    for folder in folders:
        if folder.name not in kept and _is_free(folder):
            shutil.rmtree(folder, ignore_errors=True)
        elif (folder / MANIFEST).is_file():
            manifest = json.loads((folder / MANIFEST).read_text())
            referenced |= set(manifest.get("segments", []))
    return referenced


@contextmanager
def writer_lock(library: Path) -> Iterator[None]:
    """Keeps other writers out while the block runs; the system frees it if the process dies.

    Raises:
        LibraryError: If another run holds it, or it is a file.
    """
    _check_no_file(library)
    library.mkdir(parents=True, exist_ok=True)
    with (library / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LibraryError(
                f"{library}: another run is writing to it; wait for its end"
            ) from error
        yield


def _check_no_file(library: Path) -> None:
    if library.is_file():
        raise LibraryError(f"{library}: a file; a library is a folder that index.py writes")


class _Hold:
    """A reader's claim on a generation: a shared lock on its manifest, freed with the object."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def __del__(self) -> None:
        os.close(self._handle)


def _hold(folder: Path) -> _Hold | None:
    try:
        handle = os.open(folder / MANIFEST, os.O_RDONLY)
    except OSError:
        return None
    with suppress(OSError):  # a file system without locks, or a writer about to remove it
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    return _Hold(handle)


def _is_free(folder: Path) -> bool:
    """Whether no reader holds a generation."""
    try:
        with (folder / MANIFEST).open() as manifest:
            fcntl.flock(manifest, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True  # left by a writer that was killed
    except OSError:
        return False
    return True
