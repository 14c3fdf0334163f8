"""Lists and search: albums and songs by a rule, or by words."""

import random
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, TypeVar

from specrec.serve.subsonic.answers import GENERIC, RestError
from specrec.serve.subsonic.call import Call
from specrec.serve.subsonic.documents import album_of, artist_of, child_of, folder_of
from specrec.serve.subsonic.music import Album, Artist, Music
from specrec.serve.subsonic.names import folded, sorted_by
from specrec.serve.subsonic.songs import Song

T = TypeVar("T")
_LONGEST = 500  # songs or albums in one list, by the protocol; a search has no limit

_UNTOLD = ("highest", "frequent", "recent", "starred")
"""Lists by ratings, plays and stars, none of which are kept."""


def get_album_list2(call: Call) -> dict[str, Any]:
    """Albums by a rule."""
    return {"albumList2": {"album": [album_of(album) for album in _albums(call)]}}


def get_album_list(call: Call) -> dict[str, Any]:
    """Albums by a rule, as folders."""
    return {"albumList": {"album": [folder_of(album) for album in _albums(call)]}}


def get_random_songs(call: Call) -> dict[str, Any]:
    """Songs at random, of a genre or some years if they are named."""
    given = call.parameters
    songs: Sequence[Song] = call.music.songs
    if given.has("genre"):
        songs = _of_genre(call.music, given.text("genre"))
    if given.has("fromYear") or given.has("toYear"):
        first, last = given.number("fromYear", 0), given.number("toYear", 9999)
        songs = [song for song in songs if song.year is not None and first <= song.year <= last]
    size = min(given.number("size", 10, _LONGEST), len(songs))
    return {"randomSongs": {"song": [child_of(song) for song in random.sample(songs, size)]}}


def get_songs_by_genre(call: Call) -> dict[str, Any]:
    """The songs of a genre, in pages."""
    songs = _of_genre(call.music, call.parameters.text("genre"))
    page = _page(call, songs, "count", "offset", most=_LONGEST)
    return {"songsByGenre": {"song": [child_of(song) for song in page]}}


def search3(call: Call) -> dict[str, Any]:
    """Artists, albums and songs that have all words; all there are, in pages, without words."""
    artists, albums, songs = _found(call)
    return {
        "searchResult3": {
            "artist": [artist_of(artist) for artist in artists],
            "album": [album_of(album) for album in albums],
            "song": [child_of(song) for song in songs],
        }
    }


def search2(call: Call) -> dict[str, Any]:
    """What `search3` finds, with artists and albums as folders."""
    artists, albums, songs = _found(call)
    return {
        "searchResult2": {
            "artist": [{"id": artist.id, "name": artist.name} for artist in artists],
            "album": [folder_of(album) for album in albums],
            "song": [child_of(song) for song in songs],
        }
    }


def get_starred(call: Call) -> dict[str, Any]:
    """Nothing: specrec keeps no stars."""
    return {"starred": {}}


def get_starred2(call: Call) -> dict[str, Any]:
    """Nothing: specrec keeps no stars."""
    return {"starred2": {}}


def _albums(call: Call) -> Sequence[Album]:
    """The albums of a list."""
    kind, albums = call.parameters.text("type"), [*call.music.albums.values()]
    if kind == "random":
        size = call.parameters.number("size", 10, _LONGEST)
        return random.sample(albums, min(size, len(albums)))
    if kind in _UNTOLD:
        return []
    if kind == "newest":
        albums.sort(key=lambda album: album.created, reverse=True)
    elif kind == "alphabeticalByArtist":
        albums.sort(key=lambda album: sorted_by(album.artist))
    elif kind == "byYear":
        albums = _of_years(call, albums)
    elif kind == "byGenre":
        ids = {song.album_id for song in _of_genre(call.music, call.parameters.text("genre"))}
        albums = [album for album in albums if album.id in ids]
    elif kind != "alphabeticalByName":
        raise RestError(GENERIC, f"there is no list of type {kind[:40]!r}")
    return _page(call, albums, "size", "offset", most=_LONGEST)


def _of_years(call: Call, albums: list[Album]) -> list[Album]:
    """Albums of some years in their order; the latest first if the first year is the later one."""
    first, last = call.parameters.number("fromYear"), call.parameters.number("toYear")
    low, high = sorted((first, last))
    dated = [(album.year, album) for album in albums if album.year is not None]
    dated.sort(key=lambda pair: pair[0], reverse=first > last)
    return [album for year, album in dated if low <= year <= high]


def _of_genre(music: Music, genre: str) -> list[Song]:
    """The songs of a genre, whose case does not matter."""
    if genre in music.genres:
        return music.genres[genre]
    same = (songs for name, songs in music.genres.items() if name.casefold() == genre.casefold())
    return next(same, [])


def _found(call: Call) -> tuple[list[Artist], list[Album], list[Song]]:
    """A page each of the artists, albums and songs that fit the words of a search.

    Without words it is all there are. Pages are as long as was asked for: players that copy what a
    library holds take a short page for the last one.
    """
    music = call.music
    words = [word.strip('"*') for word in folded(call.parameters.text("query")).split()]
    words = [word for word in words if word]
    artists: Iterable[Artist] = music.artists.values()
    albums: Iterable[Album] = music.albums.values()
    songs: Iterable[Song] = music.songs
    if words:
        all_artists, all_albums, texts = [*artists], [*albums], music.texts
        artists = (all_artists[place] for place in texts.artists.with_words(words))
        albums = (all_albums[place] for place in texts.albums.with_words(words))
        songs = (music.songs[place] for place in texts.songs.with_words(words))
    return (
        _page(call, artists, "artistCount", "artistOffset", 20),
        _page(call, albums, "albumCount", "albumOffset", 20),
        _page(call, songs, "songCount", "songOffset", 20),
    )


def _page(
    call: Call, found: Iterable[T], size: str, offset: str, default: int = 10, most: int = 10**15
) -> list[T]:
    """A page of a list, by the names of the two parameters that say which; no more is looked at."""
    start = call.parameters.number(offset, 0)
    return [*islice(found, start, start + call.parameters.number(size, default, most))]
