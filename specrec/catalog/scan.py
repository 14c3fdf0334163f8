"""Finding audio files below a folder."""

import os
import stat
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

from specrec.audio.container import container_of
from specrec.config import Shard
from specrec.errors import CatalogError, SkipReason

AUDIO_SUFFIXES = frozenset(
    {
        ".wav",
        ".wave",
        ".rf64",
        ".w64",
        ".flac",
        ".mp3",
        ".mp2",
        ".ogg",
        ".oga",
        ".opus",
        ".spx",
        ".aif",
        ".aiff",
        ".aifc",
        ".caf",
        ".au",
        ".snd",
        ".m4a",
        ".m4b",
        ".mp4",
        ".aac",
        ".alac",
        ".wma",
        ".asf",
        ".webm",
        ".mka",
        ".ape",
        ".wv",
        ".mpc",
        ".tta",
        ".ac3",
        ".ec3",
        ".eac3",
        ".dts",
        ".dsf",
        ".dff",
        ".voc",
        ".sph",
        ".amr",
    }
)


class FoundFile(NamedTuple):
    """An audio file, by its path below the audio root.

    Attributes:
        path: The path relative to the root, with forward slashes.
        size: The size in bytes.
        mtime_ns: When it last changed, in nanoseconds since 1970.
    """

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True)
class Skipped:
    r"""A file that can't be used, and why.

    Attributes:
        path: The path relative to the audio root; bytes that are not UTF-8 are written as `\\xNN`.
        reason: Why, as a code that stays the same between releases.
        detail: Why, as one line to read.
    """

    path: str
    reason: SkipReason
    detail: str


class FoundFiles(Sequence[FoundFile]):
    """Audio files, of which there may be millions: they are kept by column.

    Attributes:
        paths: The path of each.
        sizes: The sizes in bytes.
        times: The times of the last change, in nanoseconds since 1970.
    """

    def __init__(self, files: Iterable[FoundFile] = ()) -> None:
        self.paths: list[str] = []
        self.sizes, self.times = array("q"), array("q")
        for file in files:
            self.add(*file)

    def add(self, path: str, size: int, mtime_ns: int) -> None:
        """Adds a file."""
        self.paths.append(path)
        self.sizes.append(size)
        self.times.append(mtime_ns)

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        return FoundFile(self.paths[place], self.sizes[place], self.times[place])


@dataclass
class Scan:
    """What a folder holds.

    Attributes:
        files: The audio files, in the same order each time.
        skipped: The files that are named like audio but can't be opened.
        ignored: How many other files there are (pictures, texts, hidden ones).
        has_links: Whether any of these, or a folder, is a link.
    """

    files: FoundFiles = field(default_factory=FoundFiles)
    skipped: list[Skipped] = field(default_factory=list)
    ignored: int = 0
    has_links: bool = False

    def share(self, shard: Shard) -> "Scan":
        """Those of the files and of the skipped ones that belong to a share."""
        files = FoundFiles(item for item in self.files if shard.holds(item.path))
        skipped = [item for item in self.skipped if shard.holds(item.path)]
        return Scan(files, skipped, self.ignored, self.has_links)


def scan_folder(root: Path) -> Scan:
    """Lists the audio files below a folder, in the same order each time.

    A file counts as audio by its suffix, or by its first bytes where the suffix says nothing.
    Links are followed; a folder reached a second time (a loop, say) is not entered again. Hidden
    files and folders are ignored.

    Raises:
        CatalogError: If `root` is not a folder that can be read.
    """
    if not root.is_dir():
        wrong = "is no folder" if root.exists() else "no such folder"
        raise CatalogError(f"{root}: {wrong}; name one that holds music")
    scan = Scan()
    _walk(os.fspath(root), "", set(), scan)
    return scan


def inspect(path: Path, relative: str) -> FoundFile | Skipped:
    """Looks at a file without opening it."""
    scan = Scan()
    _add(path, relative, True, scan)
    return scan.skipped[0] if scan.skipped else scan.files[0]


# Texts instead of paths, and no object more than a file needs: there may be millions of them.


def _walk(folder: str, inside: str, seen: set[tuple[int, int]], scan: Scan) -> None:
    """Looks through a folder, whose path below the root, with a slash at its end, is `inside`."""
    for entry in _entries(folder, inside, seen, scan):
        name = entry.name
        if name.startswith("."):
            scan.ignored += 1
            continue
        scan.has_links = scan.has_links or entry.is_symlink()
        if _is_folder(entry):
            _walk(entry.path, f"{inside}{name}/", seen, scan)
        else:
            is_named_so = name[name.rfind(".") :].lower() in AUDIO_SUFFIXES
            if not (is_named_so or entry.is_file()):
                continue
            relative = inside + name
            if relative.isascii() or _is_utf8(relative, scan):
                _add(entry, relative, is_named_so, scan)


def _add(entry: os.DirEntry[str] | Path, relative: str, is_named_so: bool, scan: Scan) -> None:
    """Looks at a file without opening it, unless its name doesn't tell whether it is audio."""
    try:
        status = entry.stat()
    except FileNotFoundError:
        detail = "no such file, or a link that leads nowhere"
        scan.skipped.append(Skipped(relative, SkipReason.MISSING, detail))
        return
    except OSError as error:
        detail = f"can't be read: {error.strerror}"
        scan.skipped.append(Skipped(relative, SkipReason.UNREADABLE, detail))
        return
    if not stat.S_ISREG(status.st_mode):
        scan.skipped.append(Skipped(relative, SkipReason.NOT_A_FILE, "not a regular file"))
    elif is_named_so or _sounds_like_audio(os.fspath(entry)):
        scan.files.add(relative, status.st_size, status.st_mtime_ns)
    else:
        scan.ignored += 1


def _is_utf8(relative: str, scan: Scan) -> bool:
    try:
        relative.encode()
    except UnicodeEncodeError:
        readable = os.fsencode(relative).decode("utf-8", "backslashreplace")
        detail = "the name is not UTF-8; rename the file"
        scan.skipped.append(Skipped(readable, SkipReason.BAD_NAME, detail))
        return False
    return True


def _entries(
    folder: str, inside: str, seen: set[tuple[int, int]], scan: Scan
) -> Iterable[os.DirEntry[str]]:
    """What is in a folder, which may have gone; nothing if it has been seen."""
    try:
        status = Path(folder).stat()
        if (status.st_dev, status.st_ino) in seen:
            return []
        seen.add((status.st_dev, status.st_ino))
        with os.scandir(folder) as entries:
            return sorted(entries, key=attrgetter("name"))
    except OSError as error:
        if not inside:
            raise CatalogError(f"{folder}: can't be read: {error.strerror}") from error
        detail = f"the folder can't be read: {error.strerror}"
        scan.skipped.append(Skipped(inside[:-1], SkipReason.UNREADABLE, detail))
        return []


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _sounds_like_audio(path: str) -> bool:
    try:
        with Path(path).open("rb") as file:
            return container_of(file.read(64)) is not None
    except OSError:
        return False
