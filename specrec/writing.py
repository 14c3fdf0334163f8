"""Writes files that appear whole or not at all."""

import errno
import fcntl
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np

from specrec.errors import StorageError

_REMEDIES = dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "free some space, or ")
_REMEDIES |= dict.fromkeys((errno.EROFS, errno.EACCES, errno.EPERM), "allow writing there, or ")
_numbers = itertools.count()
_swept: set[Path] = set()  # folders that this process has looked through


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Opens a new file that replaces `path`, safely on disk, when the block ends without error.

    Until then, and after an error, the old file stays as it was. Missing folders are made. A
    device, such as `/dev/stdout`, is written to directly. A process that is killed leaves a file
    beside, which the next writer removes.

    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp()) / "folder" / "note.txt"
    >>> with new_file(place) as file:
    ...     _ = file.write(b"whole")
    >>> place.read_text(), [path.name for path in place.parent.iterdir()]
    ('whole', ['note.txt'])

    Raises:
        StorageError: If it can't be written; the message names the file.
    """
    with storing(path):
        if path.exists() and not path.is_file():
            with path.open("wb") as file:
                yield file
            return
        target = path.resolve()  # of a link, what it leads to
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.parent not in _swept:
            remove_abandoned(target.parent)
            _swept.add(target.parent)
        beside = target.parent / f".specrec-{os.getpid()}-{next(_numbers)}.tmp"
        try:
            with _locked(beside) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
                beside.replace(target)  # as long as the lock is held
        finally:
            with suppress(OSError):
                beside.unlink(missing_ok=True)


def _locked(path: Path) -> BinaryIO:
    """Opens a new file and locks it; one that was taken for abandoned before it was locked anew."""
    while True:
        file = path.open("wb")
        with suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_nlink:
            return file
        file.close()


def remove_abandoned(folder: Path) -> None:
    """Removes files that `new_file` left half written in a folder when its process was killed.

    A process that is still writing has a lock on its file.
    """
    for path in folder.glob(".specrec-*.tmp"):
        with suppress(OSError), path.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


def write_file(path: Path, content: bytes | memoryview | str) -> None:
    """Writes a file as `new_file` does, a text in UTF-8.

    Raises:
        StorageError: If it can't be written.
    """
    with new_file(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)


def write_array(path: Path, array: np.ndarray, room: int = 0) -> None:
    """Writes a NumPy file as `new_file` does.

    Args:
        path: The file.
        array: What it is to hold.
        room: How many rows of zeros follow, which need no room on most disks.

    Raises:
        StorageError: If it can't be written.
    """
    array = np.ascontiguousarray(array)
    header = np.lib.format.header_data_from_array_1_0(array)
    if room:
        header["shape"] = (len(array) + room, *array.shape[1:])
    with new_file(path) as file:  # not by NumPy's own, whose error tells neither file nor reason
        np.lib.format.write_array_header_1_0(file, header)
        file.write(array.data)
        if room:
            file.truncate(file.tell() + room * array[:1].nbytes)


@contextmanager
def storing(path: Path) -> Iterator[None]:
    """Turns an error of the system while writing into one line with the path.

    Raises:
        StorageError: In place of any `OSError` of the block.
    """
    try:
        yield
    except OSError as error:
        raise storage_error(path, error) from error


def storage_error(path: Path | str, error: OSError) -> StorageError:
    """Makes an error that says why a path can't be written, and what to do."""
    remedy = _REMEDIES.get(error.errno or 0, "")
    return StorageError(
        f"{path}: can't be written ({error.strerror or error}); {remedy}name another place"
    )


def to_disk(path: Path) -> None:
    """Waits until a file, or the entries of a folder, are on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
