"""Verifies a library, and repairs a damaged one."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from specrec.errors import LibraryError
from specrec.index.decision_files import has_decisions, read_copies, read_decisions, write_decisions
from specrec.index.decisions import Decisions, decisions_of
from specrec.index.files import damaged_files, discard, read_sealed
from specrec.index.generation import Generation
from specrec.index.generations import (
    MANIFEST,
    NewerFormatError,
    current_name,
    generation_folders,
    open_folder,
)
from specrec.index.locks import writer_lock
from specrec.index.maintenance import open_generation, rewrite
from specrec.index.segment import Segment
from specrec.index.segment_repair import RepairedSegment, repair_segment
from specrec.index.segment_store import SegmentStore
from specrec.progress import Progress
from specrec.writing import write_file

_BLOCK = 65_536


@dataclass(frozen=True)
class Verification:
    """What a verification found.

    Attributes:
        files: Number of files that were read.
        damage: What is wrong, one line each; empty if the library is intact.
        segments: Folders of damaged segments.
        generation: Whether the current generation is damaged.
    """

    files: int
    damage: list[str]
    segments: list[Path]
    generation: bool


@dataclass(frozen=True)
class Repair:
    """What a repair saved. All decisions about the library are kept.

    Attributes:
        tracks: Number of tracks in the library now; 0 if it can't be opened before `specrec index`
            has run.
        again: Number of tracks that `specrec index` embeds again, if their files are there.
        lost: Number of tracks of damaged segments of which nothing could be saved.
    """

    tracks: int
    again: int
    lost: int


def verify_library(library: Path, on_progress: Progress | None = None) -> Verification:
    """Reads every byte of a library and compares it with what was written.

    In a library without a generation, these are the segments of an unfinished first run, and the
    decisions.

    Args:
        library: Folder of the library.
        on_progress: Called after each folder of files.

    Raises:
        LibraryError: If there is none, or it is of a newer format.
    """
    name = current_name(library)
    segments = sorted(library.glob("segments/*/" + "[0-9]" * 6))
    if name is None:
        if not segments and not has_decisions(library):
            open_generation(library)
        return _verified(library, None, segments, on_progress)
    folder = library / "generations" / name
    held = None
    try:
        held = open_folder(library, folder)  # so that no writer removes it meanwhile
    except NewerFormatError:
        raise
    except LibraryError:
        pass  # to be told
    found = _verified(library, folder, segments, on_progress)
    del held
    return found


def _verified(
    library: Path, folder: Path | None, segments: list[Path], on_progress: Progress | None
) -> Verification:
    folders = segments if folder is None else [folder, *segments]
    files, damage, bad = 0, [], []
    for done, path in enumerate(folders, 1):
        try:
            own = path == folder
            sums = read_sealed(path / MANIFEST)["files"] if own else Segment(path).sums
            files += 1 + len(sums)
            lines = damaged_files(path, sums)
            lines = lines or ([] if path == folder else _not_finite(Segment(path)))
        except LibraryError as error:
            lines = [str(error).partition(";")[0]]
        except (KeyError, TypeError, AttributeError):
            lines = [f"{path}: its list of checksums is damaged"]
        if lines and path != folder and not path.exists():
            lines = []  # merged by a run meanwhile; where it is missed, it is told below
        damage += lines
        bad += [path] if lines else []
        if on_progress:
            on_progress(done, len(folders))
    if folder is not None and folder not in bad:
        lines = _inconsistencies(library, folder, set(bad))
        damage += lines
        bad += [folder] if lines else []
    return Verification(
        files,
        damage + _pointers(library, folder),
        [path for path in bad if path != folder],
        folder in bad,
    )


def _pointers(library: Path, folder: Path | None) -> list[str]:
    """Says what is wrong with the small files in a library's own folder, one line each."""
    if folder is None:
        return read_copies(library).damage if has_decisions(library) else []
    lines = []
    named = library / "CURRENT"
    if not named.is_file() or named.read_bytes().strip() != folder.name.encode():
        lines.append(f"{named}: does not name {folder.name}")
    try:
        version = int(read_sealed(folder / MANIFEST)["format_version"])
    except (LibraryError, KeyError, TypeError, ValueError):
        return lines
    return lines + (read_copies(library).damage if version >= 4 else [])


def _not_finite(segment: Segment) -> list[str]:
    """Finds NaN or infinite embeddings, which older versions wrote with a correct checksum."""
    lines = []
    for name, rows in (("embeddings", segment.embeddings), ("windows", segment.windows)):
        for start in range(0, len(rows), _BLOCK):
            if not np.isfinite(rows[start : start + _BLOCK]).all():
                lines.append(f"{segment.folder}: some {name} are NaN or infinite")
                break
    return lines


def _inconsistencies(library: Path, folder: Path, damaged: set[Path]) -> list[str]:
    """Says what is inconsistent in a generation whose files have the right checksums."""
    lines = []
    try:
        generation = open_folder(library, folder)
        if generation.version < 3:
            return []
        rows = {
            "tracks": len(generation.tracks),
            "placement": len(generation.placement),
            "descriptors": len(generation.descriptors),
            "embeddings": len(generation.embeddings),
            "index": len(generation.index),
        }
    except LibraryError as error:
        return [str(error).partition(";")[0]]
    if len(set(rows.values())) > 1:
        lines.append(f"{folder}: its parts have different numbers of tracks: {rows}")
    if not np.isfinite(generation.embeddings).all():
        lines.append(f"{folder}: some embeddings are NaN or infinite")
    for name, segment in generation.segments.items():
        if not segment.folder.is_dir():
            lines.append(f"{segment.folder}: missing")
        elif segment.folder not in damaged:
            here = generation.placement[generation.placement["segment"] == name]
            if (here["first_window"] + here["window_count"]).max() > len(segment.windows):
                lines.append(f"{segment.folder}: has fewer windows than the tracks")
    return lines


def repair_library(library: Path, found: Verification) -> Repair:
    """Keeps what is intact and removes only what is damaged; `specrec index` makes that again.

    If either the embedding or the windows of a track are damaged, one is derived from the other
    until its file is embedded again. No decision is lost: neither the list of removed tracks nor
    the tracks whose files are gone.

    Args:
        library: Folder of the library.
        found: What `verify_library` found.

    Raises:
        LibraryError: If the library is in use.
        StorageError: If it can't be written.
    """
    with writer_lock(library):
        generation = _last_whole(library)
        decisions = _decisions(library, generation)
        write_decisions(library, decisions)
        saved = [repair_segment(Segment(folder), generation) for folder in found.segments]
        tracks = 0 if generation is None else _reopen(library, generation, decisions)
        if not tracks:
            for folder in generation_folders(library):
                discard(folder)
            (library / "CURRENT").unlink(missing_ok=True)
        return _summed(tracks, saved)


def _summed(tracks: int, saved: list[RepairedSegment]) -> Repair:
    again = sum(item.stand_ins + item.lost for item in saved)
    return Repair(tracks, again, sum(item.lost for item in saved))


def _last_whole(library: Path) -> Generation | None:
    """Finds the last generation whose own files are intact; None if there is none."""
    for folder in reversed(generation_folders(library)):
        try:
            generation = open_folder(library, folder)
        except NewerFormatError:
            raise
        except LibraryError:
            continue
        if not damaged_files(folder, generation.sums) and np.isfinite(generation.embeddings).all():
            return generation
    return None


def _decisions(library: Path, generation: Generation | None) -> Decisions:
    try:
        return read_decisions(library, generation)
    except LibraryError:  # both copies are damaged
        return Decisions() if generation is None else decisions_of(generation)


def _reopen(library: Path, generation: Generation, decisions: Decisions) -> int:
    """Makes a generation the current one, with those of its tracks that are still stored.

    Returns:
        The number of these tracks.
    """
    for folder in generation_folders(library):
        if folder.name > generation.folder.name:
            discard(folder)
    write_file(library / "CURRENT", generation.folder.name + "\n")
    if generation.version < 3 or not generation.segments:
        return len(generation)
    store = SegmentStore(library, next(iter(generation.segments)).partition("/")[0])
    contents = generation.tracks["content_id"]
    there = set(store.table.index[store.table["row"] >= 0])
    there -= {item.content_id for item in decisions.removed}
    kept = contents.isin(list(there)).to_numpy(dtype=bool)
    if not kept.any():
        return 0
    placement = store.placement(contents[kept].tolist())
    if not (kept.all() and placement.equals(generation.placement)):
        rewrite(library, generation, decisions, kept, placement)
        discard(generation.folder)  # it refers to what is gone
    return int(kept.sum())
