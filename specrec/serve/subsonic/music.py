"""The artists, albums and songs of some libraries, as music players browse them."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from specrec.recommend.collection import Collection
from specrec.serve.problems import NotFoundError
from specrec.serve.subsonic.lines import Lines
from specrec.serve.subsonic.names import artist_id, sorted_by
from specrec.serve.subsonic.songs import Song, read_songs, written


@dataclass(frozen=True)
class Album:
    """An album: songs under one name, by one artist or by several.

    Attributes:
        id: Made from its name and artist.
        name: Its name.
        artist: Its artist, or `Various Artists`.
        songs: Its songs, in order.
    """

    id: str
    name: str
    artist: str
    songs: list[Song] = field(default_factory=list)

    @property
    def year(self) -> int | None:
        """The year of its release: the latest of its songs' years; None if unknown."""
        return max((song.year for song in self.songs if song.year is not None), default=None)

    @property
    def created(self) -> datetime:
        """When it was last changed."""
        return max(song.created for song in self.songs)

    @property
    def genres(self) -> list[str]:
        """The genres of its songs, the most frequent first."""
        return [name for name, _ in Counter(g for s in self.songs for g in s.genres).most_common()]


@dataclass(frozen=True)
class Artist:
    """An artist: of an album, or of a song.

    Attributes:
        id: Made from the name.
        name: The name.
        albums: The albums that are theirs, or on which they play.
        songs: Their songs.
    """

    id: str
    name: str
    albums: list[Album] = field(default_factory=list)
    songs: list[Song] = field(default_factory=list)


class Texts(NamedTuple):
    """What a search looks through, in the order of each: names, folded."""

    artists: Lines
    albums: Lines
    songs: Lines


class Music:
    """The artists, albums and songs of some libraries, in one state of each.

    Ids do not change when the libraries do: a song's is its track_id, and those of albums and
    artists are hashes of their names.

    Attributes:
        collections: The libraries.
        songs: All songs, in the order of the libraries.
        albums: All albums by id, sorted by name.
        artists: All artists by id, sorted by name.
    """

    def __init__(self, collections: Sequence[Collection]) -> None:
        self.collections = tuple(collections)
        self.songs: list[Song] = []
        albums: dict[str, Album] = {}
        for collection in collections:
            for song in read_songs(collection):
                self.songs.append(song)
                new = Album(song.album_id, song.album, song.album_artist)
                albums.setdefault(song.album_id, new).songs.append(song)
        self.albums = {
            album.id: album
            for album in sorted(albums.values(), key=lambda one: sorted_by(one.name))
        }
        self.artists = _artists(self.albums.values())
        places = [*enumerate(self.songs)]
        self._places = {song.track_id: place for place, song in reversed(places)}
        starts = itertools.accumulate(map(len, collections), initial=0)
        self._starts = dict(zip(collections, starts, strict=False))

    def song(self, track_id: str) -> Song:
        """Finds a song by its id.

        Raises:
            NotFoundError: If no library holds it.
        """
        place = self._places.get(track_id)
        if place is None:
            raise NotFoundError(f"no song has the id {track_id!r}")
        return self.songs[place]

    def songs_of(self, collection: Collection, track_ids: Iterable[str | None]) -> list[Song]:
        """The songs of one library with some ids."""
        rows = (collection.row_of(track_id) for track_id in track_ids if track_id is not None)
        return [self.songs[self._starts[collection] + row] for row in rows if row is not None]

    def has(self, track_id: str) -> bool:
        """Whether a library holds a song."""
        return track_id in self._places

    def album(self, album_id: str) -> Album:
        """Finds an album by its id.

        Raises:
            NotFoundError: If there is none.
        """
        if album_id not in self.albums:
            raise NotFoundError(f"no album has the id {album_id!r}")
        return self.albums[album_id]

    def artist(self, artist_id: str) -> Artist:
        """Finds an artist by the id.

        Raises:
            NotFoundError: If there is none.
        """
        if artist_id not in self.artists:
            raise NotFoundError(f"no artist has the id {artist_id!r}")
        return self.artists[artist_id]

    def songs_behind(self, item_id: str) -> list[Song]:
        """The songs of what an id names: a song, an album, or an artist.

        Raises:
            NotFoundError: If it names nothing.
        """
        if self.has(item_id):
            return [self.song(item_id)]
        if item_id in self.albums:
            return self.albums[item_id].songs
        if item_id in self.artists:
            return self.artists[item_id].songs
        raise NotFoundError(f"no song, album or artist has the id {item_id!r}")

    @cached_property
    def genres(self) -> dict[str, list[Song]]:
        """The songs of each genre, by its name, sorted."""
        found: dict[str, list[Song]] = defaultdict(list)
        for song in self.songs:
            for genre in song.genres:
                found[genre].append(song)
        return dict(sorted(found.items(), key=lambda pair: pair[0].casefold()))

    @cached_property
    def texts(self) -> Texts:
        """What a search looks through."""
        return Texts(
            Lines(artist.name for artist in self.artists.values()),
            Lines(f"{album.name} {album.artist}" for album in self.albums.values()),
            Lines(f"{one.title} {' '.join(one.artists)} {one.album}" for one in self.songs),
        )

    @cached_property
    def changed(self) -> datetime:
        """When one of the libraries was last written."""
        return max(written(collection) for collection in self.collections)


def _artists(albums: Iterable[Album]) -> dict[str, Artist]:
    """All who have an album or play on one, sorted by name."""
    found: dict[str, Artist] = {}
    for album in albums:
        names = dict.fromkeys(
            [album.artist, *(name for song in album.songs for name in song.artists)]
        )
        here = {artist_id(name): name for name in names}
        for number, name in here.items():
            found.setdefault(number, Artist(number, name)).albums.append(album)
        for song in album.songs:
            for number in {artist_id(name) for name in (album.artist, *song.artists)}:
                found[number].songs.append(song)
    ordered = sorted(found.values(), key=lambda artist: sorted_by(artist.name))
    return {artist.id: artist for artist in ordered}
