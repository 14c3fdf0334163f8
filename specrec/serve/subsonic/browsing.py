"""Browsing: libraries, artists, albums, songs and genres."""

from itertools import groupby
from typing import Any

from specrec.serve.subsonic.answers import NOT_FOUND, RestError
from specrec.serve.subsonic.call import Call
from specrec.serve.subsonic.documents import album_of, artist_of, child_of, folder_of
from specrec.serve.subsonic.music import Artist, Music
from specrec.serve.subsonic.names import ARTICLES, sorted_by


def get_music_folders(call: Call) -> dict[str, Any]:
    """The libraries: their places, from 0, and their names."""
    folders = [{"id": place, "name": name} for place, name in enumerate(call.shelf.names)]
    return {"musicFolders": {"musicFolder": folders}}


def get_artists(call: Call) -> dict[str, Any]:
    """All artists, by their first letter."""
    index = [
        {"name": letter, "artist": [artist_of(artist) for artist in artists]}
        for letter, artists in _by_letter(call.music)
    ]
    return {"artists": {"ignoredArticles": " ".join(ARTICLES), "index": index}}


def get_indexes(call: Call) -> dict[str, Any]:
    """All artists as folders, by their first letter; none if nothing changed since."""
    music = call.music
    changed = int(music.changed.timestamp() * 1000)
    is_new = changed > call.parameters.number("ifModifiedSince", 0)
    index = [
        {"name": letter, "artist": [{"id": one.id, "name": one.name} for one in artists]}
        for letter, artists in (_by_letter(music) if is_new else [])
    ]
    head = {"ignoredArticles": " ".join(ARTICLES), "lastModified": changed}
    return {"indexes": {**head, "index": index}}


def get_music_directory(call: Call) -> dict[str, Any]:
    """An artist as a folder of albums, or an album as a folder of songs."""
    music, asked = call.all_music, call.parameters.text("id")
    if asked in music.artists:
        artist = music.artists[asked]
        children = [folder_of(album) for album in artist.albums]
        return {"directory": {"id": asked, "name": artist.name, "child": children}}
    if asked not in music.albums:
        raise RestError(NOT_FOUND, f"no folder has the id {asked!r}")
    album = music.albums[asked]
    children = [child_of(song) for song in album.songs]
    parent = folder_of(album)["parent"]
    return {"directory": {"id": asked, "parent": parent, "name": album.name, "child": children}}


def get_artist(call: Call) -> dict[str, Any]:
    """An artist, with the albums."""
    artist = call.all_music.artist(call.parameters.text("id"))
    albums = [album_of(album) for album in artist.albums]
    return {"artist": {**artist_of(artist), "album": albums}}


def get_album(call: Call) -> dict[str, Any]:
    """An album, with its songs."""
    album = call.all_music.album(call.parameters.text("id"))
    return {"album": {**album_of(album), "song": [child_of(song) for song in album.songs]}}


def get_song(call: Call) -> dict[str, Any]:
    """A song."""
    return {"song": child_of(call.all_music.song(call.parameters.text("id")))}


def get_genres(call: Call) -> dict[str, Any]:
    """All genres, with how many songs and albums each has."""
    genres = [
        {
            "value": name,
            "songCount": len(songs),
            "albumCount": len({song.album_id for song in songs}),
        }
        for name, songs in call.all_music.genres.items()
    ]
    return {"genres": {"genre": genres}}


def _by_letter(music: Music) -> list[tuple[str, list[Artist]]]:
    """Artists by the letter they are sorted by; `#` for all that is no letter, which is last."""

    def letter(artist: Artist) -> str:
        first = sorted_by(artist.name)[:1].upper()
        return first if first.isalpha() else "#"

    ordered = sorted(
        music.artists.values(), key=lambda artist: (letter(artist) == "#", letter(artist))
    )
    return [(first, [*artists]) for first, artists in groupby(ordered, letter)]
