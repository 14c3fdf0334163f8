"""Playlists for players: M3U8 and JSPF."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from specrec.printing import visible
from specrec.recommend.results import Track
from specrec.report.text import name_of


@dataclass(frozen=True)
class Entry:
    """A track of a playlist.

    Attributes:
        track: The track.
        location: Where a player finds it: a path, or an address.
        comment: A line that players pass over, such as the reason why it is there.
    """

    track: Track
    location: str
    comment: str | None = None


def m3u8(entries: Iterable[Entry], title: str | None = None) -> str:
    """An extended M3U playlist, to be written in UTF-8.

    >>> print(m3u8([Entry(Track("1", "a.mp3", "So What", "Miles Davis"), "a.mp3")], "Modal"))
    #EXTM3U
    #PLAYLIST:Modal
    #EXTINF:-1,Miles Davis - So What
    a.mp3
    """
    lines = ["#EXTM3U", *([] if title is None else [f"#PLAYLIST:{_line(title)}"])]
    for entry in entries:
        if entry.comment is not None:
            lines.append(f"# {_line(entry.comment)}")
        seconds = entry.track.duration_seconds
        length = -1 if seconds is None else round(seconds)
        lines += [f"#EXTINF:{length},{_line(name_of(entry.track))}", entry.location]
    return "\n".join(lines)


def jspf(entries: Iterable[Entry], title: str, comment: str = "") -> dict[str, Any]:
    """A playlist in JSPF, the JSON form of XSPF (https://www.xspf.org/jspf), as plain values."""
    head = {"title": title, "annotation": comment, "creator": "specrec"}
    return {"playlist": _without_gaps(head) | {"track": [_jspf_track(entry) for entry in entries]}}


def _jspf_track(entry: Entry) -> dict[str, Any]:
    track = entry.track
    seconds = track.duration_seconds
    return _without_gaps({
        "location": [entry.location],
        "title": track.title,
        "creator": track.artist,
        "album": track.album,
        "annotation": entry.comment,
        "duration": None if seconds is None else round(1000 * seconds),
    })  # fmt: skip


def _without_gaps(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "")}


def _line(text: str) -> str:
    """On one line: a break would end the entry."""
    return visible(" ".join(text.split()))
