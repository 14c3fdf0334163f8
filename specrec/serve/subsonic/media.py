"""Audio files and pictures."""

from contextlib import suppress
from pathlib import Path

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from specrec.recommend.library import Library
from specrec.serve.media import AudioFile, audio_file, media_type
from specrec.serve.problems import NotFoundError
from specrec.serve.subsonic.answers import NOT_FOUND, RestError
from specrec.serve.subsonic.call import Call
from specrec.serve.subsonic.covers import Cover
from specrec.serve.subsonic.songs import Song

_LOOKED_INTO = 3  # songs of an album, for a picture
_LARGEST = 2000  # pixels


class _File(AudioFile):
    """A file, of which a posted form may ask for a range too; HTTP itself has it for GET alone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = "HEAD" if scope["method"] == "HEAD" else "GET"
        await super().__call__({**scope, "method": method}, receive, send)


def stream(call: Call) -> Response:
    """A song's file as it is, or a range of it; nothing is transcoded."""
    file = _file(call.all_music.song(call.parameters.text("id")))
    return _File(file, media_type=media_type(file))


def download(call: Call) -> Response:
    """A song's file, to be kept."""
    file = _file(call.all_music.song(call.parameters.text("id")))
    return _File(file, media_type=media_type(file), filename=file.name)


def get_cover_art(call: Call) -> Response:
    """The picture of a song or album."""
    asked = call.parameters.text("id")
    size = None
    if call.parameters.has("size"):
        size = max(1, call.parameters.number("size", most=_LARGEST))
    for song in call.all_music.songs_behind(asked)[:_LOOKED_INTO]:
        found = _cover(call, song, size)
        if found is not None:
            return Response(found[0], media_type=found[1])
    raise RestError(NOT_FOUND, f"{asked!r} has no picture")


def _cover(call: Call, song: Song, size: int | None) -> Cover | None:
    with suppress(NotFoundError):
        return call.covers.of(_file(song), song.collection.audio_root, size)
    return None


def _file(song: Song) -> Path:
    return audio_file(Library(song.collection), song.row)
