"""The songs of a library, each with the album that it is on."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from specrec.catalog.columns import items
from specrec.recommend.collection import Collection
from specrec.serve.subsonic.names import album_id, same_name
from specrec.serve.subsonic.numbering import number_tracks

UNKNOWN_ARTIST = "[Unknown Artist]"
UNKNOWN_ALBUM = "[Unknown Album]"
VARIOUS = "Various Artists"

_TAGS = ("track_id", "path", "title", "artist", "album", "genre", "year", "duration_seconds")


@dataclass(frozen=True, slots=True)
class Song:
    """A track, as players show it.

    Attributes:
        collection: The library that holds it.
        row: Its row in the library.
        track_id: Its id.
        path: Its file, relative to the audio root.
        title: Its title.
        artists: Its artists, at least one.
        album: The name of its album.
        album_id: The id of its album.
        album_artist: The artist of its album; `Various Artists` if none plays on more than half.
        genres: Its genres.
        year: The year of its release; None if unknown, as all that follow.
        seconds: Its duration.
        bytes: The size of its file.
        created: When its file was last changed; else when the library was written.
        bpm: Its tempo.
        number: Its number on its disc, as the names of the album's files tell it.
        disc: The number of the disc.
    """

    collection: Collection
    row: int
    track_id: str
    path: str
    title: str
    artists: tuple[str, ...]
    album: str
    album_id: str
    album_artist: str
    genres: tuple[str, ...]
    year: int | None
    seconds: float | None
    bytes: int | None
    created: datetime
    bpm: int | None
    number: int | None
    disc: int | None


def read_songs(collection: Collection) -> Iterator[Song]:
    """Reads the songs of a library."""
    table = {name: _values(collection.tracks[name]) for name in _TAGS}
    artists = [tuple(items(cell or "")) or (UNKNOWN_ARTIST,) for cell in table["artist"]]
    albums = [name or UNKNOWN_ALBUM for name in table["album"]]
    folders = [path.rpartition("/")[0] for path in table["path"]]
    owners = _album_artists(albums, [names[0] for names in artists], folders)
    ids = [*map(album_id, albums, owners)]
    numbers = number_tracks(ids, table["path"])
    sizes, times = _files(collection, table["path"])
    made = written(collection)
    bpm = collection.features.get("tempo_bpm")
    tempos: list[Any] = [None] * len(ids) if bpm is None else _values(bpm.round())
    for row, track_id in enumerate(table["track_id"]):
        yield Song(
            collection,
            row,
            track_id,
            table["path"][row],
            table["title"][row] or PurePosixPath(table["path"][row]).stem,
            artists[row],
            albums[row],
            ids[row],
            owners[row],
            tuple(items(table["genre"][row] or "")),
            table["year"][row],
            table["duration_seconds"][row],
            sizes[row],
            times[row] or made,
            None if tempos[row] is None else int(tempos[row]),
            *numbers[row],
        )


def _values(column: "pd.Series[Any]") -> list[Any]:
    """The values of a column, None where there is none."""
    return column.astype(object).where(column.notna(), None).tolist()


def _album_artists(albums: list[str], artists: list[str], folders: list[str]) -> list[str]:
    """The artist of each song's album.

    A folder with one album in it is that album, whoever plays on it: its artist is who plays on
    more than half of its songs, and else there are various ones. In other folders, songs by
    different artists are of different albums, even if those have one name (`Greatest Hits`).
    """
    there: dict[str, set[str]] = defaultdict(set)
    playing: dict[str, Counter[str]] = defaultdict(Counter)
    for album, artist, folder in zip(albums, artists, folders, strict=True):
        there[folder].add(same_name(album))
        playing[folder][same_name(artist)] += 1
    spelled = {same_name(artist): artist for artist in reversed(artists)}
    owners = {}
    for folder, names in there.items():
        if len(names) == 1 and names != {same_name(UNKNOWN_ALBUM)}:
            artist, songs = playing[folder].most_common(1)[0]
            owners[folder] = spelled[artist] if 2 * songs > playing[folder].total() else VARIOUS
    return [owners.get(folder, artist) for artist, folder in zip(artists, folders, strict=True)]


def _files(
    collection: Collection, paths: list[str]
) -> tuple[list[int | None], list[datetime | None]]:
    """The sizes and times of files, as they were when they were indexed; None where unknown."""
    files = collection.generation.files
    if not {"size", "mtime_ns"} <= set(files):
        return [None] * len(paths), [None] * len(paths)
    sizes = dict(zip(files["path"], files["size"].tolist(), strict=True))
    times = dict(zip(files["path"], files["mtime_ns"].tolist(), strict=True))
    return (
        [sizes.get(path) for path in paths],
        [datetime.fromtimestamp(times[p] / 1e9, UTC) if p in times else None for p in paths],
    )


def written(collection: Collection) -> datetime:
    """When a library was written."""
    time = datetime.fromisoformat(collection.generation.manifest["created"])
    return time if time.tzinfo else time.replace(tzinfo=UTC)
