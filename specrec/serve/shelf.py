"""The libraries that are served, each in its newest complete state."""

import atexit
import gc
import logging
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from specrec.errors import SpecrecError
from specrec.index.generations import current_name
from specrec.recommend.collection import Collection
from specrec.recommend.library import Library
from specrec.serve.problems import NotFoundError

_LOOK_SECONDS = 0.25  # between two looks for a new state
atexit.register(gc.unfreeze)  # so that the interpreter cleans up what `settle` has set aside
_log = logging.getLogger(__name__)


class Shelf:
    """Libraries by name: the name of their folder, numbered if two folders have the same.

    A request takes a library once and keeps it, so that all of an answer is from one state. After
    an index run, the next state is opened and made ready beside the old one, and then takes its
    place; a generation on disk stays while somebody reads it.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        """Opens the libraries.

        Raises:
            LibraryError: If there is no library in a folder, or it is damaged.
        """
        self._served = {
            name: _Served(folder) for name, folder in zip(_names(folders), folders, strict=True)
        }

    @property
    def names(self) -> list[str]:
        """The names of the libraries, in the order in which they were given."""
        return list(self._served)

    def library(self, name: str | None = None) -> Library:
        """Takes a library in its present state; the first one if no name is given.

        Raises:
            NotFoundError: If no library has that name.
        """
        if name is not None and name not in self._served:
            raise NotFoundError(f"no library {name!r}; there are: {', '.join(self.names)}")
        return Library(self._served[name or self.names[0]].collection())

    def renew(self, name: str) -> Library:
        """Opens the newest state of a library now, and waits until it is there.

        Raises:
            LibraryError: If it is damaged; the old state goes on.
        """
        return Library(self._served[name].renew())

    def find(self, track_id: str) -> tuple[Library, int]:
        """Finds the library that holds a track, and the track's row in it.

        Raises:
            NotFoundError: If none does.
        """
        for served in self._served.values():
            collection = served.collection()
            row = collection.row_of(track_id)
            if row is not None:
                return Library(collection), row
        raise NotFoundError(f"no track has the id {track_id!r}")

    def name_of(self, folder: Path) -> str:
        """The name of the library in a folder."""
        return next(name for name, served in self._served.items() if served.folder == folder)

    def folder(self, name: str) -> Path:
        """The folder of a library."""
        return self._served[name].folder


class _Served:
    """One library, which is opened anew after each index run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._collection = _ready(folder)
        self._looking = threading.Lock()
        self._looked = time.monotonic()
        threading.Thread(target=_prepare, args=(self._collection,), daemon=True).start()

    def collection(self) -> Collection:
        """The newest state that is ready; looks in the background whether there is a newer one."""
        now = time.monotonic()
        if now - self._looked >= _LOOK_SECONDS and self._looking.acquire(blocking=False):
            self._looked = now
            threading.Thread(target=self._look, daemon=True).start()
        return self._collection

    def renew(self) -> Collection:
        """The newest state, for which the caller waits."""
        with self._looking:
            self._open_newest()
        return self._collection

    def _look(self) -> None:
        try:
            self._open_newest()
        except SpecrecError as error:
            # The old state goes on, and the next look tries again.
            _log.warning("%s", error)
        finally:
            self._looking.release()

    def _open_newest(self) -> None:
        if current_name(self.folder) != self._collection.generation.folder.name:
            following = _ready(self.folder)
            _prepare(following)
            self._collection = following


def _ready(folder: Path) -> Collection:
    """Opens a library, and computes what the first answer would have to wait for."""
    collection = Collection.open(folder)
    if len(collection):
        Library(collection).neighbors(0, 1, in_full=False)
    return collection


def _prepare(collection: Collection) -> None:
    """Computes what takes as long as opening does: the search by names, and counts of concepts."""
    _ = collection.name_search, collection.concepts.counts, collection.row_of("")
    settle()


def settle() -> None:
    """Tells the garbage collector that what is there now will stay.

    Else it looks through all of it every few hundred requests, which keeps those that are being
    answered waiting for a tenth of a second. What has become garbage since the last time goes.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _names(folders: Sequence[Path]) -> list[str]:
    names: list[str] = []
    for folder in folders:
        plain = folder.resolve().name
        same = sum(name.partition("~")[0] == plain for name in names)
        names.append(f"{plain}~{same + 1}" if same else plain)
    return names
