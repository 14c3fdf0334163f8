"""Pictures of albums: in the audio files, or beside them."""

import base64
import io
import threading
from collections import OrderedDict
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import mutagen
from mutagen.flac import Picture
from PIL import Image

from specrec.audio.pool import map_path
from specrec.errors import AudioError
from specrec.serve.problems import BusyError

_FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}
_NAMES = ("cover", "folder", "front", "album")
_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif")
_LONGEST = 30 << 20  # bytes
_MOST_PIXELS = 60_000_000
_AT_ONCE = 2  # pictures that are looked for, each in a process of its own
_PATIENCE_SECONDS = 30.0
_KEPT_BYTES, _MOST_KEPT = 64 << 20, 10_000
_FRONT = 3  # the kind of picture that shows the front cover, in ID3 and FLAC


Cover = tuple[bytes, str]
"""A picture and its media type."""


class Covers:
    """Finds pictures in processes of their own, since tags may say anything, and keeps the last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Path, int, int, int | None], Cover | None] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._free = threading.BoundedSemaphore(_AT_ONCE)

    def of(self, audio: Path, root: Path, size: int | None = None) -> Cover | None:
        """Finds the picture of an audio file, as `cover_of` does.

        Raises:
            BusyError: If too many are being looked for.
        """
        try:
            changed = audio.stat().st_mtime_ns, audio.parent.stat().st_mtime_ns
        except OSError:
            return None
        key = audio, *changed, size
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        if not self._free.acquire(timeout=_PATIENCE_SECONDS):
            raise BusyError("too many pictures are being looked for; try again")
        try:
            found = map_path(partial(cover_of, root=root, size=size), audio)
        except AudioError:  # whatever is wrong with the file, it has no picture
            found = None
        finally:
            self._free.release()
        self._keep(key, found)
        return found

    def _keep(self, key: tuple[Path, int, int, int | None], found: Cover | None) -> None:
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = found
            self._bytes += _size_of(found)
            while self._bytes > _KEPT_BYTES or len(self._kept) > _MOST_KEPT:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= _size_of(gone)


def _size_of(found: Cover | None) -> int:
    return 0 if found is None else len(found[0])


def cover_of(audio: Path, root: Path, size: int | None = None) -> Cover | None:
    """Finds the picture of an audio file: inside it, else in its folder (`cover.jpg`, ...).

    Args:
        audio: The audio file.
        root: The folder of music; a picture that a link brings from elsewhere is not taken.
        size: How many pixels the longer side may have; None to take the picture as it is.

    Returns:
        The picture and its media type; None if there is none that can be read.
    """
    for picture in (_embedded(audio), _beside(audio, root.resolve())):
        if picture is not None:
            made = _readable(picture, size)
            if made is not None:
                return made
    return None


def _embedded(audio: Path) -> bytes | None:
    try:
        tags = mutagen.File(audio)
        found = [] if tags is None else _pictures(tags)
    except Exception:  # mutagen leaks struct, index and value errors on damaged files
        return None
    found.sort(key=lambda pair: pair[0] != _FRONT)
    return found[0][1] if found else None


def _pictures(file: Any) -> list[tuple[int, bytes]]:
    """The pictures in tags of any kind, each with the number that says what it shows."""
    tags = file.tags
    if getattr(file, "pictures", None):  # FLAC
        return [(picture.type, picture.data) for picture in file.pictures]
    if tags is None:
        return []
    if hasattr(tags, "getall"):  # ID3
        return [(frame.type, frame.data) for frame in tags.getall("APIC")]
    if "covr" in tags:  # MP4
        return [(_FRONT, bytes(data)) for data in tags["covr"]]
    coded = tags.get("metadata_block_picture") or []  # Ogg
    blocks = [Picture(base64.b64decode(block)) for block in coded]
    return [(picture.type, picture.data) for picture in blocks]


def _beside(audio: Path, root: Path) -> bytes | None:
    """The picture in a file's folder whose name says that it is the cover."""

    def rank(path: Path) -> int:
        return _NAMES.index(path.stem.lower())

    with suppress(OSError):
        files = [
            path
            for path in audio.parent.iterdir()
            if path.stem.lower() in _NAMES and path.suffix.lower() in _SUFFIXES
        ]
        for path in sorted(files, key=rank):
            real = path.resolve()
            if real.is_relative_to(root) and real.is_file() and real.stat().st_size <= _LONGEST:
                return real.read_bytes()
    return None


def _readable(picture: bytes, size: int | None) -> Cover | None:
    """A picture if it is one, made smaller if it is larger than it may be."""
    if len(picture) > _LONGEST:
        return None
    try:
        with Image.open(io.BytesIO(picture), formats=[*_FORMATS]) as image:
            kind = str(image.format)
            if image.width * image.height > _MOST_PIXELS:
                return None
            if size is None or max(image.size) <= size:
                return picture, _FORMATS[kind]
            image.draft("RGB", (size, size))  # a large JPEG is decoded small
            image.thumbnail((size, size))
            made = io.BytesIO()
            lossy = image.mode in ("L", "RGB")
            image.save(made, "JPEG" if lossy else "PNG", quality=85)
            return made.getvalue(), _FORMATS["JPEG" if lossy else "PNG"]
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
