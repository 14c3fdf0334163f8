"""Keeps a library's folder at a URL, such as `s3://bucket/music`, by fsspec.

A file below `segments` and `generations` never changes. The file that makes a folder of them
complete goes last, so that what was cut short counts as not being there.
"""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import fsspec

from specrec.errors import LibraryError, StorageError, message_of
from specrec.index.files import read_sealed
from specrec.index.segment import SUMS

_UNCHANGING = ("segments", "generations")
_LAST = (SUMS, "library.json")


def is_url(place: str) -> bool:
    """Whether a place is a URL and not a path of this machine."""
    return "://" in place


class RemoteFolder:
    """A folder at a URL, which a local one is copied to and from.

    Args:
        url: A URL of a file system that fsspec knows; `s3://` needs s3fs.

    Raises:
        StorageError: By each method, and when made, if the place can't be reached.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        with _reaching(url):
            self._files, root = fsspec.url_to_fs(self.url)
            self._root = str(root).rstrip("/")

    def exists(self) -> bool:
        """Whether it holds anything; to ask of a bucket that does not exist is an error."""
        with _reaching(self.url):
            return bool(self._sizes())

    def fetch(self, folder: Path) -> None:
        """Copies here what is not in a local folder yet."""
        with _reaching(self.url):
            for name, size in sorted(self._sizes().items(), key=lambda item: _order(item[0])):
                target = folder / name
                if _is_there(name, target, size):
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                beside = target.with_name(f".{target.name}.{os.getpid()}.fetched")
                self._files.get_file(f"{self._root}/{name}", str(beside))
                if target.name in _LAST and not _is_whole(beside):
                    beside.unlink()  # what it makes complete was not sent to its end
                else:
                    beside.replace(target)

    def send(self, folder: Path) -> None:
        """Copies there what a local folder holds, and removes what it no longer holds."""
        with _reaching(self.url):
            gone = self._copy(folder, _names(folder))
            for name in sorted(gone, key=_order, reverse=True):  # what makes it complete first
                self._files.rm_file(f"{self._root}/{name}")

    def send_segments(self, folder: Path) -> None:
        """Copies there what a run that goes on has embedded and measured so far."""
        with _reaching(self.url):
            self._copy(
                folder, (n for n in _names(folder) if n.startswith(("segments/", "journal/")))
            )

    def _copy(self, folder: Path, names: Iterable[str]) -> set[str]:
        """Copies files there; returns the names of those that are there and not here."""
        sizes, left = self._sizes(), sorted(names, key=_order)
        for name in left:
            try:
                size = (folder / name).stat().st_size
                if sizes.get(name) != size or not name.startswith(_UNCHANGING):
                    self._put(folder / name, f"{self._root}/{name}")
            except FileNotFoundError:
                if (folder / name).exists():
                    raise
                continue  # merged with others meanwhile
        return set(sizes) - set(left)

    def _put(self, source: Path, place: str) -> None:
        try:
            self._files.put_file(str(source), place)
        except FileNotFoundError:
            # Its folder is missing. In a bucket none is needed, and to make one would take rights
            # to the whole bucket.
            self._files.makedirs(place.rpartition("/")[0], exist_ok=True)
            self._files.put_file(str(source), place)

    def _sizes(self) -> dict[str, int]:
        """The size of each file there, by its path below the folder."""
        self._files.invalidate_cache()
        found = self._files.find(self._root, detail=True)
        start = len(self._root) + 1
        return {path[start:]: int(item["size"]) for path, item in found.items()}


def _names(folder: Path) -> list[str]:
    """The files of a local folder that belong to a complete state, by their paths below it."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    names = [path.relative_to(folder).as_posix() for path in paths]
    return [name for name in names if not _is_passing(name)]


def _is_passing(name: str) -> bool:
    """Whether a file is a lock, or a part of something half written or half removed."""
    parts = name.split("/")
    return any(part.startswith(".") or part.endswith((".tmp", ".gone")) for part in parts)


def _order(name: str) -> tuple[int, str, bool, str]:
    """Sorts files so that each comes after those that it rests on."""
    top, parent, last = name.split("/")[0], *name.rpartition("/")[::2]
    rank = {"segments": 0, "generations": 2, "CURRENT": 3}.get(top, 1)
    return rank, parent, last in _LAST, name


def _is_there(name: str, target: Path, size: int) -> bool:
    unchanging = name.startswith(_UNCHANGING)
    return unchanging and target.is_file() and target.stat().st_size == size


def _is_whole(sums: Path) -> bool:
    try:
        return bool(read_sealed(sums))
    except LibraryError:
        return False


@contextmanager
def _reaching(url: str) -> Iterator[None]:
    """Turns whatever a file system raises into one line."""
    try:
        yield
    except ImportError as error:
        raise StorageError(f"{url}: {error}") from error
    except Exception as error:  # each file system has errors of its own
        said = " ".join(message_of(error).split()) or type(error).__name__
        said = re.sub(r"\?[^\s\"']+", "", said)  # the end of a request's address; it may be signed
        raise StorageError(
            f"{url}: can't be reached ({said}); check its address, the network and the credentials"
        ) from error
