"""Asks a media server for its songs: by the Subsonic API, or by Jellyfin's or Lyrion's own."""

import base64
import hashlib
import http.client
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from specrec.errors import SpecrecError
from specrec.progress import Progress
from specrec.serve.linking.matching import Song

PAGE = 500  # songs in one request: the most that the Subsonic API allows
_TIMEOUT_SECONDS = 30.0
_LONGEST_ANSWER = 100_000_000  # bytes
_NO_TOKENS = (10, 41, 42)  # errors of a server that misses the password itself
_TICKS = 10_000_000  # of Jellyfin, in a second


class MediaServerError(SpecrecError):
    """A media server can't be reached, refuses, or answers what nobody understands."""


def subsonic_songs(
    url: str, user: str, password: str, plain: bool, on_progress: Progress
) -> list[Song]:
    """Lists the songs of a server that speaks the Subsonic API, such as Navidrome.

    Args:
        url: Address of the server.
        user: Who asks.
        password: The password of the user.
        plain: Whether to send the password itself, and not its hash with a salt: a server that
            keeps no passwords can't compare the hash.
        on_progress: Called with the number of songs listed and of all.

    Raises:
        MediaServerError: If the server can't be reached, refuses, or is none.
    """
    server = Subsonic(url, user, password, plain)
    server.ask("ping")
    total = server.count()
    songs = _paged(server.found, total, on_progress)
    if not songs:  # a search for nothing finds nothing on some servers, not everything
        songs = _unique(server.in_albums(), total, on_progress)
    return [
        Song(
            str(item["id"]),
            _text(item, "path"),
            _text(item, "title"),
            _text(item, "artist"),
            _text(item, "album"),
            _number(item.get("duration")),
            _text(item, "artistId"),
        )
        for item in songs
    ]


def _proof(password: str, plain: bool) -> dict[str, str]:
    """The parameters that prove who asks."""
    if plain:
        return {"p": f"enc:{password.encode().hex()}"}
    salt = secrets.token_hex(8)
    token = hashlib.md5(f"{password}{salt}".encode(), usedforsecurity=False).hexdigest()
    return {"t": token, "s": salt}


class Subsonic:
    """Requests to a server that speaks the Subsonic API."""

    def __init__(self, url: str, user: str, password: str, plain: bool) -> None:
        self._url = _base(url)
        proof = _proof(password, plain)
        self._who = {"u": user, **proof, "v": "1.13.0", "c": "specrec", "f": "json"}

    def ask(self, method: str, **parameters: object) -> dict[str, Any]:
        """Calls a method and returns the answer; of a list of values, each is a parameter.

        Raises:
            MediaServerError: If it fails.
        """
        query = urlencode(self._who | parameters, doseq=True)
        document = _fetch(self._url, f"/rest/{method}.view?{query}")
        answer = document.get("subsonic-response") if isinstance(document, dict) else None
        if not isinstance(answer, dict):
            raise MediaServerError(f"{self._url}: does not speak the Subsonic API")
        if answer.get("status") != "ok":
            error = _within(answer, "error")
            reason = error.get("message") or "refused, without a reason"
            if "t" in self._who and error.get("code") in _NO_TOKENS:
                reason = (
                    "takes no salted hash of a password; specrec link --plain-password sends it as"
                    " it is"
                )
            raise MediaServerError(f"{self._url}: {reason}")
        return answer

    def count(self) -> int:
        """The number of songs of which the server tells; 0 if it does not tell."""
        try:
            return int(_within(self.ask("getScanStatus"), "scanStatus").get("count") or 0)
        except (MediaServerError, ValueError, TypeError):  # not every server has the method
            return 0

    def playlists(self) -> list[dict[str, Any]]:
        """The playlists that the user may see."""
        return _items(_within(self.ask("getPlaylists"), "playlists"), "playlist")

    def found(self, offset: int) -> list[dict[str, Any]]:
        """A page of the songs that a search for nothing finds."""
        none = {"artistCount": 0, "albumCount": 0}
        answer = self.ask("search3", query="", songCount=PAGE, songOffset=offset, **none)
        return _items(_within(answer, "searchResult3"), "song")

    def in_albums(self) -> Iterator[dict[str, Any]]:
        """The songs of all albums."""
        for album in _paged(self._albums, 0, lambda done, total: None):
            yield from _items(_within(self.ask("getAlbum", id=album["id"]), "album"), "song")

    def _albums(self, offset: int) -> list[dict[str, Any]]:
        answer = self.ask("getAlbumList2", type="alphabeticalByName", size=PAGE, offset=offset)
        return _items(_within(answer, "albumList2"), "album")


def jellyfin_songs(url: str, api_key: str, on_progress: Progress) -> list[Song]:
    """Lists the songs of a Jellyfin server.

    Raises:
        MediaServerError: If the server can't be reached, refuses, or is none.
    """
    server = _base(url)
    asked = {"Recursive": "true", "IncludeItemTypes": "Audio", "Fields": "Path", "Limit": PAGE}
    headers = {"Authorization": f'MediaBrowser Token="{api_key}"'}

    def page(offset: int) -> list[dict[str, Any]]:
        query = urlencode(asked | {"StartIndex": offset, "EnableTotalRecordCount": "false"})
        return _items(_fetch(server, f"/Items?{query}", headers), "Items", "Id")

    return [_jellyfin_song(item) for item in _paged(page, 0, on_progress, "Id")]


def _jellyfin_song(item: Mapping[str, Any]) -> Song:
    artists = _items(item, "ArtistItems", "Id")
    ticks = _number(item.get("RunTimeTicks"))
    return Song(
        # Jellyfin writes ids without hyphens, and so do those who ask by them.
        str(item["Id"]).replace("-", ""),
        _text(item, "Path"),
        _text(item, "Name"),
        "; ".join(_text(artist, "Name") for artist in artists) or _text(item, "AlbumArtist"),
        _text(item, "Album"),
        None if ticks is None else ticks / _TICKS,
        str(artists[0]["Id"]).replace("-", "") if len(artists) == 1 else "",
    )


def lyrion_songs(url: str, user: str, password: str, on_progress: Progress) -> list[Song]:
    """Lists the songs of a Lyrion Music Server; without a user if it is not protected.

    Raises:
        MediaServerError: If the server can't be reached, refuses, or is none.
    """
    server, headers = _base(url), {"Content-Type": "application/json"}
    if user:
        secret = base64.b64encode(f"{user}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {secret}"

    def page(offset: int) -> list[dict[str, Any]]:
        # a: artist, l: album, d: duration, s: id of the artist, u: address of the file
        command = ["titles", offset, PAGE, "tags:aldsu"]
        body = json.dumps({"id": 1, "method": "slim.request", "params": ["", command]}).encode()
        answer = _fetch(server, "/jsonrpc.js", headers, body)
        return _items(_within(answer, "result"), "titles_loop")

    return [
        Song(
            str(item["id"]),
            unquote(urlsplit(_text(item, "url")).path),
            _text(item, "title"),
            _text(item, "artist"),
            _text(item, "album"),
            _number(item.get("duration")),
            _text(item, "artist_id"),
        )
        for item in _paged(page, 0, on_progress)
    ]


def _paged(page: "Any", total: int, on_progress: Progress, key: str = "id") -> list[dict[str, Any]]:
    """Takes page after page, until one has nothing new: a server may count pages as it likes."""
    found: dict[str, dict[str, Any]] = {}
    offset = 0
    while True:
        items = page(offset)
        before, offset = len(found), offset + len(items)
        found |= {str(item[key]): item for item in items}
        if len(found) == before:
            return list(found.values())
        on_progress(len(found), max(total, len(found)))


def _unique(
    items: Iterable[dict[str, Any]], total: int, on_progress: Progress
) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for item in items:
        found[str(item["id"])] = item
        on_progress(len(found), max(total, len(found)))
    return list(found.values())


def _base(url: str) -> str:
    """The address of a server, without what may follow it.

    Raises:
        MediaServerError: If it is none.
    """
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment or parts.username or not url.isprintable():
        raise MediaServerError(
            f"{url}: not the address of a server; it is like http://music.local:4533"
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


class _SameHost(HTTPRedirectHandler):
    """Follows a server within its own host: what proves who asks is for no other."""

    def redirect_request(self, req: Request, *args: Any) -> Request | None:
        asked, target = urlsplit(req.full_url), urlsplit(args[-1])
        is_open = (asked.scheme, target.scheme) == ("https", "http")
        if is_open or target.hostname != asked.hostname:
            place = f"{target.scheme}://{target.hostname}"
            raise URLError(f"it sends on to {place}; give that address if it is right")
        return super().redirect_request(req, *args)


_opener = build_opener(_SameHost)


def _fetch(
    server: str, path: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> Any:
    """Fetches a JSON document; no error repeats the query, which may hold a secret."""
    request = Request(server + path, body, {"Accept": "application/json", **(headers or {})})
    try:
        with _opener.open(request, timeout=_TIMEOUT_SECONDS) as answer:
            text = answer.read(_LONGEST_ANSWER + 1)
    except HTTPError as error:
        hint = "; wrong user, password or key?" if error.code in (401, 403) else ""
        raise MediaServerError(f"{server}: {error.code} {error.reason}{hint}") from error
    except (URLError, http.client.HTTPException, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        why = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
        raise MediaServerError(f"{server}: can't be reached ({why})") from error
    try:
        return json.loads(text)
    except ValueError as error:
        raise MediaServerError(
            f"{server}: its answer is not JSON; is the address right?"
        ) from error


def _within(document: Any, name: str) -> dict[str, Any]:
    """The object of a name in a document; an empty one if there is none."""
    inner = document.get(name) if isinstance(document, dict) else None
    return inner if isinstance(inner, dict) else {}


def _items(document: Any, name: str, key: str = "id") -> list[dict[str, Any]]:
    """The objects with an id in a list of a document."""
    inner = document.get(name) if isinstance(document, Mapping) else None
    items = inner if isinstance(inner, list) else []
    return [item for item in items if isinstance(item, dict) and item.get(key) not in (None, "")]


def _text(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    return "" if value is None else str(value)


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
