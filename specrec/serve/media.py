"""What is heard and seen of a track: its file, and its spectrogram."""

import os
import threading
from collections import OrderedDict
from functools import partial
from pathlib import Path

from anyio.to_thread import run_sync
from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.types import Message, Receive, Scope, Send

from specrec.audio.pool import map_path
from specrec.recommend.library import Library
from specrec.serve.problems import BusyError, NotFoundError, problem

_KEPT = 128  # pictures; each about 100 kB
_AT_ONCE = 2  # pictures that are drawn, each in a process of its own

# What browsers know these files by; of others only the bytes are told.
_MEDIA_TYPES = {
    ".aac": "audio/aac",
    ".aif": "audio/aiff",
    ".aiff": "audio/aiff",
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".m4b": "audio/mp4",
    ".mka": "audio/x-matroska",
    ".mp3": "audio/mpeg",
    ".mp4": "audio/mp4",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".wav": "audio/wav",
    ".wave": "audio/wav",
    ".webm": "audio/webm",
    ".wma": "audio/x-ms-wma",
}


class AudioFile(FileResponse):
    """A file, or the part of it that `Range` asks for; that it has no such part is a problem."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends it, unless the client has it."""
        self.set_stat_headers(await run_sync(os.stat, self.path))
        if Headers(scope=scope).get("if-none-match") == self.headers["etag"]:
            known = {name: self.headers[name] for name in ("etag", "last-modified")}
            await Response(status_code=304, headers=known)(scope, receive, send)
            return
        is_refused = False

        async def send_or_refuse(message: Message) -> None:
            nonlocal is_refused
            if message["type"] == "http.response.start" and message["status"] >= 400:
                is_refused = True
                size = Headers(raw=message["headers"]).get("content-range")
                await _no_range(message["status"], size)(scope, receive, send)
            elif not is_refused:
                await send(message)

        await super().__call__(scope, receive, send_or_refuse)


def _no_range(status: int, size: str | None) -> Response:
    """The problem of a range that is none, or is beyond the end of the file."""
    asked = "its header Range is not like `bytes=0-499`"
    answer = problem(status, asked if size is None else f"no such part: {size}")
    if size is not None:
        answer.headers["Content-Range"] = size
    return answer


def audio_file(library: Library, row: int) -> Path:
    """Finds the file of a track.

    Raises:
        NotFoundError: If it is gone, or a link leads out of the folder of music.
    """
    stored = str(library.tracks["path"].array[row])
    try:
        root = library.collection.audio_root.resolve(strict=True)
        path = (root / stored).resolve(strict=True)
    except (OSError, RuntimeError, ValueError):  # links in a circle; a path that can't be one
        raise NotFoundError(f"the file of {stored} is gone") from None
    if not path.is_relative_to(root) or not path.is_file():
        raise NotFoundError(f"{stored} is no file in the folder of music")
    return path


def media_type(path: Path) -> str:
    """The media type of an audio file, by its suffix."""
    return _MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")


class Spectrograms:
    """Draws spectrograms in processes of their own, and keeps the last."""

    def __init__(self) -> None:
        self._drawn: OrderedDict[tuple[str, float, bool], bytes] = OrderedDict()
        self._lock = threading.Lock()
        self._free = threading.BoundedSemaphore(_AT_ONCE)

    def png(self, path: Path, content_id: str, seconds: float, axes: bool) -> bytes:
        """Draws the middle of a file; see `specrec.report.spectrograms`.

        Args:
            path: The file.
            content_id: The hash of its bytes.
            seconds: Length of the part.
            axes: Whether with axes and a bar of colors.

        Returns:
            The bytes of a PNG file.

        Raises:
            AudioError: If the file can't be decoded.
            BusyError: If too many are being drawn.
        """
        key = content_id, seconds, axes
        with self._lock:
            if key in self._drawn:
                self._drawn.move_to_end(key)
                return self._drawn[key]
        if not self._free.acquire(timeout=30):
            raise BusyError("too many spectrograms are being drawn; try again")
        try:
            picture = _draw(path, seconds, axes)
        finally:
            self._free.release()
        with self._lock:
            self._drawn[key] = picture
            while len(self._drawn) > _KEPT:
                self._drawn.popitem(last=False)
        return picture


def _draw(path: Path, seconds: float, axes: bool) -> bytes:
    # Here, not above: Matplotlib takes as long to load as all else.
    from specrec.descriptors.mel_db import NOTEBOOK
    from specrec.report.spectrograms import Drawing, draw_file

    return map_path(partial(draw_file, Drawing(NOTEBOOK, seconds, axes)), path)
