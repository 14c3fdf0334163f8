"""A request of the protocol: its parameters, and the music that it is about."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl

from starlette.requests import Request

from specrec.serve.settings import ServeSettings
from specrec.serve.shelf import Shelf, settle
from specrec.serve.subsonic.answers import GENERIC, MISSING, NOT_FOUND, RestError
from specrec.serve.subsonic.covers import Covers
from specrec.serve.subsonic.music import Music

_MOST = 10**15
_FORM = "application/x-www-form-urlencoded"


class Parameters:
    """The parameters of a request, by name, each with one value or several."""

    def __init__(self, values: Mapping[str, list[str]]) -> None:
        self._values = values

    def has(self, name: str) -> bool:
        """Whether a parameter was given."""
        return name in self._values

    def many(self, name: str) -> list[str]:
        """All values of a parameter; none if it was not given."""
        return self._values.get(name, [])

    def text(self, name: str, default: str | None = None) -> str:
        """The value of a parameter.

        Raises:
            RestError: If it was not given and there is no default.
        """
        values = self._values.get(name)
        if values:
            return values[0]
        if default is None:
            raise RestError(MISSING, f"required parameter {name!r} is missing")
        return default

    def number(self, name: str, default: int | None = None, most: int = _MOST) -> int:
        """The value of a parameter that is a whole number, 0 or more; the most if it is more.

        Raises:
            RestError: If it was not given and there is no default, or it is no such number.
        """
        if default is not None and not self.has(name):
            return default
        return min(_number(name, self.text(name)), most)

    def numbers(self, name: str) -> set[int]:
        """All values of a parameter of whole numbers, 0 or more.

        Raises:
            RestError: If one is no such number.
        """
        return {_number(name, text) for text in self.many(name)}


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise RestError(GENERIC, f"{name} must be a whole number, 0 or more, not {text[:40]!r}")
    return int(text)


class Musics:
    """The music of all libraries, and of each, in its newest state."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self._made: dict[str | None, Music] = {}
        self._making = threading.Lock()

    def of(self, name: str | None = None) -> Music:
        """The music of one library; of all if no name is given."""
        names = self.shelf.names if name is None else [name]
        collections = tuple(self.shelf.library(one).collection for one in names)
        with self._making:
            made = self._made.get(name)
            if made is None or made.collections != collections:
                made = self._made[name] = Music(collections)
                settle()
            return made


@dataclass(frozen=True)
class Call:
    """A request by somebody who may make it.

    Attributes:
        parameters: What was given.
        musics: The music.
        covers: Pictures of the music.
        settings: How the server runs.
        user: Who asks.
    """

    parameters: Parameters
    musics: Musics
    covers: Covers
    settings: ServeSettings
    user: str

    @property
    def shelf(self) -> Shelf:
        """The libraries."""
        return self.musics.shelf

    @cached_property
    def all_music(self) -> Music:
        """The music of all libraries, in one state as long as the request is answered."""
        return self.musics.of()

    @cached_property
    def music(self) -> Music:
        """The music of the library that `musicFolderId` names, by its place; of all without.

        Raises:
            RestError: If there is no such library.
        """
        if not self.parameters.has("musicFolderId"):
            return self.all_music
        place, names = self.parameters.number("musicFolderId"), self.shelf.names
        if place >= len(names):
            raise RestError(NOT_FOUND, f"no music folder has the id {place}")
        return self.musics.of(names[place])


async def read_parameters(request: Request) -> Parameters:
    """Reads the parameters of a request, from its address and from a posted form."""
    pairs = request.query_params.multi_items()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method == "POST" and kind in ("", _FORM):
        form = (await request.body()).decode(errors="replace")
        pairs += parse_qsl(form, keep_blank_values=True)
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return Parameters(values)
