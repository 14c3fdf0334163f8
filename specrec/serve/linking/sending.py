"""Sends a playlist to the media server to which a library is linked, by the Subsonic API."""

from collections.abc import Sequence
from dataclasses import dataclass

from specrec.serve.linking.servers import MediaServerError, Subsonic
from specrec.serve.links import Links

_SONGS_AT_ONCE = 100  # in one address, whose length servers limit


class TakenNameError(MediaServerError):
    """The user has a playlist of that name already."""


@dataclass(frozen=True)
class Sent:
    """What was sent.

    Attributes:
        playlist_id: The server's id of the playlist.
        replaced: Whether it took the place of one of the same name.
        songs: How many songs it has.
        unlinked: The tracks, by track_id, that are no song of the server.
    """

    playlist_id: str
    replaced: bool
    songs: int
    unlinked: tuple[str, ...]


def send_playlist(
    links: Links, user: str, password: str, name: str, track_ids: Sequence[str], replace: bool
) -> Sent:
    """Makes a playlist on the linked server, or replaces the user's own of the same name.

    Args:
        links: The server, and its ids.
        user: Whose playlist it is.
        password: The user's password, which is sent to the linked server alone and not kept.
        name: Its name.
        track_ids: Its tracks, in order.
        replace: Whether a playlist of that name may be replaced.

    Raises:
        TakenNameError: If there is one, and it may not.
        MediaServerError: If the server can't be reached or refuses.
    """
    songs = [item for one in track_ids if (item := links.item_id(one)) is not None]
    unlinked = tuple(dict.fromkeys(one for one in track_ids if links.item_id(one) is None))
    server = Subsonic(links.server, user, password, links.plain_password)
    taken = _own_playlist(server, user, name)
    if taken is not None and not replace:
        raise TakenNameError(f"{links.server}: {user} has a playlist {name!r} already")
    head, rest = songs[:_SONGS_AT_ONCE], songs[_SONGS_AT_ONCE:]
    if taken is None:
        server.ask("createPlaylist", name=name, songId=head)
        taken = _own_playlist(server, user, name)
        if taken is None:  # older servers say nothing of what they made
            raise MediaServerError(f"{links.server}: did not make the playlist {name!r}")
        replaced = False
    else:
        server.ask("createPlaylist", playlistId=taken, songId=head)
        replaced = True
    for start in range(0, len(rest), _SONGS_AT_ONCE):
        part = rest[start : start + _SONGS_AT_ONCE]
        server.ask("updatePlaylist", playlistId=taken, songIdToAdd=part)
    return Sent(taken, replaced, len(songs), unlinked)


def _own_playlist(server: Subsonic, user: str, name: str) -> str | None:
    """The id of the user's playlist of a name; None if there is none."""
    for item in server.playlists():
        if item.get("name") == name and item.get("owner", user) == user:
            return str(item["id"])
    return None
