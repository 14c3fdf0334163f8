"""The playlists of a library: a file each, beside its generations."""

import hashlib
import json
import logging
import re
import secrets
import threading
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from specrec.errors import LibraryError
from specrec.serve.problems import ConflictError, NotFoundError
from specrec.writing import storing, write_file

FORMAT_VERSION = 1

_ID = re.compile(r"[0-9a-f]{16}")
_log = logging.getLogger(__name__)
_one_writer = threading.Lock()  # what is compared with a file is still in it when it is replaced


@dataclass(frozen=True)
class Playlist:
    """A playlist.

    Tracks are named by their track_id, so that a playlist survives index runs, and a track that
    comes back is in its place again.

    Attributes:
        id: 16 hexadecimal digits; empty for a playlist that was not saved yet.
        name: Its name.
        track_ids: The tracks, in order; one may occur several times, or be gone.
        comment: What else is said of it.
        created: When it was saved first: date and time in UTC, as ISO 8601 writes them.
        changed: When it was saved last.
    """

    id: str
    name: str
    track_ids: tuple[str, ...]
    comment: str = ""
    created: str = ""
    changed: str = ""

    @property
    def version(self) -> str:
        """A digest of all that it says, by which a change by somebody else is noticed."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:16]


class Playlists:
    """The playlists in the folder of a library.

    >>> import tempfile
    >>> playlists = Playlists(Path(tempfile.mkdtemp()))
    >>> saved = playlists.save(Playlist("", "Sunday", ("t1", "t2")))
    >>> [(playlist.name, playlist.track_ids) for playlist in playlists.all()]
    [('Sunday', ('t1', 't2'))]
    """

    def __init__(self, folder: Path) -> None:
        """Takes the folder of a library; nothing is written before a playlist is saved."""
        self._folder = folder / "playlists"

    def all(self) -> list[Playlist]:
        """Reads all playlists, sorted by name; the log names files that can't be read."""
        found = []
        for path in self._folder.glob("*.json"):
            try:
                found.append(self.get(path.stem))
            except NotFoundError:
                continue  # another file, or just deleted
            except LibraryError as error:
                _log.warning("%s", error)
        return sorted(found, key=lambda playlist: (playlist.name.casefold(), playlist.id))

    def get(self, id: str) -> Playlist:
        """Reads a playlist.

        Raises:
            NotFoundError: If there is none of that id.
            LibraryError: If its file is damaged.
        """
        path = self._path(id)
        try:
            stored = json.loads(path.read_text())
            return _from_json(stored, id)
        except FileNotFoundError:
            raise NotFoundError(f"no playlist has the id {id!r}") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LibraryError(f"{path}: damaged, or of a newer format; remove it") from error

    def save(self, playlist: Playlist, version: str | None = None) -> Playlist:
        """Writes a playlist, at once or not at all; one without an id gets one.

        Args:
            playlist: The playlist.
            version: The version that it takes the place of; None for whichever is there.

        Raises:
            NotFoundError: If it has an id, and there is no such playlist any more.
            ConflictError: If another version is there.
            StorageError: If it can't be written.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with _one_writer:
            if playlist.id:
                before = self._unchanged(playlist.id, version)
                saved = replace(playlist, created=before.created, changed=now)
            else:
                saved = replace(playlist, id=secrets.token_hex(8), created=now, changed=now)
            stored = {"format_version": FORMAT_VERSION} | asdict(saved)
            write_file(self._path(saved.id), json.dumps(stored, ensure_ascii=False))
        return saved

    def delete(self, id: str, version: str | None = None) -> None:
        """Deletes a playlist.

        Args:
            id: Its id.
            version: The version that is meant; None for whichever is there.

        Raises:
            NotFoundError: If there is none of that id.
            ConflictError: If another version is there.
            StorageError: If it can't be deleted.
        """
        path = self._path(id)
        with _one_writer, storing(path):
            if version is not None:
                self._unchanged(id, version)
            try:
                path.unlink()
            except FileNotFoundError:
                raise NotFoundError(f"no playlist has the id {id!r}") from None

    def _unchanged(self, id: str, version: str | None) -> Playlist:
        """Reads a playlist, which must be of a version, if one is given."""
        before = self.get(id)
        if version is not None and before.version != version:
            raise ConflictError(f"the playlist {before.name!r} was changed by somebody else")
        return before

    def _path(self, id: str) -> Path:
        if not _ID.fullmatch(id):
            raise NotFoundError(f"no playlist has the id {id!r}")
        return self._folder / f"{id}.json"


def _from_json(stored: dict[str, object], id: str) -> Playlist:
    if stored["format_version"] != FORMAT_VERSION:
        raise ValueError(stored["format_version"])
    texts = {name: str(stored[name]) for name in ("name", "comment", "created", "changed")}
    track_ids = stored["track_ids"]
    if not isinstance(track_ids, list):
        raise TypeError(track_ids)
    return Playlist(id, track_ids=tuple(map(str, track_ids)), **texts)
