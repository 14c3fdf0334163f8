"""The protocol's one route: a method by its name, with or without `.view`, by GET or by POST."""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from specrec.errors import SpecrecError
from specrec.serve.problems import NotFoundError
from specrec.serve.settings import ServeSettings
from specrec.serve.shelf import Shelf
from specrec.serve.subsonic import browsing, lists, media, playlists, similar, system
from specrec.serve.subsonic.answers import (
    CLIENT_TOO_OLD,
    GENERIC,
    NOT_FOUND,
    SERVER_TOO_OLD,
    WRONG_KEY,
    WRONG_PASSWORD,
    RestError,
    failure,
    success,
)
from specrec.serve.subsonic.call import Call, Musics, Parameters, read_parameters
from specrec.serve.subsonic.covers import Covers
from specrec.serve.subsonic.login import log_in
from specrec.serve.turns import in_turn

METHODS: Mapping[str, Callable[[Call], Mapping[str, Any] | Response]] = {
    "ping": system.ping,
    "getLicense": system.get_license,
    "getUser": system.get_user,
    "tokenInfo": system.token_info,
    "getScanStatus": system.get_scan_status,
    "getMusicFolders": browsing.get_music_folders,
    "getIndexes": browsing.get_indexes,
    "getMusicDirectory": browsing.get_music_directory,
    "getArtists": browsing.get_artists,
    "getArtist": browsing.get_artist,
    "getAlbum": browsing.get_album,
    "getSong": browsing.get_song,
    "getGenres": browsing.get_genres,
    "getAlbumList": lists.get_album_list,
    "getAlbumList2": lists.get_album_list2,
    "getRandomSongs": lists.get_random_songs,
    "getSongsByGenre": lists.get_songs_by_genre,
    "search2": lists.search2,
    "search3": lists.search3,
    "getStarred": lists.get_starred,
    "getStarred2": lists.get_starred2,
    "getSonicSimilarTracks": similar.get_sonic_similar_tracks,
    "findSonicPath": similar.find_sonic_path,
    "getSimilarSongs": similar.get_similar_songs,
    "getSimilarSongs2": similar.get_similar_songs2,
    "getArtistInfo": similar.get_artist_info,
    "getArtistInfo2": similar.get_artist_info2,
    "stream": media.stream,
    "download": media.download,
    "getCoverArt": media.get_cover_art,
    "getPlaylists": playlists.get_playlists,
    "getPlaylist": playlists.get_playlist,
    "createPlaylist": playlists.create_playlist,
    "updatePlaylist": playlists.update_playlist,
    "deletePlaylist": playlists.delete_playlist,
}
"""What is answered; `getOpenSubsonicExtensions` is too, to those who are not logged in."""

SHORT = {"search2", "search3", "getSonicSimilarTracks", "getSimilarSongs", "getSimilarSongs2"}
"""What takes milliseconds to compute, and waits for no file."""

NOT_KEPT = {"scrobble": "plays", "star": "stars", "unstar": "stars", "setRating": "ratings"}
"""What specrec keeps no record of, by the method that would make one."""

_log = logging.getLogger(__name__)


def make_router(shelf: Shelf, settings: ServeSettings) -> APIRouter:
    """Makes the router of OpenSubsonic.

    Args:
        shelf: The libraries, which are its music folders.
        settings: How the server runs, and who may use it.
    """
    router, musics, covers = APIRouter(), Musics(shelf), Covers()

    @router.api_route("/rest/{method}", methods=["GET", "HEAD", "POST"], include_in_schema=False)
    async def rest(request: Request, method: str) -> Response:
        parameters = await read_parameters(request)
        try:
            name = method.removesuffix(".view")
            answer = partial(_answer, name, parameters, musics, covers, settings)
            return await (in_turn(answer)() if name in SHORT else run_in_threadpool(answer))
        except Exception as error:
            code = _code_of(error)
            # The guard lets somebody wait who guesses.
            request.state.login_failed = code in (WRONG_PASSWORD, WRONG_KEY)
            if not isinstance(error, SpecrecError):
                _log.exception("%s failed", name)
                error = SpecrecError("the server failed at this; its log says how")
            return failure(code, str(error), parameters.text("f", "xml"))

    return router


def _answer(
    method: str, parameters: Parameters, musics: Musics, covers: Covers, settings: ServeSettings
) -> Response:
    """Answers a request.

    Raises:
        SpecrecError: If it can't be answered.
    """
    form = parameters.text("f", "xml")
    if form not in ("json", "xml"):
        raise RestError(GENERIC, f"answers are xml or json, not {form[:40]!r}")
    if method == "getOpenSubsonicExtensions":  # for everybody
        has_access = settings.access is not None
        return success(system.get_open_subsonic_extensions(has_access), form)
    _check_version(parameters.text("v", "1"))
    user = log_in(parameters, settings.access)
    answer = _method(method)(Call(parameters, musics, covers, settings, user))
    return answer if isinstance(answer, Response) else success(answer, form)


def _code_of(error: Exception) -> int:
    """The protocol's code of an error."""
    if isinstance(error, RestError):
        return error.code
    return NOT_FOUND if isinstance(error, NotFoundError) else GENERIC


def _method(name: str) -> Callable[[Call], Mapping[str, Any] | Response]:
    if name in NOT_KEPT:
        raise RestError(GENERIC, f"specrec keeps no {NOT_KEPT[name]}")
    if name not in METHODS:
        raise RestError(GENERIC, f"specrec has no {name[:40]}")
    return METHODS[name]


def _check_version(version: str) -> None:
    """Refuses clients of another protocol than version 1."""
    major = version.partition(".")[0]
    if major.isascii() and major.isdigit() and major != "1":
        code, who = (CLIENT_TOO_OLD, "client") if major == "0" else (SERVER_TOO_OLD, "server")
        raise RestError(code, f"protocol {version[:20]} is not supported: the {who} must upgrade")
