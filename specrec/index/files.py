"""Files with checksums: what is read from a library is first compared with what was written."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np

from specrec.errors import LibraryError
from specrec.writing import new_file, storing, write_file

REMEDY = "see what is damaged, and repair it, with: specrec verify LIBRARY --repair"

Sums = Mapping[str, Mapping[str, Any]]
"""Checksums of a folder's files, by name: bytes, sha256, and for large files `sampled`."""

_WHOLE_UP_TO = 1 << 24  # bytes that are all compared when a file is opened: some milliseconds
_PAGE, _PAGES = 1 << 16, 16  # of larger files, so many pages of so many bytes
_SEAL = "checksum"
_SEAL_MARK, _SEAL_END = f', "{_SEAL}": "', '"}\n'


def checksums(folder: Path, known: Sums | None = None) -> dict[str, dict[str, Any]]:
    """Computes size and SHA-256 of each file in a folder; for large ones, that of a sample too.

    Args:
        folder: The folder.
        known: The checksums of some of its files, which are not computed again.
    """
    sums = {name: dict(stored) for name, stored in (known or {}).items()}
    return {
        path.name: sums[path.name] if path.name in sums else _checksum(path)
        for path in sorted(folder.iterdir())
    }


def check_sizes(folder: Path, sums: Sums) -> None:
    """Compares the sizes of a folder's files with those that were written.

    Raises:
        LibraryError: If a file is missing or of another size.
    """
    for name, stored in sums.items():
        path = folder / name
        if not path.is_file():
            raise LibraryError(f"{path}: missing; {REMEDY}")
        if path.stat().st_size != stored["bytes"]:
            raise LibraryError(f"{path}: damaged (its size differs); {REMEDY}")


def check_file(path: Path, sums: Sums) -> None:
    """Compares a small file, or pages spread over a large one, with its checksum.

    Raises:
        LibraryError: If the file is missing or damaged.
    """
    stored = sums.get(path.name)
    if stored is None:
        raise LibraryError(f"{path}: its checksum is missing; {REMEDY}")
    check_sizes(path.parent, {path.name: stored})
    try:
        if stored["bytes"] <= _WHOLE_UP_TO:
            same = _checksum(path)["sha256"] == stored["sha256"]
        else:  # before format 4, no sample was taken
            same = stored.get("sampled") in (None, _sample(path))
    except OSError as error:
        raise LibraryError(f"{path}: can't be read ({error.strerror}); {REMEDY}") from error
    if not same:
        raise LibraryError(f"{path}: damaged (its checksum differs); {REMEDY}")


def damaged_files(folder: Path, sums: Sums) -> list[str]:
    """Reads every byte of a folder's files, and says what is wrong with them, one line each."""
    lines = []
    for name, stored in sums.items():
        path = folder / name
        try:
            found = _checksum(path)
            if any(found[name] != stored[name] for name in ("bytes", "sha256")):
                lines.append(f"{path}: damaged (its checksum differs)")
        except OSError as error:
            lines.append(f"{path}: can't be read ({error.strerror})")
    return lines


def map_rows(path: Path, dtype: type[np.floating], private: bool = False) -> np.ndarray:
    """Memory-maps a NumPy file of rows.

    Args:
        path: The file.
        dtype: The type of its numbers.
        private: Whether rows may be changed, in memory only.

    Raises:
        LibraryError: If it is missing, or its header is damaged.
    """
    try:
        rows: np.ndarray = np.load(path, mmap_mode="c" if private else "r")
    except (OSError, ValueError, SyntaxError, EOFError, TokenError) as error:
        raise LibraryError(f"{path}: missing or damaged; {REMEDY}") from error
    if rows.ndim != 2 or rows.dtype != dtype:
        raise LibraryError(f"{path}: damaged (no rows of {np.dtype(dtype)}); {REMEDY}")
    return rows


def write_sealed(path: Path, document: Mapping[str, Any]) -> None:
    """Writes a JSON document that holds its own checksum; the file appears whole or not at all.

    Raises:
        StorageError: If it can't be written.
    """
    write_file(path, sealed(document))


def sealed(document: Mapping[str, Any]) -> bytes:
    """Encodes a JSON document as it is stored: on one line, its checksum last.

    The checksum is that of the same line without the checksum.
    """
    text = json.dumps(document, sort_keys=True)
    return f"{text[:-1]}{_SEAL_MARK}{_digest(text.encode())}{_SEAL_END}".encode()


def read_sealed(path: Path) -> dict[str, Any]:
    """Reads what `write_sealed` wrote, or a document of a format before 4, without a checksum.

    Raises:
        LibraryError: If it is missing or damaged.
    """
    try:
        return unsealed(path.read_bytes(), path)
    except OSError as error:
        raise LibraryError(f"{path}: missing or damaged; {REMEDY}") from error


def unsealed(content: bytes, path: Path) -> dict[str, Any]:
    """Decodes a document and compares it with its checksum.

    Args:
        content: The bytes of the file.
        path: Its path, for the message.

    Raises:
        LibraryError: If it is damaged.
    """
    try:
        document = json.loads(content)
        seal = document.pop(_SEAL, None)
        needed = int(document.get("format_version", 0)) >= 4
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise LibraryError(f"{path}: missing or damaged; {REMEDY}") from error
    if seal is None and needed:
        raise LibraryError(f"{path}: damaged (its checksum is missing); {REMEDY}")
    if seal is not None and not _is_whole(content, seal, document):
        raise LibraryError(f"{path}: damaged (its checksum differs); {REMEDY}")
    return dict(document)


def link_file(source: Path, target: Path) -> None:
    """Gives a file that never changes a second name; where that can't be, copies it.

    Raises:
        StorageError: If it can't be written.
    """
    with storing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            target.hardlink_to(source)
        except OSError:
            with source.open("rb") as file, new_file(target) as copy:
                shutil.copyfileobj(file, copy)


def discard(folder: Path) -> None:
    """Removes a folder. It is renamed first, so that nobody ever finds half of it."""
    gone = folder.with_name(folder.name + ".gone")
    shutil.rmtree(gone, ignore_errors=True)
    try:
        folder.rename(gone)
    except FileNotFoundError:
        return
    shutil.rmtree(gone, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Removes half written or half removed files and folders, which a killed run left."""
    for path in [*folder.glob("*.tmp"), *folder.glob("*.gone")]:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _is_whole(content: bytes, seal: Any, document: Mapping[str, Any]) -> bool:
    end = f"{_SEAL_MARK}{seal}{_SEAL_END}".encode()
    if content.endswith(end):
        return _digest(memoryview(content)[: -len(end)], b"}") == seal
    # Spelled otherwise, as it was once, or by somebody who looked into it with an editor.
    return _digest(json.dumps(document, sort_keys=True).encode()) == seal


def _digest(*parts: bytes | memoryview) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def _checksum(path: Path) -> dict[str, Any]:
    size = path.stat().st_size
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    sample = {"sampled": _sample(path)} if size > _WHOLE_UP_TO else {}
    return {"bytes": size, "sha256": digest, **sample}


def _sample(path: Path) -> str:
    """Computes the SHA-256 of pages spread over a file, the first and the last among them."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for start in np.linspace(0, path.stat().st_size - _PAGE, _PAGES).astype(np.int64):
            file.seek(int(start))
            digest.update(file.read(_PAGE))
    return digest.hexdigest()
