"""Decoding: libsndfile and FFmpeg, each the other's second try."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

import av
import numpy as np

from specrec.audio.container import COMPLETE, container_of, is_cut_short, states_duration
from specrec.audio.decoders import DecoderError, Part, Stream, open_ffmpeg, open_soundfile
from specrec.audio.waveform import Waveform
from specrec.errors import AudioError, Reason

Made = TypeVar("Made")

_FASTER_BY_FFMPEG = {"opus", "ogg"}  # about twice as fast there; WAV, FLAC and MP3 are not


def decode(path: Path, start_seconds: float = 0.0, length_seconds: float | None = None) -> Waveform:
    """Decodes a file, or a part of it, to mono at its own sample rate.

    Channels are averaged. A part is reached by seeking, without decoding what lies before it,
    where the format allows. Opus comes at 48 kHz, whatever it was made from.

    Args:
        path: Any file that libsndfile or FFmpeg reads.
        start_seconds: Where the part begins, 0 or more.
        length_seconds: Its length; None for all that follows. Less comes back at the file's end.

    Raises:
        AudioError: With the reason `missing`, `unreadable`, `not_a_file`, `empty`, `not_audio`,
            `corrupt` or `truncated`; `too_short` if the file ends before `start_seconds`.
    """
    (waveform,) = decode_with(path, _join, start_seconds, length_seconds)
    if len(waveform.samples) == 0:
        raise AudioError(path, Reason.TOO_SHORT, f"no audio after {start_seconds:g} s")
    return waveform


def _join(stream: Stream) -> Iterator[Waveform]:
    samples = np.concatenate([np.zeros(0, dtype=np.float32), *stream.blocks])
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
        make: Makes something of the stream. If its decoder fails, `make` is called with the
            stream of the other, and what it yielded before is void.
        start_seconds: Where the part begins, 0 or more.
        length_seconds: Its length; None for all that follows.

    Yields:
        What `make` yields.

    Raises:
        AudioError: As `decode` does, but for `too_short`.
    """
    with _open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size == 0:
            raise AudioError(path, Reason.EMPTY, "the file is empty")
        container = container_of(file.read(64))
        stated = states_duration(file, container)
        whole = start_seconds == 0.0 and length_seconds is None
        if whole and is_cut_short(file, container, size):
            raise AudioError(path, Reason.TRUNCATED, "the file ends before its header says")
        part = Part(start_seconds, length_seconds, COMPLETE if whole and stated else 0.0)
        decoders = [open_soundfile, open_ffmpeg]
        # libsndfile 1.2.2 ends an MP3 that states no length at a guessed one, often half of it.
        if container in _FASTER_BY_FFMPEG or not stated:
            decoders.reverse()
        failures = []
        for decoder in decoders:
            file.seek(0)
            try:
                with decoder(file, part) as stream:
                    yield from make(stream if stated else replace(stream, stated_samples=None))
                return
            except DecoderError as failure:
                failures.append(failure)
        raise _diagnose(path, file, container, failures)


def _open_regular(path: Path) -> BinaryIO:
    """Opens a file, refusing pipes and devices, on which a read might wait forever."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise AudioError(path, Reason.NOT_A_FILE, "not a regular file")
        # Unbuffered: two libraries read from its descriptor.
        return cast(BinaryIO, path.open("rb", buffering=0))
    except FileNotFoundError as error:
        raise AudioError(path, Reason.MISSING, "no such file") from error
    except OSError as error:
        detail = (
            "the file name is too long" if error.errno == errno.ENAMETOOLONG else error.strerror
        )
        raise AudioError(path, Reason.UNREADABLE, f"can't be read: {detail}") from error


def _diagnose(
    path: Path, file: BinaryIO, container: str | None, failures: list[DecoderError]
) -> AudioError:
    """Says why both decoders failed: no audio at all, the end missing, or damage inside."""
    recognized = [failure for failure in failures if failure.recognized]
    if not recognized:
        if container is None:
            return AudioError(path, Reason.NOT_AUDIO, "neither libsndfile nor FFmpeg finds audio")
        return AudioError(
            path, Reason.CORRUPT, f"looks like {container}, but its header is damaged"
        )
    best = max(recognized, key=lambda failure: failure.decoded_seconds)
    stated, reached = _packet_extent(file)
    # MP3 packets carry no time, so that a gap inside also shortens their sum.
    broken_inside = container == "mp3" and any(failure.broke for failure in recognized)
    if 0 < reached < COMPLETE * stated and not broken_inside:
        detail = f"the file ends after {reached:.1f} of {stated:.1f} s"
        return AudioError(path, Reason.TRUNCATED, detail)
    return AudioError(
        path, Reason.CORRUPT, f"damaged: {best.decoded_seconds:.1f} s decoded, then: {best}"
    )


def _packet_extent(file: BinaryIO) -> tuple[float, float]:
    """Stated duration, and the end of the last packet that is there, in seconds."""
    reached = 0.0
    stated = 0.0
    file.seek(0)
    try:
        with av.open(file, "r", metadata_errors="ignore") as container:
            stated = (container.duration or 0) / av.time_base
            for packet in container.demux(audio=0):
                if packet.pts is not None:
                    reached = float((packet.pts + (packet.duration or 0)) * packet.time_base)
    except (av.FFmpegError, ValueError, OverflowError):
        pass  # what was reached before is the answer
    return stated, reached
