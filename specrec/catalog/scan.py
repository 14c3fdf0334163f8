"""Finding audio files below a folder."""

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

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


@dataclass(frozen=True)
class FoundFile:
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


@dataclass
class Scan:
    """What a folder holds.

    Attributes:
        files: The audio files, sorted by path.
        skipped: The files that are named like audio but can't be opened.
        ignored: How many other files there are (pictures, texts, hidden ones).
    """

    files: list[FoundFile] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    ignored: int = 0

    def share(self, shard: Shard) -> "Scan":
        """Those of the files and of the skipped ones that belong to a share."""
        files = [item for item in self.files if shard.holds(item.path)]
        skipped = [item for item in self.skipped if shard.holds(item.path)]
        return Scan(files, skipped, self.ignored)


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
    for path in _walk(root, root, set(), scan):
        relative = path.relative_to(root).as_posix()
        try:
            relative.encode()
        except UnicodeEncodeError:
            readable = os.fsencode(relative).decode("utf-8", "backslashreplace")
            scan.skipped.append(
                Skipped(readable, SkipReason.BAD_NAME, "the name is not UTF-8; rename the file")
            )
            continue
        found = inspect(path, relative)
        if isinstance(found, Skipped):
            scan.skipped.append(found)
        elif path.suffix.lower() in AUDIO_SUFFIXES or _sounds_like_audio(path):
            scan.files.append(found)
        else:
            scan.ignored += 1
    return scan


def inspect(path: Path, relative: str) -> FoundFile | Skipped:
    """Looks at a file without opening it."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return Skipped(relative, SkipReason.MISSING, "no such file, or a link that leads nowhere")
    except OSError as error:
        return Skipped(relative, SkipReason.UNREADABLE, f"can't be read: {error.strerror}")
    if not stat.S_ISREG(status.st_mode):
        return Skipped(relative, SkipReason.NOT_A_FILE, "not a regular file")
    return FoundFile(relative, status.st_size, status.st_mtime_ns)


def _walk(folder: Path, root: Path, seen: set[tuple[int, int]], scan: Scan) -> Iterator[Path]:
    status = folder.stat()
    if (status.st_dev, status.st_ino) in seen:
        return
    seen.add((status.st_dev, status.st_ino))
    for entry in _entries(folder, root, scan):
        path = Path(entry.path)
        if entry.name.startswith("."):
            scan.ignored += 1
        elif _is_folder(entry):
            yield from _walk(path, root, seen, scan)
        elif path.suffix.lower() in AUDIO_SUFFIXES or entry.is_file():
            yield path


def _entries(folder: Path, root: Path, scan: Scan) -> Iterable[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        if folder == root:
            raise CatalogError(f"{root}: can't be read: {error.strerror}") from error
        relative = folder.relative_to(root).as_posix()
        detail = f"the folder can't be read: {error.strerror}"
        scan.skipped.append(Skipped(relative, SkipReason.UNREADABLE, detail))
        return []


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _sounds_like_audio(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return container_of(file.read(64)) is not None
    except OSError:
        return False
