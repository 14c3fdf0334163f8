"""A library's files: complete generations, switched atomically; one writer at a time."""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pandas as pd

from specrec.catalog.scan import Skipped
from specrec.errors import LibraryError, Reason
from specrec.index.vectors import read_index, write_index
from specrec.model.probe import PROBE_FILE, Probe, load_probe, save_probe

FORMAT_VERSION = 2  # 1 had no descriptors
_MANIFEST = "library.json"
_REMEDY = "remove the library folder and run index.py again"


@dataclass(frozen=True, eq=False)
class Generation:
    """One complete state of a library.

    Attributes:
        manifest: `library.json`: format, model, counts, index kind, audio root, checksums.
        tracks: One row a track, in the order of the embeddings.
        descriptors: What was measured of each track: one row a track, columns of
            `specrec.descriptors`; none in a library of format 1.
        probe: The model's, so that explanations do without the model.
        files: What was read of each file below the audio root.
        skipped: path, reason, detail of the files left out; content_id where it would fail again.
        embeddings: float32, (tracks, dim), centered, not scaled.
        windows: float16, (windows, dim); `first_window` and `window_count` of a track say which.
        index: FAISS, over the unit embeddings.
    """

    manifest: dict[str, Any]
    tracks: pd.DataFrame
    descriptors: pd.DataFrame
    probe: Probe | None
    files: pd.DataFrame
    skipped: pd.DataFrame
    embeddings: np.ndarray
    windows: np.ndarray
    index: faiss.Index

    def skipped_files(self) -> list[Skipped]:
        """The files left out, as the catalog and the encoder reported them."""
        return [
            Skipped(row.path, Reason(row.reason), row.detail) for row in self.skipped.itertuples()
        ]


def skipped_table(skipped: list[Skipped], content_ids: dict[str, str]) -> pd.DataFrame:
    """The table of files left out; `content_ids` names, by path, those a decoder refused."""
    rows = [asdict(item) | {"content_id": content_ids.get(item.path)} for item in skipped]
    columns = ["path", "reason", "detail", "content_id"]
    return pd.DataFrame(rows, columns=columns).astype("string")


def read_generation(library: Path) -> Generation | None:
    """Opens the current generation; None if there is none yet.

    Raises:
        LibraryError: If it is damaged or of a newer format.
    """
    current = library / "CURRENT"
    if not current.is_file():
        return None
    folder = library / "generations" / current.read_text().strip()
    try:
        manifest = json.loads((folder / _MANIFEST).read_text())
        version = int(manifest["format_version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LibraryError(f"{folder}: {_MANIFEST} is missing or damaged; {_REMEDY}") from error
    if version > FORMAT_VERSION:
        raise LibraryError(
            f"{library}: format {version}, but this specrec reads up to {FORMAT_VERSION};"
            " upgrade specrec"
        )
    try:
        for name, stored in manifest["files"].items():
            if (folder / name).stat().st_size != stored["bytes"]:
                raise LibraryError(f"{folder / name}: damaged (its size differs); {_REMEDY}")
        tracks = pd.read_parquet(folder / "tracks.parquet")
        described = folder / "descriptors.parquet"
        return Generation(
            manifest,
            tracks,
            pd.read_parquet(described) if version > 1 else pd.DataFrame(index=tracks.index),
            load_probe(folder, manifest["model"]["fingerprint"]),
            pd.read_parquet(folder / "files.parquet"),
            pd.read_parquet(folder / "skipped.parquet"),
            np.load(folder / "embeddings.npy", mmap_mode="r"),
            np.load(folder / "windows.npy", mmap_mode="r"),
            read_index(folder / "index.faiss"),
        )
    except (OSError, ValueError, KeyError) as error:
        raise LibraryError(f"{folder}: missing or damaged ({error}); {_REMEDY}") from error


def write_generation(library: Path, generation: Generation) -> None:
    """Writes a generation beside the current one, then switches to it in one step."""
    generations = library / "generations"
    generations.mkdir(parents=True, exist_ok=True)
    current = library / "CURRENT"
    old = current.read_text().strip() if current.exists() else "000000"
    folder = generations / f"{int(old) + 1:06d}"
    shutil.rmtree(folder, ignore_errors=True)  # left by a run that was killed
    folder.mkdir()
    generation.tracks.to_parquet(folder / "tracks.parquet")
    generation.descriptors.to_parquet(folder / "descriptors.parquet")
    if generation.probe is not None:
        save_probe(generation.probe, folder / PROBE_FILE)
    generation.files.to_parquet(folder / "files.parquet")
    generation.skipped.to_parquet(folder / "skipped.parquet")
    np.save(folder / "embeddings.npy", generation.embeddings)
    np.save(folder / "windows.npy", generation.windows)
    write_index(generation.index, folder / "index.faiss")
    files = {path.name: _checksum(path) for path in sorted(folder.iterdir())}
    manifest = {"format_version": FORMAT_VERSION, **generation.manifest, "files": files}
    (folder / _MANIFEST).write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    for path in folder.iterdir():
        _to_disk(path)
    temporary = library / "CURRENT.tmp"
    temporary.write_text(folder.name + "\n")
    _to_disk(temporary)
    temporary.replace(current)
    for other in generations.iterdir():  # a reader may still be opening the one before
        if other.name not in (old, folder.name):
            shutil.rmtree(other, ignore_errors=True)


@contextmanager
def writer_lock(library: Path) -> Iterator[None]:
    """Keeps other writers out while the block runs; the system frees it if the process dies.

    Raises:
        LibraryError: If another run holds it.
    """
    library.mkdir(parents=True, exist_ok=True)
    with (library / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LibraryError(
                f"{library}: another run is writing to it; wait for its end"
            ) from error
        yield


def _checksum(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"bytes": path.stat().st_size, "sha256": digest}


def _to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
