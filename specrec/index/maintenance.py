"""Looking after a library: what is in it, whether it is whole, taking tracks out."""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool

from specrec.errors import LibraryError, QueryError, Reason
from specrec.index.assemble import REMOVED
from specrec.index.files import REMEDY, damaged_files
from specrec.index.search import AUTO, build_index
from specrec.index.storage import (
    FORMAT_VERSION,
    MANIFEST,
    Contents,
    Generation,
    current_name,
    read_generation,
    remove_old_generations,
    write_generation,
    writer_lock,
)

Progress = Callable[[int, int], None]
_WRITTEN = ("format_version", "index", "segments", "files")  # of a manifest, by write_generation


@dataclass(frozen=True)
class Status:
    """What a library is.

    Attributes:
        created: When its generation was written, ISO.
        format_version: Of its files.
        audio_root: Folder of the music.
        tracks: Their number.
        hours: Of their audio.
        measured: Tracks whose features were measured.
        duplicates: Tracks that are another's recording once more.
        skipped: Number of files left out, by reason.
        ignored: Files that are not audio.
        model: Name, fingerprint and window_seconds of the model.
        index: Kind, measured recall and settings of the FAISS index.
        bytes_generation: Disk use of the tables and the index.
        bytes_segments: Disk use of the embeddings of windows.
        bytes_other: Disk use of what the library does not refer to: its generation before, other
            models' embeddings, those of an unfinished run or of removed tracks.
    """

    created: str
    format_version: int
    audio_root: str
    tracks: int
    hours: float
    measured: int
    duplicates: int
    skipped: dict[str, int]
    ignored: int
    model: dict[str, Any]
    index: dict[str, Any]
    bytes_generation: int
    bytes_segments: int
    bytes_other: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Verification:
    """Whether a library is whole.

    Attributes:
        files: Number of files that were read.
        damage: What is wrong, one line each.
        segments: Folders of damaged segments.
        generation: Whether its generation itself is damaged.
    """

    files: int
    damage: list[str]
    segments: list[Path]
    generation: bool


def open_generation(library: Path) -> Generation:
    """The current generation.

    Raises:
        LibraryError: If there is none, or it is damaged.
    """
    generation = read_generation(library)
    if generation is None:
        raise LibraryError(
            f"{library}: no library there; write one with"
            f" python index.py audio=MUSIC library={library}"
        )
    return generation


def library_status(library: Path) -> Status:
    """Says what a library is.

    Raises:
        LibraryError: If there is none, or it is damaged.
    """
    generation = open_generation(library)
    manifest, tracks = generation.manifest, generation.tracks
    used = sum(_bytes(segment.folder) for segment in generation.segments.values())
    own = _bytes(generation.folder)
    groups = generation.duplicate_groups
    return Status(
        manifest["created"],
        generation.version,
        manifest["audio_root"],
        len(tracks),
        float(tracks["duration_seconds"].sum()) / 3600,
        int(generation.descriptors.notna().any(axis=1).sum()),
        len(groups) - len(np.unique(groups)),
        dict(Counter(generation.skipped["reason"]).most_common()),
        int(manifest["counts"]["ignored"]),
        manifest["model"],
        manifest["index"],
        own,
        used,
        _bytes(library) - own - used,
    )


def verify_library(library: Path, on_progress: Progress | None = None) -> Verification:
    """Reads every byte of a library and compares it with what was written.

    Args:
        library: Its folder.
        on_progress: Called after each folder of files.

    Raises:
        LibraryError: If there is none.
    """
    if not (library / "CURRENT").is_file():
        open_generation(library)
    folder = library / "generations" / current_name(library)
    segments = sorted(library.glob("segments/*/" + "[0-9]" * 6))
    files, damage, bad = 0, [], []
    for done, path in enumerate([folder, *segments], 1):
        try:
            stored = json.loads(
                (path / (MANIFEST if path == folder else "segment.json")).read_text()
            )
            sums = stored["files"] if path == folder else stored
            files += 1 + len(sums)
            lines = damaged_files(path, sums)
        except (OSError, ValueError, KeyError, TypeError) as error:
            lines = [f"{path}: its list of files is missing or damaged ({error})"]
        damage += lines
        bad += [path] if lines else []
        if on_progress:
            on_progress(done, 1 + len(segments))
    if folder not in bad:
        lines = _inconsistencies(library, folder, {path for path in bad if path != folder})
        damage += lines
        bad += [folder] if lines else []
    return Verification(files, damage, [path for path in bad if path != folder], folder in bad)


def _inconsistencies(library: Path, folder: Path, damaged: set[Path]) -> list[str]:
    """What does not fit together in a generation whose files are as they were written."""
    generation = Generation(library, folder, json.loads((folder / MANIFEST).read_text()))
    if generation.version < 3:
        return []
    lines = []
    rows = {
        "tracks": len(generation.tracks),
        "placement": len(generation.placement),
        "descriptors": len(generation.descriptors),
        "embeddings": len(generation.embeddings),
        "index": len(generation.index),
    }
    if len(set(rows.values())) > 1:
        lines.append(f"{folder}: its parts have different numbers of tracks: {rows}")
    for name, segment in generation.segments.items():
        if not segment.folder.is_dir():
            lines.append(f"{segment.folder}: missing")
        elif segment.folder not in damaged:
            here = generation.placement[generation.placement["segment"] == name]
            if (here["first_window"] + here["window_count"]).max() > len(segment.windows):
                lines.append(f"{segment.folder}: has fewer windows than the tracks")
    return lines


def repair_library(library: Path, found: Verification) -> bool:
    """Removes what is damaged, so that the next index run makes it anew, and only that.

    Returns:
        Whether an older generation, which is whole, could take the place of a damaged one.
    """
    with writer_lock(library):
        for path in found.segments:
            shutil.rmtree(path)
        current = library / "CURRENT"
        older = sorted((library / "generations").glob("[0-9]*"), reverse=True)
        for folder in older:
            try:
                manifest = json.loads((folder / MANIFEST).read_text())
                Generation(library, folder, manifest).check()
                whole = not damaged_files(folder, manifest["files"])
            except (LibraryError, OSError, ValueError, KeyError):
                whole = False
            if whole:
                current.write_text(folder.name + "\n")
                return True
            shutil.rmtree(folder)
        current.unlink(missing_ok=True)
        return False


def remove_tracks(library: Path, track_ids: Collection[str]) -> int:
    """Takes tracks out; index runs leave their files out from now on.

    Returns:
        How many tracks are left.

    Raises:
        LibraryError: If there is no library, it is in use, or no track would be left.
    """
    open_generation(library)  # before the lock, which would make the folder
    with writer_lock(library):
        before = open_generation(library)
        out = before.tracks["track_id"].isin(list(track_ids)).to_numpy(dtype=bool)
        if out.all():
            raise LibraryError(f"{library}: no track would be left; remove the folder instead")
        taken = before.tracks.loc[out, ["path", "content_id"]].assign(
            reason=str(REMOVED.reason), detail=REMOVED.detail
        )
        skipped = pd.concat([before.skipped, taken.astype("string")])
        skipped = skipped.sort_values("path", ignore_index=True)
        _rewrite(library, before, ~out, skipped)
    return int((~out).sum())


def restore_tracks(library: Path, paths: Collection[str] | None = None) -> list[str]:
    """Lets the next index run take in again what was taken out.

    Args:
        library: Its folder.
        paths: Of the files, as they are listed; None for all.

    Returns:
        The paths of the files.

    Raises:
        LibraryError: If there is no library, or it is in use.
        QueryError: If a path is not of a removed track.
    """
    open_generation(library)  # before the lock, which would make the folder
    with writer_lock(library):
        before = open_generation(library)
        removed = before.skipped["reason"] == Reason.REMOVED
        known = before.skipped.loc[removed, "path"]
        for path in paths or ():
            if path not in set(known):
                some = f"; removed are: {', '.join(known[:5])}" if len(known) else ""
                raise QueryError(f"{path} was not removed from {library}{some}")
        back = removed if paths is None else removed & before.skipped["path"].isin(list(paths))
        skipped = before.skipped[~back].reset_index(drop=True)
        if back.any():
            _rewrite(library, before, np.ones(len(before.tracks), dtype=bool), skipped)
        return list(before.skipped.loc[back, "path"])


def _rewrite(
    library: Path,
    before: Generation,
    kept: Bool[np.ndarray, " tracks"],
    skipped: pd.DataFrame,
) -> None:
    """Writes a generation with some of the tracks of another."""
    if before.version < FORMAT_VERSION:
        raise LibraryError(f"{library}: of an older format; run index.py once, then repeat this")
    damage = damaged_files(before.folder, before.manifest["files"])
    if damage:  # new checksums would make it look whole
        raise LibraryError(f"{damage[0]}; {REMEDY}")
    manifest = {name: value for name, value in before.manifest.items() if name not in _WRITTEN}
    counts = manifest["counts"] | {"tracks": int(kept.sum()), "skipped": len(skipped)}
    embeddings = np.asarray(before.embeddings)[kept]
    left, pairs = before.tracks.loc[kept, "content_id"], before.duplicates
    write_generation(
        library,
        Contents(
            manifest | {"counts": counts},
            before.tracks[kept].reset_index(drop=True),
            before.placement[kept].reset_index(drop=True),
            before.descriptors[kept].reset_index(drop=True),
            before.probe,
            before.files,
            skipped,
            embeddings,
            build_index(embeddings, manifest.get("search", AUTO)),
            pairs[pairs["first"].isin(left) & pairs["second"].isin(left)].reset_index(drop=True),
        ),
    )
    remove_old_generations(library)


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
