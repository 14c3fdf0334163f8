"""Opens files with FFmpeg, restricted to audio formats and to the given file."""

import io
import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, BinaryIO, cast

import av
from av.stream import Disposition

FFMPEG_ERRORS = (av.FFmpegError, ValueError, OverflowError)

# Formats of sound, or of sound and picture. What is left out reads other files or the network (hls,
# dash, concat, sdp, rtsp), is a picture or a text, or has no header, so that anything would be one.
FORMATS = (
    "aa,aac,aax,ac3,ac4,adx,aiff,amr,amrnb,amrwb,ape,aptx,asf,ast,au,avi,avr,bonk,caf,dsf,dts,dtshd,"
    "eac3,flac,flv,gsm,iff,ircam,lc3,loas,mlp,mmf,mov,mp3,mpc,mpc8,mpeg,mpegts,matroska,nistsphere,"
    "nut,ogg,oma,osq,paf,pvf,qcp,qoa,rka,rm,rso,shn,sox,tak,truehd,tta,voc,vqf,w64,wav,wavarc,wsd,"
    "wv,wve,xwma"
)
# PyAV 19 knows no such argument any more.
_TAGS_IN_ANY_ENCODING: dict[str, Any] = (
    {"metadata_errors": "ignore"} if int(av.__version__.partition(".")[0]) < 19 else {}
)
_OPTIONS = {"format_whitelist": FORMATS, "protocol_whitelist": ""}


class Stretch(io.RawIOBase):
    """A part of a file as a file object, without the file's name and leading tags.

    FFmpeg and libsndfile keep every tag, in time that grows with the square of their number, and
    FFmpeg would trust the suffix of the name.
    """

    def __init__(self, file: BinaryIO, start: int, stop: int) -> None:
        self._file, self._start, self._stop = file, start, stop
        file.seek(start)

    def readable(self) -> bool:
        """Says that it can be read."""
        return True

    def seekable(self) -> bool:
        """Says that it supports seeking."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Reads `size` bytes, or all that are left."""
        left = max(0, self._stop - self._file.tell())
        return self._file.read(left if size < 0 else min(size, left))

    def readinto(self, buffer: Any) -> int:
        """Fills a buffer, as far as there are bytes; returns their number."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Moves to a position; returns -1 if it is impossible, as FFmpeg expects."""
        origin = (self._start, self._file.tell(), self._stop)[whence]
        try:
            return self._file.seek(max(self._start, origin + offset)) - self._start
        except (OSError, OverflowError):  # damaged files name places beyond all files
            return -1

    def tell(self) -> int:
        """Returns the current position."""
        return self._file.tell() - self._start


def open_container(
    file: BinaryIO, start: int = 0, stop: int | None = None
) -> av.container.InputContainer:
    """Opens an audio file, or the bytes from `start` to `stop`, with FFmpeg.

    FFmpeg can open no other file and no network connection.

    Raises:
        av.FFmpegError: If the file has none of the allowed formats.
    """
    stretch = Stretch(file, start, os.fstat(file.fileno()).st_size if stop is None else stop)
    return av.open(stretch, "r", container_options=_OPTIONS, **_TAGS_IN_ANY_ENCODING)


def sound_of(container: av.container.InputContainer) -> av.AudioStream | None:
    """Finds the default audio stream, which players play; None if none can be decoded."""
    stream = cast(av.AudioStream | None, container.streams.best("audio"))
    return None if stream is None or stream.codec_context is None else stream


def packets_of(
    container: av.container.InputContainer, stream: av.AudioStream
) -> Iterator[av.Packet]:
    """Yields the packets of a stream, and an empty one, which ends it.

    After them, PyAV fails on a stream that began in the middle of the file.
    """
    with suppress(IndexError):
        yield from container.demux(stream)


def start_seconds(stream: av.AudioStream) -> float:
    """Returns the start time of a stream in its container, in seconds."""
    return float((stream.start_time or 0) * (stream.time_base or 0))


def stated_seconds(container: av.container.InputContainer, stream: av.AudioStream) -> float | None:
    """Returns the stated duration in seconds; some headers only state that of all streams."""
    is_alone = all(
        other is stream or Disposition.attached_pic in other.disposition
        for other in container.streams
    )
    if is_alone and container.duration:
        # Matroska notes when the sound ends, others how long it is.
        late = start_seconds(stream) if "matroska" in container.format.name else 0.0
        return container.duration / av.time_base - late
    if "matroska" in container.format.name:
        return None
    return float((stream.duration or 0) * (stream.time_base or 0)) or None
