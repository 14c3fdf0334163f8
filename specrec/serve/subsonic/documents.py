"""Artists, albums and songs as the protocol's documents."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from specrec.serve.media import media_type
from specrec.serve.subsonic.music import Album, Artist
from specrec.serve.subsonic.names import artist_id, sorted_by
from specrec.serve.subsonic.songs import Song


def child_of(song: Song) -> dict[str, Any]:
    """A song (`Child`)."""
    kbps = song.bytes * 8 / song.seconds / 1000 if song.bytes and song.seconds else None
    return {
        "id": song.track_id,
        "parent": song.album_id,
        "isDir": False,
        "title": song.title,
        "album": song.album,
        "artist": "; ".join(song.artists),
        "track": song.number,
        "year": song.year,
        "genre": next(iter(song.genres), None),
        "coverArt": song.track_id,
        "size": song.bytes,
        "contentType": media_type(Path(song.path)),
        "suffix": Path(song.path).suffix.lower().removeprefix("."),
        "duration": None if song.seconds is None else round(song.seconds),
        "bitRate": None if kbps is None else round(kbps),
        "path": song.path,
        "isVideo": False,
        "discNumber": song.disc,
        "created": iso(song.created),
        "albumId": song.album_id,
        "artistId": artist_id(song.artists[0]),
        "type": "music",
        "mediaType": "song",
        "bpm": song.bpm,
        "genres": [{"name": name} for name in song.genres],
        "artists": [{"id": artist_id(name), "name": name} for name in song.artists],
        "displayArtist": "; ".join(song.artists),
    }


def album_of(album: Album) -> dict[str, Any]:
    """An album without its songs (`AlbumID3`)."""
    by = artist_id(album.artist)
    return {
        "id": album.id,
        "name": album.name,
        "artist": album.artist,
        "artistId": by,
        "coverArt": album.id,
        "songCount": len(album.songs),
        "duration": seconds_of(album.songs),
        "created": iso(album.created),
        "year": album.year,
        "genre": next(iter(album.genres), None),
        "genres": [{"name": name} for name in album.genres],
        "artists": [{"id": by, "name": album.artist}],
        "displayArtist": album.artist,
        "sortName": sorted_by(album.name),
    }


def artist_of(artist: Artist) -> dict[str, Any]:
    """An artist without the albums (`ArtistID3`)."""
    return {
        "id": artist.id,
        "name": artist.name,
        "albumCount": len(artist.albums),
        "sortName": sorted_by(artist.name),
    }


def folder_of(album: Album) -> dict[str, Any]:
    """An album as a folder (`Child`), for players that browse folders."""
    by = artist_id(album.artist)
    return {
        "id": album.id,
        "parent": by,
        "isDir": True,
        "title": album.name,
        "name": album.name,
        "album": album.name,
        "artist": album.artist,
        "artistId": by,
        "year": album.year,
        "genre": next(iter(album.genres), None),
        "coverArt": album.id,
        "created": iso(album.created),
        "duration": seconds_of(album.songs),
        "songCount": len(album.songs),
        "mediaType": "album",
    }


def seconds_of(songs: Iterable[Song]) -> int:
    """How long songs last together, as far as it is known."""
    return round(sum(song.seconds or 0.0 for song in songs))


def iso(time: datetime) -> str:
    """A time as the protocol writes it (ISO 8601)."""
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")
