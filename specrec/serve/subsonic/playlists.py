"""Playlists, which are kept in the folders of the libraries."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from specrec.serve.playlists import Playlist, Playlists
from specrec.serve.subsonic.answers import MISSING, NOT_FOUND, RestError
from specrec.serve.subsonic.call import Call
from specrec.serve.subsonic.documents import child_of, seconds_of
from specrec.serve.subsonic.songs import Song


def get_playlists(call: Call) -> dict[str, Any]:
    """All playlists, without their songs."""
    found = [_document(call, one) for store in _stores(call) for one in store.all()]
    return {"playlists": {"playlist": found}}


def get_playlist(call: Call) -> dict[str, Any]:
    """A playlist, with its songs."""
    _, playlist = _find(call, call.parameters.text("id"))
    return {"playlist": _with_songs(call, playlist)}


def create_playlist(call: Call) -> dict[str, Any]:
    """Makes a playlist, or gives one other songs."""
    given, ids = call.parameters, tuple(call.parameters.many("songId"))
    songs = [call.all_music.song(track_id) for track_id in ids]
    if given.has("playlistId"):
        store, old = _find(call, given.text("playlistId"))
        changed = replace(old, name=given.text("name", old.name), track_ids=ids)
    elif given.has("name"):
        store = _store_for(call, songs)
        changed = Playlist("", given.text("name"), ids)
    else:
        raise RestError(MISSING, "required parameter 'name' or 'playlistId' is missing")
    return {"playlist": _with_songs(call, store.save(changed))}


def update_playlist(call: Call) -> dict[str, Any]:
    """Renames a playlist, removes songs by their places, and adds songs at its end."""
    given = call.parameters
    store, old = _find(call, given.text("playlistId"))
    added = [call.all_music.song(track_id).track_id for track_id in given.many("songIdToAdd")]
    removed, places = given.numbers("songIndexToRemove"), itertools.count()
    kept = [  # players count the songs that they were shown, without those that are gone
        one for one in old.track_ids if not (call.all_music.has(one) and next(places) in removed)
    ]
    store.save(
        replace(
            old,
            name=given.text("name", old.name),
            comment=given.text("comment", old.comment),
            track_ids=(*kept, *added),
        )
    )
    return {}


def delete_playlist(call: Call) -> dict[str, Any]:
    """Removes a playlist."""
    store, playlist = _find(call, call.parameters.text("id"))
    store.delete(playlist.id)
    return {}


def _stores(call: Call) -> Iterator[Playlists]:
    return (Playlists(call.shelf.folder(name)) for name in call.shelf.names)


def _store_for(call: Call, songs: list[Song]) -> Playlists:
    """Where a new playlist is kept: with the library of its first song, else with the first."""
    for name in call.shelf.names if songs else []:
        if call.shelf.folder(name) == songs[0].collection.folder:
            return Playlists(call.shelf.folder(name))
    return next(_stores(call))


def _find(call: Call, playlist_id: str) -> tuple[Playlists, Playlist]:
    for store in _stores(call):
        for playlist in store.all():
            if playlist.id == playlist_id:
                return store, playlist
    raise RestError(NOT_FOUND, f"no playlist has the id {playlist_id!r}")


def _songs(call: Call, playlist: Playlist) -> list[Song]:
    """The songs of a playlist that are there; a track that was removed may come back."""
    music = call.all_music
    return [music.song(track_id) for track_id in playlist.track_ids if music.has(track_id)]


def _with_songs(call: Call, playlist: Playlist) -> dict[str, Any]:
    songs = _songs(call, playlist)
    return {**_document(call, playlist), "entry": [child_of(song) for song in songs]}


def _document(call: Call, playlist: Playlist) -> dict[str, Any]:
    songs = _songs(call, playlist)
    return {
        "id": playlist.id,
        "name": playlist.name,
        "comment": playlist.comment,
        "owner": call.user,
        "public": False,
        "songCount": len(songs),
        "duration": seconds_of(songs),
        "created": playlist.created,
        "changed": playlist.changed,
        "coverArt": songs[0].track_id if songs else None,
    }
