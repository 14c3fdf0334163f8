"""Writing a few tags into audio files, by mutagen; all else in them stays as it is.

A file is copied, the copy is tagged, compared with the original, and takes its place: whatever goes
wrong, the file is either as it was or complete.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import mutagen
from mutagen._vorbis import VComment
from mutagen.aiff import AIFF
from mutagen.apev2 import APEv2File
from mutagen.asf import ASF
from mutagen.dsdiff import DSDIFF
from mutagen.dsf import DSF
from mutagen.flac import FLAC
from mutagen.id3 import GRP1, ID3, TBPM, TIT1, TKEY, TMOO, ID3FileType
from mutagen.mp4 import MP4, MP4FreeForm
from mutagen.ogg import OggFileType
from mutagen.wave import WAVE

from specrec.catalog.identity import audio_id
from specrec.catalog.limits import OutOfTime, limited
from specrec.errors import TagError, message_of
from specrec.writing import new_file

# Names that are read and written, by kind of tags: the first of them that a file has, else the
# first.
_NAMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "id3": {
        "bpm": ("TBPM",),
        "key": ("TKEY",),
        "mood": ("TMOO",),
        "concepts": ("TIT1", "GRP1"),
    },
    "vorbis": {
        "bpm": ("BPM",),
        "key": ("INITIALKEY", "KEY"),
        "mood": ("MOOD",),
        "concepts": ("GROUPING",),
    },
    "apev2": {
        "bpm": ("BPM",),
        "key": ("INITIALKEY", "KEY"),
        "mood": ("MOOD",),
        "concepts": ("Grouping",),
    },
    "mp4": {
        "bpm": ("tmpo",),
        "key": ("----:com.apple.iTunes:initialkey", "----:com.apple.iTunes:KEY"),
        "mood": ("----:com.apple.iTunes:MOOD",),
        "concepts": ("\xa9grp",),
    },
    "asf": {
        "bpm": ("WM/BeatsPerMinute",),
        "key": ("WM/InitialKey",),
        "mood": ("WM/Mood",),
        "concepts": ("WM/ContentGroupDescription",),
    },
}
_ID3_FILES = (ID3FileType, WAVE, AIFF, DSF, DSDIFF)
_KINDS = {OggFileType: "vorbis", FLAC: "vorbis", MP4: "mp4", ASF: "asf", APEv2File: "apev2"}
_FRAMES = {"TBPM": TBPM, "TKEY": TKEY, "TMOO": TMOO, "TIT1": TIT1, "GRP1": GRP1}
_SECONDS, _MEMORY = 2.0, 1 << 29
_LATIN_1 = 0


class TaggedFile:
    """An audio file, opened for its tags `bpm`, `key`, `mood` and `concepts` (the grouping).

    Raises:
        TagError: If it can't be tagged.
        OSError: If it can't be read.
    """

    def __init__(self, path: Path, like: "TaggedFile | None" = None) -> None:
        """Opens a file.

        Args:
            path: The file.
            like: Another of the same format, which its name need not tell then.
        """
        self.path = path
        with _as_tag_errors(), limited(_SECONDS, _MEMORY):
            self._format: Any = type(mutagen.File(path)) if like is None else like._format
            self._file = _open(path, self._format)
            self._kind = _kind_of(self._file)
            if self._file.tags is None:
                self._file.add_tags()
        if any("\ufffd" in str(value) for _, value in self._comments()):
            raise TagError("its tags hold text that is not UTF-8, which would be lost")

    def name(self, field: str) -> str:
        """What the tag of a field is called in this file."""
        names = _NAMES[self._kind][field]
        there = {str(name).casefold(): str(name) for name in self._keys()}
        return next(
            (there[name.casefold()] for name in names if name.casefold() in there), names[0]
        )

    def value(self, field: str) -> str | None:
        """What it says; None if it is not there, several values separated by `; `."""
        name = self.name(field)
        if name not in self._keys():
            return None
        with _as_tag_errors():
            value = self._file.tags[name]
            parts = getattr(value, "text", value)
            parts = [parts] if isinstance(parts, str) or not hasattr(parts, "__iter__") else parts
            texts = [
                part.decode(errors="replace") if isinstance(part, bytes) else str(part)
                for part in parts
            ]
        return "; ".join(texts)

    def write(self, values: Mapping[str, str]) -> None:
        """Writes tags, by field; the file is replaced by a copy that has them.

        Raises:
            TagError: If anything else in it would change; it is as it was then.
            StorageError: If it can't be written; likewise.
        """
        target = self.path.resolve()
        if not os.access(target, os.W_OK):
            raise TagError("is read-only")
        with new_file(target) as copy, target.open("rb") as original:
            shutil.copyfileobj(original, copy)
            copy.flush()
            beside = Path(copy.name)
            status = target.stat()
            with suppress(OSError):
                shutil.copystat(target, beside)
                os.chown(beside, status.st_uid, status.st_gid)
            with _as_tag_errors():
                self._save(beside, values)
                self._compare(beside, values)

    def _save(self, path: Path, values: Mapping[str, str]) -> None:
        for field, value in values.items():
            self._set(self.name(field), value)
        if self._kind != "id3":
            self._file.save(path)
            return
        version = 3 if (2, 0) < self._file.tags.version < (2, 4) else 4
        self._file.save(path, v2_version=version, v23_sep=None)
        if isinstance(self._file, ID3FileType):
            _restore_after_id3(self.path, path)

    def _set(self, name: str, value: str) -> None:
        tags = self._file.tags
        if self._kind == "id3":
            tags.setall(name, [_FRAMES[name](encoding=_LATIN_1, text=[value])])
        elif name == "tmpo":
            tags[name] = [int(value)]
        elif self._kind == "mp4" and name.startswith("----"):
            tags[name] = [MP4FreeForm(value.encode())]
        else:
            tags[name] = [value]

    def _compare(self, path: Path, values: Mapping[str, str]) -> None:
        """Looks at a tagged copy before it takes the original's place.

        Raises:
            TagError: If it does not say what it should, or differs in anything else.
        """
        made = TaggedFile(path, self)
        if any(made.value(field) != value for field, value in values.items()):
            raise TagError("does not keep what is written into it")
        ours = {self.name(field).casefold() for field in values}
        if _others(self.path, self._format, ours) != _others(path, self._format, ours):
            raise TagError("other tags would be lost")
        if audio_id(self.path) != audio_id(path):
            raise TagError("its audio would change")

    def _keys(self) -> list[str]:
        return list(self._file.tags.keys())

    def _comments(self) -> list[tuple[str, str]]:
        return list(self._file.tags) if isinstance(self._file.tags, VComment) else []


@contextmanager
def _as_tag_errors() -> Iterator[None]:
    """Whatever mutagen stumbles over is said of the file; what the system says, as it is."""
    try:
        yield
    except OutOfTime as error:
        raise TagError(f"its tags take more than {_SECONDS:g} s to read") from error
    except MemoryError as error:
        raise TagError(f"its tags take more than {_MEMORY >> 20} MB to read") from error
    except (TagError, OSError):
        raise
    except Exception as error:  # mutagen leaks struct, index and value errors on damaged files
        if error.args and isinstance(error.args[0], OSError):
            raise error.args[0] from error
        raise TagError(
            f"its tags can't be read ({message_of(error) or type(error).__name__})"
        ) from error


def _open(path: Path, format_: Any) -> Any:
    """A file with its tags; of ID3 frames, only ours are parsed and all others stay bytes."""
    if not issubclass(format_, _ID3_FILES):
        return None if format_ is type(None) else format_(path)
    file = format_(path, translate=False)
    # Versions 1 and 2.2 are rewritten as 2.4 and 2.3, so that their frames must be understood.
    if file.tags is None or file.tags.version >= (2, 3):
        return format_(path, translate=False, known_frames=_FRAMES)
    if file.tags.unknown_frames:
        raise TagError("has frames of ID3 2.2 that would be lost")
    return file


def _kind_of(file: Any) -> str:
    """Which names its tags have.

    Raises:
        TagError: If it takes none.
    """
    if isinstance(file, _ID3_FILES):
        return "id3"
    kind = next((kind for base, kind in _KINDS.items() if isinstance(file, base)), None)
    if kind is None:
        raise TagError("this kind of file takes no tags")
    return kind


def _others(path: Path, format_: Any, ours: set[str]) -> object:
    """All tags of a file but ours, and pictures, as values that can be compared."""
    file = format_(path, **({"translate": False} if issubclass(format_, _ID3_FILES) else {}))
    tags = file.tags
    if tags is None:
        return [], []
    blocks = [
        (block.code, block.write())
        for block in getattr(file, "metadata_blocks", ())
        if block.code in (2, 3, 5, 6)  # of FLAC: application, seek points, cue sheet, picture
    ]
    if isinstance(tags, ID3):
        blocks += [(0, frame) for frame in tags.unknown_frames]
    pairs = tags if isinstance(tags, VComment) else [(name, tags[name]) for name in tags.keys()]  # noqa: SIM118
    plain = [(str(name), repr(value)) for name, value in pairs if name.casefold() not in ours]
    return sorted(plain), blocks


def _restore_after_id3(original: Path, copy: Path) -> None:
    """Copies what follows the ID3 tag, of which mutagen rewrites a tag of version 1."""
    with original.open("rb") as source, copy.open("r+b") as target:
        source.seek(_id3_bytes(source))
        target.seek(_id3_bytes(target))
        shutil.copyfileobj(source, target)
        target.truncate()


def _id3_bytes(file: BinaryIO) -> int:
    """Length of the ID3v2 tag at its beginning, whose four bytes of size hold seven bits each."""
    head = file.read(10)
    if head[:3] != b"ID3":
        return 0
    return 10 + sum(byte << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
