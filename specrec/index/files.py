"""Files that must be whole: written through to the disk, with sizes and checksums."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from specrec.errors import LibraryError

REMEDY = "see what is damaged, and how to mend it, with: specrec verify LIBRARY"


def checksums(folder: Path) -> dict[str, dict[str, Any]]:
    """Size and SHA-256 of each file in a folder, by name."""
    return {path.name: _checksum(path) for path in sorted(folder.iterdir())}


def check_sizes(folder: Path, sums: Mapping[str, Mapping[str, Any]]) -> None:
    """Compares sizes, which costs nothing.

    Raises:
        LibraryError: If a file is missing or of another size.
    """
    for name, stored in sums.items():
        path = folder / name
        if not path.is_file():
            raise LibraryError(f"{path}: missing; {REMEDY}")
        if path.stat().st_size != stored["bytes"]:
            raise LibraryError(f"{path}: damaged (its size differs); {REMEDY}")


def damaged_files(folder: Path, sums: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What is wrong with the files of a folder, one line each; every byte is read."""
    lines = []
    for name, stored in sums.items():
        path = folder / name
        try:
            if _checksum(path) != stored:
                lines.append(f"{path}: damaged (its checksum differs)")
        except OSError as error:
            lines.append(f"{path}: can't be read ({error.strerror})")
    return lines


def to_disk(path: Path) -> None:
    """Waits until a file, or the entries of a folder, have reached the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _checksum(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"bytes": path.stat().st_size, "sha256": digest}
