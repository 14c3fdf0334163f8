"""Tags inside audio files, by mutagen, and by FFmpeg where mutagen knows none."""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import mutagen
from mutagen.apev2 import APEv2
from mutagen.mp3 import EasyMP3

from specrec.catalog.limits import OutOfTime, limited

# What each tag is called: by mutagen's easy names, in ID3 frames (raw in WAV and AIFF), Vorbis
# comments, APEv2, ASF and by FFmpeg, the first that says something; in small letters.
_NAMES = {
    "title": ("title", "tit2"),
    "artist": (
        "artist",
        "tpe1",
        "author",
        "albumartist",
        "album artist",
        "album_artist",
        "wm/albumartist",
        "tpe2",
    ),
    "album": ("album", "talb", "wm/albumtitle"),
    "genre": ("genre", "tcon", "wm/genre"),
    "date": ("date", "tdrc", "year", "wm/year", "date_released", "date_recorded", "recorded date"),
}
_YEAR = re.compile(r"(?<!\d)[12]\d{3}")
_LONGEST = 2000  # signs of one text
_SECONDS, _MEMORY = 2.0, 256 << 20


@dataclass(frozen=True)
class Tags:
    """What a file says of itself; None where it says nothing.

    Attributes:
        title: The name of the track.
        artist: Its performers, joined by `; `; those of the album where it names none.
        album: The album that it is on.
        genre: Its genres, joined by `; `.
        year: The year of its release.
        duration_seconds: Its length, as the header states it.
        lost: Why the tags could not be read; None where they could.
    """

    title: str | None = None
    artist: str | None = None
    album: str | None = None
    genre: str | None = None
    year: int | None = None
    duration_seconds: float | None = None
    lost: str | None = None


def read_tags(path: Path) -> Tags:
    """Reads a file's tags; a file without tags, or with damaged ones, gives an empty `Tags`.

    It takes at most two seconds of computing and 256 MB, whatever the file says (`limited`).
    """
    try:
        with limited(_SECONDS, _MEMORY), path.open("rb") as file:
            return _read(file)
    except OutOfTime:
        return Tags(lost=f"they take more than {_SECONDS:g} s to read")
    except MemoryError:
        return Tags(lost=f"they take more than {_MEMORY >> 20} MB to read")
    except OSError:
        return Tags()


def _read(file: BinaryIO) -> Tags:
    sources: list[dict[str, list[str]]] = []
    length = 0.0
    parsed = _attempt(lambda: mutagen.File(file, easy=True))
    if parsed is not None:
        sources.append(_named(parsed.tags))
        length = float(getattr(parsed.info, "length", None) or 0)
    if isinstance(parsed, EasyMP3):  # may end with tags of another kind
        file.seek(0)
        has_id3 = file.read(3) == b"ID3"  # else it is version 1, of 30 letters
        sources.insert(has_id3, _named(_attempt(lambda: APEv2(file))))
    values = {name: _text(sources, names) for name, names in _NAMES.items()}
    if not any(values.values()):
        tags, seconds = _attempt(lambda: _by_ffmpeg(file)) or ({}, 0.0)
        values = {name: _text([tags], names) for name, names in _NAMES.items()}
        length = length or seconds
    year = _YEAR.search(values.pop("date") or "")
    return Tags(
        **values,
        year=int(year.group()) if year else None,
        duration_seconds=length if 0 < length < math.inf else None,
    )


def _attempt(read: Callable[[], Any]) -> Any:
    """What a library reads from tags; None where it fails."""
    try:
        return read()
    except MemoryError:
        raise
    except Exception:  # mutagen leaks struct, index and value errors on damaged files
        return None


def _by_ffmpeg(file: BinaryIO) -> tuple[dict[str, list[str]], float]:
    """The tags of a file that FFmpeg reads, and its length in seconds."""
    from specrec.audio.ffmpeg import open_container  # here, for most files do without

    with open_container(file) as container:
        return _named(container.metadata), (container.duration or 0) * 1e-6


def _named(tags: Any) -> dict[str, list[str]]:
    """The tags that are wanted from mutagen's or FFmpeg's mapping, by names in small letters."""
    wanted = {name for names in _NAMES.values() for name in names}
    # Some of mutagen's mappings are lists of pairs too, as which they would be iterated.
    keys = [] if tags is None else [key for key in tags.keys() if key.casefold() in wanted]  # noqa: SIM118
    return {key.casefold(): _attempt(partial(_texts, tags, key)) or [] for key in keys}


def _texts(tags: Any, key: str) -> list[str]:
    """The texts of one tag; fails if it holds something else, as APEv2's may."""
    value = tags[key]
    values = [value] if isinstance(value, str) else getattr(value, "genres", value)
    # No surrogates, which stand for bytes in another encoding and which no table holds.
    plain = (str(part).encode(errors="ignore").decode() for part in values)
    parts = [part.replace("\0", "; ").strip() for part in plain]
    return [part for part in dict.fromkeys(parts) if part]


def _text(sources: Sequence[dict[str, list[str]]], names: Iterable[str]) -> str | None:
    """The text of the first tag that says something, with several values joined."""
    said = (source[name] for name in names for source in sources if source.get(name))
    return "; ".join(next(said, []))[:_LONGEST] or None
