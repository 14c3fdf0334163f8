"""Finds which song of a media server is which track: by its path, else by its tags and duration."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from specrec.recommend.query import folded
from specrec.shapes import Int64

TOLERANCE_SECONDS = 2.0
"""Servers tell durations in whole seconds, and some take them from a file's header."""

_NO_NAME = re.compile(r"(?:no|unknown) (?:artist|album)|unknown|various(?: artists)?")


@dataclass(frozen=True)
class Song:
    """A song as a media server lists it.

    Attributes:
        item_id: The server's id.
        path: Its path: absolute, relative to some folder, or made up of tags; empty if not told.
        title: Its title.
        artist: Its artist; empty if unknown, as the album is.
        album: Its album.
        seconds: Its duration; None if not told.
        artist_id: The server's id of the artist; empty if not told.
    """

    item_id: str
    path: str = ""
    title: str = ""
    artist: str = ""
    album: str = ""
    seconds: float | None = None
    artist_id: str = ""


@dataclass(frozen=True)
class Matching:
    """What became of each song of a media server.

    Attributes:
        by_path: Row of the track by item_id, for songs whose path told it.
        by_tags: Row of the track by item_id, for songs whose tags and duration told it.
        ambiguous: Songs that may be one of several tracks, with the rows of these.
        unknown: Songs that fit no track.
        artists: The artist as the library has it, by the server's id.
    """

    by_path: dict[str, int]
    by_tags: dict[str, int]
    ambiguous: tuple[tuple[Song, tuple[int, ...]], ...]
    unknown: tuple[Song, ...]
    artists: dict[str, str]

    @property
    def rows(self) -> dict[str, int]:
        """Row of the track by item_id; those that a path told come first."""
        return {**self.by_path, **self.by_tags}


def match_songs(
    songs: Sequence[Song], tracks: pd.DataFrame, groups: Int64[np.ndarray, " tracks"]
) -> Matching:
    """Finds the track of each song.

    A path tells it if the whole path of one track ends that of the song, or the path of the song
    ends that of one track alone: a server may count paths from another folder. It is not believed
    if both title and duration contradict it. Else the track is the one with the same title, artist
    and album, or with the same title and artist, whose duration is within two seconds.

    Args:
        songs: The songs.
        tracks: The tracks: path, title, artist, album, duration_seconds.
        groups: A number for each track, equal for files of one recording, of which any will do.
    """
    places, names = _Places(tracks), _Names(tracks)
    by_path: dict[str, int] = {}
    rest = []
    for song in songs:
        row = places.find(song.path)
        if row is None or names.contradict(row, song):
            rest.append(song)
        else:
            by_path[song.item_id] = row
    taken = set(by_path.values())
    by_tags: dict[str, int] = {}
    ambiguous, unknown = [], []
    for song in rest:
        fitting = names.find(song)
        # A copy of a song has the same tags; its own track, if there is one, is not taken yet.
        rows = [row for row in fitting if row not in taken] or fitting
        if len({int(groups[row]) for row in rows}) == 1:
            by_tags[song.item_id] = rows[0]
        elif rows:
            ambiguous.append((song, tuple(rows)))
        else:
            unknown.append(song)
    found = by_path | by_tags
    artists = _artists([song for song in songs if song.item_id in found], found, tracks)
    return Matching(by_path, by_tags, tuple(ambiguous), tuple(unknown), artists)


class _Places:
    """Finds tracks by the ends of paths."""

    def __init__(self, tracks: pd.DataFrame) -> None:
        self._whole: defaultdict[str, list[int]] = defaultdict(list)
        self._ends: defaultdict[str, list[int]] = defaultdict(list)
        for row, path in enumerate(tracks["path"]):
            whole, *ends = _ends(path)
            self._whole[whole].append(row)
            for end in ends:
                self._ends[end].append(row)

    def find(self, path: str) -> int | None:
        """The row of the one track at a path; None if there is none, or several."""
        ends = list(_ends(path))
        found = next((rows for end in ends if (rows := self._whole.get(end))), None)
        found = found or (self._ends.get(ends[0]) if ends else None)
        return found[0] if found and len(found) == 1 else None


def _ends(path: str) -> Iterator[str]:
    """A path in a form that can be compared, then without its first folder, and so on."""
    plain = unicodedata.normalize("NFC", path.replace("\\", "/")).casefold()
    parts = [part for part in plain.split("/") if part not in ("", ".")]
    for start in range(len(parts)):
        yield "/".join(parts[start:])


class _Names:
    """Finds tracks by their tags and duration."""

    def __init__(self, tracks: pd.DataFrame) -> None:
        self._seconds = tracks["duration_seconds"].to_numpy(dtype=np.float64, na_value=np.nan)
        named = tracks[["title", "artist", "album"]].fillna("").astype(str).itertuples(index=False)
        self._titles: list[str] = []
        self._rows: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
        for row, (title, artist, album) in enumerate(named):
            key = folded(title), _name(artist), _name(album)
            self._titles.append(key[0])
            self._rows[key].append(row)
            self._rows[key[:2]].append(row)

    def find(self, song: Song) -> list[int]:
        """The rows of the tracks that fit a song."""
        key = folded(song.title), _name(song.artist), _name(song.album)
        if not key[0] or song.seconds is None:  # a title alone tells too little
            return []
        for known in (key, key[:2]):
            rows = [row for row in self._rows.get(known, []) if self._as_long(row, song.seconds)]
            if rows:
                return rows
        return []

    def contradict(self, row: int, song: Song) -> bool:
        """Whether both title and duration say that a song is another track than that of a row."""
        if not song.title or song.seconds is None or np.isnan(self._seconds[row]):
            return False
        return folded(song.title) != self._titles[row] and not self._as_long(row, song.seconds)

    def _as_long(self, row: int, seconds: float) -> bool:
        return bool(abs(self._seconds[row] - seconds) <= TOLERANCE_SECONDS)


def _name(text: str) -> str:
    """A name in a form that can be compared; nothing if it says that the name is unknown."""
    plain = folded(text)
    return "" if _NO_NAME.fullmatch(plain) else plain


def _artists(songs: Sequence[Song], rows: dict[str, int], tracks: pd.DataFrame) -> dict[str, str]:
    """The artist of most tracks whose songs have the same id of an artist."""
    votes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    artists = tracks["artist"].astype("object")
    for song in songs:
        artist = artists.iat[rows[song.item_id]]
        if song.artist_id and isinstance(artist, str):
            votes[song.artist_id][artist] += 1
    return {name: counted.most_common(1)[0][0] for name, counted in votes.items()}
