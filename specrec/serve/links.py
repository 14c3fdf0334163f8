"""Which song of a media server is which track of a library, as `specrec link` wrote it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from specrec.errors import LibraryError
from specrec.recommend.query import folded
from specrec.writing import write_file

FORMAT_VERSION = 1
FILE = "links.json"


@dataclass(frozen=True, eq=False)
class Links:
    """The ids that a media server has given to the tracks of a library, and to their artists.

    They are of one server, and of its last scan: an id that the server no longer gives must not
    lead to a track, for some servers give it to another song.

    >>> links = Links("http://music.local", {"42": "t0", "43": "t0"}, {"a1": "Nina Simone"})
    >>> links.track_id("43"), links.item_id("t0"), links.artist_id("nina simone")
    ('t0', '42', 'a1')

    Attributes:
        server: Address of the media server; empty if the library is not linked.
        items: The track_id by the server's id of a song. If several songs are one track, as copies
            are, answers name the first.
        artists: The artist, as the library has it, by the server's id.
        protocol: How the server is asked: `subsonic`, `jellyfin` or `lyrion`; empty if the links
            were written before that was noted.
        user: Who asked it; empty if nobody had to log in.
        plain_password: Whether it is sent the password itself, not its salted hash.
    """

    server: str = ""
    items: Mapping[str, str] = field(default_factory=dict)
    artists: Mapping[str, str] = field(default_factory=dict)
    protocol: str = ""
    user: str = ""
    plain_password: bool = False

    @classmethod
    def of(cls, library: Path) -> "Links":
        """Reads the links of the library in a folder, again if they changed; none if not linked.

        Raises:
            LibraryError: If they are damaged or of a newer format.
        """
        path = library / FILE
        try:
            found = path.stat()
        except OSError:
            return cls()
        return _read(path, found.st_ino, found.st_mtime_ns, found.st_size)

    def save(self, library: Path) -> None:
        """Writes the links into the folder of a library, in place of those that were there.

        Raises:
            StorageError: If they can't be written.
        """
        document = {
            "format_version": FORMAT_VERSION,
            "server": self.server,
            "items": dict(self.items),
            "artists": dict(self.artists),
            "protocol": self.protocol,
            "user": self.user,
            "plain_password": self.plain_password,
        }
        write_file(library / FILE, json.dumps(document, ensure_ascii=False, indent=0) + "\n")

    def track_id(self, item_id: str) -> str | None:
        """The track that a song of the server is; None if it is not linked."""
        return self.items.get(item_id)

    def item_id(self, track_id: str) -> str | None:
        """The server's id of a track; None if it is not linked."""
        return self._item_of_track.get(track_id)

    def artist(self, artist_id: str) -> str | None:
        """The artist to whom the server gave an id; None if it gave none."""
        return self.artists.get(artist_id)

    def artist_id(self, artist: str) -> str | None:
        """The server's id of an artist; None if it is not linked."""
        return self._id_of_artist.get(folded(artist))

    @cached_property
    def _item_of_track(self) -> dict[str, str]:
        return {track: item for item, track in reversed([*self.items.items()])}

    @cached_property
    def _id_of_artist(self) -> dict[str, str]:
        return {folded(artist): name for name, artist in reversed([*self.artists.items()])}


@lru_cache(8)
def _read(path: Path, *version: int) -> Links:
    """Reads a file of links; what tells one version of it from another is part of the key."""
    try:
        document = json.loads(path.read_bytes())
        if int(document["format_version"]) > FORMAT_VERSION:
            raise LibraryError(f"{path}: written by a newer specrec; upgrade specrec")
        items, artists = document["items"], document["artists"]
        server, protocol, user = (document.get(name, "") for name in ("server", "protocol", "user"))
        names = [server, protocol, user, *items, *items.values(), *artists, *artists.values()]
        if not all(isinstance(name, str) for name in names):
            raise TypeError("an id is no text")
        plain = document.get("plain_password") is True
        return Links(server, items, artists, protocol, user, plain)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LibraryError(f"{path}: damaged; write it anew with specrec link") from error
