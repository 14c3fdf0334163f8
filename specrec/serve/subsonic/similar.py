"""Songs that sound similar, and paths between songs: what specrec is for."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from specrec.errors import QueryError
from specrec.recommend.library import Library
from specrec.recommend.results import Neighbor, Neighbors
from specrec.serve.subsonic.answers import GENERIC, NOT_FOUND, RestError
from specrec.serve.subsonic.call import Call
from specrec.serve.subsonic.documents import artist_of, child_of
from specrec.serve.subsonic.names import artist_id
from specrec.serve.subsonic.songs import Song

_SEEDS = 25  # songs of an artist or album by which others are found
_MOST_STEPS = 100  # of a path, as `Library.interpolate` takes them


def similarity_of(cosine: float) -> float:
    """The similarity by which the protocol tells how similar two songs are.

    It is (1 + cosine) / 2: 1 for the same song, 0 for the most different ones, and .5 for songs
    that have no more in common than any two. A cosine that isn't known gives -1.

    >>> similarity_of(1.0), similarity_of(0.0), similarity_of(-1.0), similarity_of(float("nan"))
    (1.0, 0.5, 0.0, -1.0)
    """
    if not math.isfinite(cosine):
        return -1.0
    return min(max((1.0 + cosine) / 2.0, 0.0), 1.0)


def get_sonic_similar_tracks(call: Call) -> dict[str, Any]:
    """The songs that sound most similar to one, the most similar first, each with the reason."""
    song = call.all_music.song(call.parameters.text("id"))
    count = call.parameters.number("count", 10, call.settings.limits.neighbors)
    if not count:
        return {"sonicMatch": []}
    found = Library(song.collection).neighbors(song.row, count, in_full=False)
    matches = [
        _match(other, neighbor.similarity, _reason(neighbor))
        for other, neighbor in zip(_songs(call, song, found), found, strict=True)
    ]
    return {"sonicMatch": matches}


def find_sonic_path(call: Call) -> dict[str, Any]:
    """Songs from one to another, both included, with similarities to the first.

    The reason of each is why it follows the one before.
    """
    music, given = call.all_music, call.parameters
    start, end = music.song(given.text("startSongId")), music.song(given.text("endSongId"))
    count = given.number("count", 25, min(call.settings.limits.neighbors, _MOST_STEPS + 1))
    if start is end:
        return {"sonicMatch": [_match(start, 1.0)]}
    if start.collection is not end.collection:
        raise RestError(NOT_FOUND, "both songs must be in one library for a path between them")
    if count < 2:
        raise RestError(GENERIC, "count must be at least 2: a path holds both of its ends")
    matches = [_match(start, 1.0)]
    steps = _steps(call, start, end, count - 1)
    for (song, reason), cosine in zip(
        steps, _cosines(start, [one for one, _ in steps]), strict=True
    ):
        matches.append(_match(song, cosine, reason))
    return {"sonicMatch": matches}


def _steps(call: Call, start: Song, end: Song, most: int) -> list[tuple[Song, str | None]]:
    """The songs after the start, each with the reason why it follows the one before."""
    try:
        path = Library(start.collection).interpolate(start.row, end.row, most, in_full=False)
    except QueryError:  # both sound the same, so that nothing lies between
        return [(end, None)]
    return [*zip(_songs(call, start, path), map(_reason, path), strict=True)]


def get_similar_songs(call: Call) -> dict[str, Any]:
    """Songs similar to a song, an album, or an artist, whose own songs are left out."""
    return {"similarSongs": {"song": _similar_children(call)}}


def get_similar_songs2(call: Call) -> dict[str, Any]:
    """What `getSimilarSongs` finds."""
    return {"similarSongs2": {"song": _similar_children(call)}}


def get_artist_info2(call: Call) -> dict[str, Any]:
    """The artists whose songs are nearest to those of an artist; nothing else is known of them."""
    return {"artistInfo2": {"similarArtist": _similar_artists(call)}}


def get_artist_info(call: Call) -> dict[str, Any]:
    """What `getArtistInfo2` finds."""
    return {"artistInfo": {"similarArtist": _similar_artists(call)}}


def _similar_children(call: Call) -> list[dict[str, Any]]:
    songs = call.all_music.songs_behind(call.parameters.text("id"))
    count = call.parameters.number("count", 50, call.settings.limits.neighbors)
    return [child_of(song) for song in _similar(call, songs, count)]


def _similar_artists(call: Call) -> list[dict[str, Any]]:
    """Other artists in the order in which songs of theirs are similar."""
    music, asked = call.all_music, call.parameters.text("id")
    count = call.parameters.number("count", 20, call.settings.limits.neighbors)
    own = {artist_id(name) for song in music.songs_behind(asked) for name in song.artists}
    near = _similar(call, music.songs_behind(asked), call.settings.limits.neighbors)
    found = dict.fromkeys(artist_id(name) for song in near for name in song.artists)
    return [artist_of(music.artists[one]) for one in found if one not in own | {asked}][:count]


def _similar(call: Call, songs: Sequence[Song], count: int) -> list[Song]:
    """Songs similar to several, which are left out; of many, some that lie evenly among them."""
    if not count:
        return []
    here = [song for song in songs if song.collection is songs[0].collection]
    places = np.linspace(0, len(here) - 1, min(len(here), _SEEDS)).round().astype(int)
    seeds = [here[place].row for place in places]
    own = {song.track_id for song in songs}
    found = Library(here[0].collection).neighbors(seeds, count + len(own), explain=False)
    others = (song for song in _songs(call, here[0], found) if song.track_id not in own)
    return [*others][:count]


def _songs(call: Call, asked: Song, found: Neighbors) -> list[Song]:
    """The songs that were found in the library of one."""
    ids = [neighbor.track.track_id for neighbor in found]
    return call.all_music.songs_of(asked.collection, ids)


def _cosines(start: Song, songs: Sequence[Song]) -> list[float]:
    """The cosines of songs with one of the same library."""
    rows = np.array([start.row, *(song.row for song in songs)])
    vectors = start.collection.space().vectors_of(rows)
    return [float(cosine) for cosine in vectors[1:] @ vectors[0]]


def _reason(neighbor: Neighbor) -> str | None:
    return None if neighbor.explanation is None else neighbor.explanation.sentence


def _match(song: Song, cosine: float, reason: str | None = None) -> dict[str, Any]:
    """A song with its similarity, and why in words (`reason`, which the protocol leaves open)."""
    return {"entry": child_of(song), "similarity": similarity_of(cosine), "reason": reason}
