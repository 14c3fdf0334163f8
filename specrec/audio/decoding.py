"""Decodes files with libsndfile or FFmpeg; if one fails, the other is tried."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

import numpy as np

from specrec.audio.channels import mix
from specrec.audio.container import COMPLETE, Head, is_cut_short, read_head
from specrec.audio.decoders import (
    NO_SOUND,
    DecoderError,
    Part,
    Stream,
    open_ffmpeg,
    open_soundfile,
)
from specrec.audio.ffmpeg import (
    FFMPEG_ERRORS,
    open_container,
    packets_of,
    sound_of,
    start_seconds,
    stated_seconds,
)
from specrec.audio.frames import STATE_NO_LENGTH
from specrec.audio.waveform import Waveform
from specrec.errors import AudioError, SkipReason

Made = TypeVar("Made")

_FASTER_BY_FFMPEG = {"opus", "ogg"}  # about twice as fast there; WAV, FLAC and MP3 are not
# A second of sound takes 800 bytes and more with all but a few codecs for speech. Silence takes
# less, and some of it belongs to music: ten minutes are free. A file that gives more than that was
# made to cost time, or says something absurd of itself.
_LEAST_BYTES_PER_SECOND = 100
_FREE_SECONDS = 600.0
_HARDLY_ANY_SECONDS = 1.0


def decode(path: Path, start_seconds: float = 0.0, length_seconds: float | None = None) -> Waveform:
    """Decodes a file, or a part of it, to mono at its own sample rate.

    Channels are averaged; if they cancel each other, one of them is taken. A part is reached by
    seeking, without decoding everything before it, if the format allows that. Opus is decoded to
    48 kHz, whatever it was encoded from.

    Args:
        path: Any file that libsndfile or FFmpeg reads.
        start_seconds: Start of the part, 0 or more.
        length_seconds: Length of the part; None for the rest. The result is shorter at the file's
            end.

    Raises:
        AudioError: With the reason `missing`, `unreadable`, `not_a_file`, `empty`, `not_audio`,
            `corrupt`, `truncated` or `too_large`; `too_short` if it ends before `start_seconds`.
    """
    (waveform,) = decode_with(path, _join, start_seconds, length_seconds)
    if len(waveform.samples) == 0:
        raise AudioError(path, SkipReason.TOO_SHORT, f"no audio after {start_seconds:g} s")
    return waveform


def _join(stream: Stream) -> Iterator[Waveform]:
    samples = np.concatenate([np.zeros(0, dtype=np.float32), *map(mix, stream.blocks)])
    yield Waveform(samples, stream.sample_rate)


def decode_with(
    path: Path,
    make: Callable[[Stream], Iterator[Made]],
    start_seconds: float = 0.0,
    length_seconds: float | None = None,
) -> Iterator[Made]:
    """Decodes a file, or a part of it, block by block, so that its length does not matter.

    Args:
        path: Any file that libsndfile or FFmpeg reads.
        make: Makes items from a stream. If the decoder fails, `make` is called with the stream of
            the other decoder, and the items yielded before are void.
        start_seconds: Start of the part, 0 or more.
        length_seconds: Length of the part; None for the rest.

    Yields:
        The items that `make` yields.

    Raises:
        AudioError: As `decode`, except for `too_short`.
    """
    with _open_regular(path) as file, _reading(path):
        size = os.fstat(file.fileno()).st_size
        if size == 0:
            raise AudioError(path, SkipReason.EMPTY, "the file is empty")
        head = read_head(file, size)
        whole = start_seconds == 0.0 and length_seconds is None
        if whole and is_cut_short(file, head):
            raise AudioError(path, SkipReason.TRUNCATED, "the file ends before its header says")
        part = Part(start_seconds, length_seconds, COMPLETE if whole else 0.0)
        decoders = [open_soundfile, open_ffmpeg]
        if head.container in _FASTER_BY_FFMPEG or not head.states_length:
            decoders.reverse()
        failures = []
        for decoder in decoders:
            file.seek(0)
            try:
                with decoder(file, head, part) as stream:
                    yield from make(_bounded(path, stream, size))
                return
            except DecoderError as failure:
                failures.append(failure)
        raise _diagnose(path, file, head, failures)


def _bounded(path: Path, stream: Stream, size: int) -> Stream:
    """Limits a stream to as much audio as a file of so many bytes can reasonably hold."""
    seconds = _FREE_SECONDS + size / _LEAST_BYTES_PER_SECOND
    most = round(seconds * stream.sample_rate)

    def blocks() -> Iterator[np.ndarray]:
        done = 0
        for block in stream.blocks:
            done += block.shape[1]
            if done > most:
                detail = f"more than {seconds:.0f} s of audio in a file of {size} bytes"
                raise AudioError(path, SkipReason.TOO_LARGE, detail)
            yield block

    stated = stream.stated_samples
    return replace(
        stream, stated_samples=stated if stated is None or stated <= most else None, blocks=blocks()
    )


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turns an error of the system while reading into an error of that file."""
    try:
        yield
    except OSError as error:
        raise AudioError(path, SkipReason.UNREADABLE, f"can't be read: {error.strerror}") from error


def _open_regular(path: Path) -> BinaryIO:
    """Opens a file, but no pipes and devices, on which reading might wait forever."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise AudioError(path, SkipReason.NOT_A_FILE, "not a regular file")
        # Unbuffered: two libraries read from its descriptor.
        return cast(BinaryIO, path.open("rb", buffering=0))
    except FileNotFoundError as error:
        raise AudioError(path, SkipReason.MISSING, "no such file") from error
    except OSError as error:
        detail = (
            "the file name is too long" if error.errno == errno.ENAMETOOLONG else error.strerror
        )
        raise AudioError(path, SkipReason.UNREADABLE, f"can't be read: {detail}") from error


def _diagnose(path: Path, file: BinaryIO, head: Head, failures: list[DecoderError]) -> AudioError:
    """Says why both decoders failed: no audio, a missing end, or damage."""
    recognized = [failure for failure in failures if failure.recognized]
    best = max(recognized, key=lambda failure: failure.decoded_seconds, default=None)
    # Of anything at all, something may look like audio for a moment.
    if head.container is None and (best is None or best.decoded_seconds < _HARDLY_ANY_SECONDS):
        return AudioError(path, SkipReason.NOT_AUDIO, "neither libsndfile nor FFmpeg finds audio")
    if best is None and any(str(failure) == NO_SOUND for failure in failures):
        return AudioError(path, SkipReason.NOT_AUDIO, NO_SOUND)  # a film without, or a locked song
    if best is None:
        detail = f"looks like {head.container}, but its header is damaged"
        return AudioError(path, SkipReason.CORRUPT, detail)
    stated, reached = _packet_extent(file, head)
    # MP3 packets carry no time, so that a gap inside also shortens their sum.
    broken_inside = head.container == "mp3" and any(failure.broke for failure in recognized)
    if reached is not None and reached < COMPLETE * stated and not broken_inside:
        detail = f"the file ends after {reached:.1f} of {stated:.1f} s"
        return AudioError(path, SkipReason.TRUNCATED, detail)
    return AudioError(
        path, SkipReason.CORRUPT, f"damaged: {best.decoded_seconds:.1f} s decoded, then: {best}"
    )


def _packet_extent(file: BinaryIO, head: Head) -> tuple[float, float | None]:
    """Returns the stated duration, and the end of the last complete packet, in seconds."""
    stated, reached = 0.0, None
    try:
        with open_container(file, *head.links[0]) as container:
            stream = sound_of(container)
            if stream is None or container.format.name in STATE_NO_LENGTH:
                return stated, reached
            stated = stated_seconds(container, stream) or 0.0
            origin = start_seconds(stream)
            for packet in packets_of(container, stream):
                if packet.pts is not None:
                    is_cut = packet.is_corrupt
                    end = packet.pts + (0 if is_cut else packet.duration or 0)
                    reached = float(end * packet.time_base) - origin
    except FFMPEG_ERRORS:
        pass  # what was reached before is the answer
    return stated, reached
