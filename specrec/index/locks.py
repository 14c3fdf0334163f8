"""File locks: one writer at a time, and no removal of a generation that is being read."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from specrec.errors import LibraryError
from specrec.writing import remove_abandoned, storing


class InUseError(LibraryError):
    """Another run is writing to a library."""


@contextmanager
def writer_lock(library: Path) -> Iterator[None]:
    """Keeps other writers out while the block runs; the system frees the lock with the process.

    If the block writes nothing, no new folder is left behind.

    Raises:
        InUseError: If another run holds the lock.
        LibraryError: If `library` is a file.
        StorageError: If nothing can be written there.
    """
    check_no_file(library)
    missing = [folder for folder in (library, *library.parents) if not folder.exists()]
    file = library / ".lock"
    with storing(library):
        library.mkdir(parents=True, exist_ok=True)
        lock = file.open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_old = not os.path.samestat(os.fstat(lock.fileno()), file.stat())
        except (BlockingIOError, FileNotFoundError):
            is_old = True  # another run has it, or had it and left nothing
        if is_old:
            raise InUseError(f"{library}: another run is writing to it; wait until it is done")
        remove_abandoned(library)
        try:
            yield
        finally:
            with suppress(OSError):
                if [path.name for path in library.iterdir()] == [file.name]:
                    file.unlink()
                    for folder in missing:
                        folder.rmdir()


def check_no_file(library: Path) -> None:
    """Refuses a file where a library's folder is expected.

    Raises:
        LibraryError: If `library` is a file.
    """
    if library.is_file():
        raise LibraryError(f"{library}: this is a file, but a library is a folder")


class ReadLock:
    """A reader's shared lock on the manifest of a generation, freed with the object."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def __del__(self) -> None:
        os.close(self._handle)


def hold(manifest: Path) -> ReadLock | None:
    """Locks the generation of a manifest for reading; None if there is no such file."""
    try:
        handle = os.open(manifest, os.O_RDONLY)
    except OSError:
        return None
    with suppress(OSError):  # a file system without locks, or a writer about to remove it
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    return ReadLock(handle)


def is_free(manifest: Path) -> bool:
    """Whether no reader has locked the generation of a manifest."""
    try:
        with manifest.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True  # left by a writer that was killed
    except OSError:
        return False
    return True
