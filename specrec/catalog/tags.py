"""Tags inside audio files, by mutagen."""

import math
import re
from dataclasses import dataclass
from pathlib import Path

import mutagen
from mutagen.id3 import ID3

_ID3_FRAMES = {"title": "TIT2", "artist": "TPE1", "album": "TALB", "genre": "TCON", "date": "TDRC"}


@dataclass(frozen=True)
class Tags:
    """What a file says of itself; None where it says nothing.

    Attributes:
        title: Name of the track.
        artist: Its performers, joined by `; `.
        album: Its album.
        genre: Its genres, joined by `; `.
        year: Year of its release.
        duration_seconds: As the header states it.
    """

    title: str | None = None
    artist: str | None = None
    album: str | None = None
    genre: str | None = None
    year: int | None = None
    duration_seconds: float | None = None


def read_tags(path: Path) -> Tags:
    """Reads a file's tags; a file without tags, or with damaged ones, gives an empty `Tags`."""
    try:
        with path.open("rb") as file:
            parsed = mutagen.File(file, easy=True)
    except Exception:  # mutagen leaks struct, index and value errors on damaged files
        return Tags()
    if parsed is None:
        return Tags()
    values = {name: _text(parsed.tags, name) for name in _ID3_FRAMES}
    year = re.search(r"\d{4}", values.pop("date") or "")
    length = float(getattr(parsed.info, "length", None) or 0)
    return Tags(
        **values,
        year=int(year.group()) if year else None,
        duration_seconds=length if 0 < length < math.inf else None,
    )


def _text(tags: object, name: str) -> str | None:
    if tags is None:
        return None
    # WAV and AIFF carry raw ID3 frames, for which mutagen has no easy names.
    key = _ID3_FRAMES[name] if isinstance(tags, ID3) else name
    try:
        value = tags[key]  # type: ignore[index]
    except (KeyError, ValueError):
        return None
    parts = [str(part).replace("\0", "; ").strip() for part in value]
    return "; ".join(part for part in parts if part) or None
