"""A library's folder of generations: readers open the current one, a writer adds the next.

A generation is complete, and current from then on, once its `library.json` is there, which comes
last. `CURRENT` names it too: for people, for older versions, and to tell a generation that was
lost from one that was never finished.
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specrec.descriptors.known import known_columns
from specrec.errors import LibraryError
from specrec.index.files import (
    REMEDY,
    Sums,
    checksums,
    discard,
    link_file,
    read_sealed,
    sweep,
    write_sealed,
)
from specrec.index.generation import (
    BY_TRACK,
    DISTRIBUTION,
    EMBEDDINGS,
    INDEX,
    ROW_HASHES,
    Contents,
    Generation,
    Newer,
)
from specrec.index.layers import NEWER, most_newer, write_newer, write_newer_embeddings
from specrec.index.locks import check_no_file, hold, is_free
from specrec.index.search import describe_index, write_index
from specrec.index.table_file import write_mapped_table, write_table
from specrec.model.distribution import distribution_of
from specrec.model.probe import PROBE_FILE, save_probe
from specrec.writing import new_file, storing, to_disk, write_array

if TYPE_CHECKING:
    import pandas as pd

FORMAT_VERSION = 5
"""1 had no descriptors; 1 and 2 had their windows in the generation; before 4, checksums of tracks,
of large files' samples and of `library.json` were missing, and decisions stood in the generation;
before 5, each generation was written as a whole.
"""
MANIFEST = "library.json"
_ITS_OWN = ("files", "parts")  # keys of a manifest that no later generation takes over
_SMALL = ("skipped.parquet", "duplicates.parquet")  # tables that each generation has
_NUMBER = re.compile(r"\d{6}")


class NewerFormatError(LibraryError):
    """A library was written by a newer version of specrec, which this one can't read."""


def read_generation(library: Path) -> Generation | None:
    """Opens the current generation; None if there is none yet.

    Raises:
        LibraryError: If it is damaged, of a newer format, or a file.
    """
    check_no_file(library)
    name = current_name(library)
    if name is None:
        return None
    try:
        generation = open_folder(library, library / "generations" / name)
        generation.check()
        return generation
    except LibraryError:
        if current_name(library) != name:  # a writer switched and tidied up in between
            return read_generation(library)
        raise


def current_name(library: Path) -> str | None:
    """Finds the name of the current generation's folder: the last complete one.

    It is found even if `CURRENT` is missing or unreadable; None if there is no generation.
    """
    complete = [folder.name for folder in generation_folders(library) if is_complete(folder)]
    try:
        named = (library / "CURRENT").read_text(errors="replace").strip()
    except OSError:
        named = ""
    if _NUMBER.fullmatch(named):
        complete.append(named)
    return max(complete, default=None)


def generation_folders(library: Path) -> list[Path]:
    """Lists the folders of generations, complete or not, the oldest first."""
    folders = (library / "generations").glob("*")
    return sorted(path for path in folders if _NUMBER.fullmatch(path.name))


def is_complete(folder: Path) -> bool:
    """Whether a generation was written to its end."""
    return (folder / MANIFEST).is_file()


def open_folder(library: Path, folder: Path) -> Generation:
    """Opens a generation, current or not; only its manifest is read.

    Raises:
        LibraryError: If its manifest is damaged or of a newer format.
    """
    held = hold(folder / MANIFEST)
    manifest = read_sealed(folder / MANIFEST)
    try:
        _check_manifest(manifest)
        generation = Generation(library, folder, manifest, held)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LibraryError(f"{folder / MANIFEST}: damaged; {REMEDY}") from error
    if generation.version > FORMAT_VERSION:
        raise NewerFormatError(
            f"{library}: format {generation.version}, but this specrec reads up to"
            f" {FORMAT_VERSION}; upgrade specrec"
        )
    return generation


def _check_manifest(manifest: dict[str, Any]) -> None:
    """Checks the keys that every manifest has: before format 4 it had no checksum of its own."""
    for name in ("created", "audio_root"):
        str(manifest[name])
    for name in ("fingerprint", "folder", "name"):
        str(manifest["model"][name])
    for name in ("tracks", "skipped", "ignored"):
        int(manifest["counts"][name])
    str(manifest["index"]["kind"])
    float(manifest["index"]["measured_recall"])
    for stored in manifest["files"].values():
        int(stored["bytes"])
        str(stored["sha256"])


def write_generation(library: Path, contents: Contents) -> Generation:
    """Writes a generation beside the current one, then switches to it in one step.

    Raises:
        StorageError: If it can't be written; the current one stays.
    """
    base = {
        "tracks": len(contents.tracks),
        "files": len(contents.files),
        "segments": sorted(set(contents.placement["segment"])),
    }
    with _next_generation(library) as folder:
        for name in BY_TRACK:
            write_mapped_table(folder / f"{name}.arrow", getattr(contents, name))
        write_table(folder / "files.parquet", contents.files)
        write_mapped_table(folder / DISTRIBUTION, _distribution(contents))
        room = 2 * most_newer(len(contents.tracks))
        write_array(folder / EMBEDDINGS, contents.embeddings, room)
        write_index(contents.index, folder / INDEX)
        if contents.probe is not None:
            save_probe(contents.probe, folder / PROBE_FILE)
        _write_row_hashes(folder, contents.row_hashes)
        manifest = {
            **contents.manifest,
            "index": describe_index(contents.index),
            "base": base,
            "segments": base["segments"],
            "files_count": len(contents.files),
        }
        manifest = _finish(folder, manifest, contents.skipped, contents.duplicates)
    return Generation(library, folder, manifest)


def write_changed(library: Path, before: Generation, newer: Newer) -> Generation:
    """Writes a generation that shares the base of the current one; else as `write_generation`.

    Raises:
        StorageError: If it can't be written; the current one stays.
    """
    segments = before.base_segments | set(newer.tables["placement"]["segment"])
    counts = before.manifest["counts"] | newer.manifest.get("counts", {})
    manifest = {
        **{name: value for name, value in before.manifest.items() if name not in _ITS_OWN},
        **newer.manifest,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "counts": counts | {"tracks": newer.tracks.count, "skipped": len(newer.skipped)},
        "segments": sorted(segments),
        "files_count": newer.files.count,
    }
    own = [*_SMALL, *([] if newer.row_hashes is None else [ROW_HASHES])]
    shared = [name for name in before.sums if name not in own and NEWER not in name]
    with _next_generation(library) as folder:
        for name in shared:
            link_file(before.folder / name, folder / name)
        for name, table in newer.tables.items():
            write_newer(folder, name, table, newer.files if name == "files" else newer.tracks)
        write_newer_embeddings(folder, newer.embeddings)
        _write_row_hashes(folder, newer.row_hashes)
        sums = {name: before.sums[name] for name in shared}
        manifest = _finish(folder, manifest, newer.skipped, newer.duplicates, sums)
    return Generation(library, folder, manifest)


def _write_row_hashes(folder: Path, hashes: "pd.Series[int] | None") -> None:
    if hashes is not None:
        write_table(folder / ROW_HASHES, hashes.reset_index())


def _distribution(contents: Contents) -> "pd.DataFrame":
    """The distribution of the features as a table, a column each."""
    import pandas as pd

    known = known_columns(contents.tracks, contents.descriptors)
    found = distribution_of(known, contents.probe, contents.embeddings)
    return pd.DataFrame({name: pd.Series(values) for name, values in found.items()})


@contextmanager
def _next_generation(library: Path) -> Iterator[Path]:
    """Gives a new folder, which the block fills; then it is the current one.

    The file that becomes `CURRENT` is on disk before, so that a full disk can't prevent the switch
    once the generation is complete.
    """
    numbers = [int(folder.name) for folder in generation_folders(library)]
    number = max([*numbers, int(current_name(library) or 0)]) + 1
    folder = library / "generations" / f"{number:06d}"
    try:
        with new_file(library / "CURRENT") as current:
            current.write(f"{folder.name}\n".encode())
            current.flush()
            os.fsync(current.fileno())
            yield folder
    except BaseException:
        if not is_complete(folder):
            discard(folder)  # it would only make a full disk fuller
        raise
    with storing(library):
        to_disk(library)


def _finish(
    folder: Path,
    manifest: Mapping[str, Any],
    skipped: "pd.DataFrame",
    duplicates: "pd.DataFrame",
    sums: Sums | None = None,
) -> dict[str, Any]:
    """Writes the small tables that each generation has, then its manifest, which it returns.

    Args:
        folder: The generation's folder.
        manifest: All but the format and the checksums.
        skipped: Files that were left out.
        duplicates: Pairs of files of one recording.
        sums: Checksums of the files that it shares with another.
    """
    for name, table in zip(_SMALL, (skipped, duplicates), strict=True):
        write_table(folder / name, table)
    made = {**manifest, "format_version": FORMAT_VERSION, "files": checksums(folder, sums)}
    for path in (folder, folder.parent):
        with storing(path):
            to_disk(path)
    write_sealed(folder / MANIFEST, made)
    with storing(folder):
        to_disk(folder)
    return made


def remove_old_generations(library: Path) -> set[str]:
    """Removes all generations but the current one, the previous one, and those that are open.

    Returns:
        Names of the segments to which the remaining generations refer.
    """
    current = current_name(library)
    sweep(library / "generations")
    referenced: set[str] = set()
    before = True  # the next that can be read is the one before
    for folder in reversed(generation_folders(library)):
        try:
            segments = set(read_sealed(folder / MANIFEST).get("segments", []))
        except LibraryError:  # nobody can open it
            segments = None
        if folder.name == current:
            referenced |= segments or set()
        elif segments is not None and (before or not is_free(folder / MANIFEST)):
            referenced |= segments
            before = False
        else:
            discard(folder)
    return referenced
