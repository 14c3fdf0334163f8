"""Files that are sent as queries: received within limits, embedded, deleted."""

import asyncio
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath

from fastapi import Request
from starlette.exceptions import HTTPException

from specrec.audio.pool import map_path
from specrec.audio.worker import dismiss
from specrec.catalog.scan import AUDIO_SUFFIXES
from specrec.catalog.tags import read_tags
from specrec.errors import AudioError
from specrec.recommend.library import Library
from specrec.recommend.query import Query
from specrec.serve.problems import BusyError
from specrec.serve.settings import Limits

_AT_ONCE = 2
_PATIENCE_SECONDS = 300.0  # for the whole file to arrive
_free = threading.BoundedSemaphore(_AT_ONCE)


@asynccontextmanager
async def received(request: Request, limit: int, name: str | None) -> AsyncIterator[Path]:
    """Receives the body of a request as a file, which is deleted at the end.

    Args:
        request: The request, whose body is the file itself.
        limit: The most bytes.
        name: What the client calls the file; only its suffix is used.

    Raises:
        HTTPException: If there are more bytes (413) or none (400), or they take too long (408).
        BusyError: If other files are being received or embedded.
    """
    with _place(), tempfile.TemporaryDirectory(prefix="specrec-upload-") as folder:
        path = Path(folder) / f"upload{_suffix(name)}"
        if int(request.headers.get("content-length") or 0) > limit:
            raise _too_large(limit)
        size = 0
        try:
            with path.open("wb") as file:
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    async for block in request.stream():
                        size += len(block)
                        if size > limit:
                            raise _too_large(limit)
                        file.write(block)
        except TimeoutError:
            raise HTTPException(408, "the file took too long to arrive") from None
        if not size:
            raise HTTPException(400, "no file was sent; the body of the request is the file")
        yield path


def query_of_upload(library: Library, path: Path, name: str | None, limits: Limits) -> Query:
    """Embeds a received file; one that is in the library is that track.

    The file is decoded in a worker process of its own, whose memory and time are limited.

    Args:
        library: The library.
        path: The file.
        name: What the client calls it.
        limits: How long its audio may be, for few bytes may be days of it, and embedding it take.

    Raises:
        AudioError: If it can't be used as audio, or takes too long.
        HTTPException: If it is longer.
    """
    seconds = limits.upload_seconds
    shown = PurePosixPath(name or "the file").name
    dismiss()  # what a file does to the process that decodes it ends with it
    try:
        if (map_path(read_tags, path).duration_seconds or 0) > seconds:
            raise HTTPException(413, f"the audio is longer than {seconds / 60:g} minutes")
        query = library.collection.query(path, limits.embed_seconds)
    except AudioError as error:
        raise AudioError(shown, error.reason, error.detail) from error
    finally:
        dismiss()
    if query.row is not None:
        return query
    title = query.track.title
    if title == path.stem:  # it has no tags
        title = PurePosixPath(shown).stem
    return replace(query, track=replace(query.track, path=shown, title=title))


@contextmanager
def _place() -> Iterator[None]:
    if not _free.acquire(blocking=False):
        raise BusyError("other files are being embedded; try again")
    try:
        yield
    finally:
        _free.release()


def _suffix(name: str | None) -> str:
    suffix = PurePosixPath(name or "").suffix.lower()
    return suffix if suffix in AUDIO_SUFFIXES else ""


def _too_large(limit: int) -> HTTPException:
    return HTTPException(413, f"the file is larger than {limit:,} bytes")
