"""The two decoders: a file, or a part of it, to blocks of mono samples."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO, cast

import av
import numpy as np
import soundfile as sf
from jaxtyping import Float32

ENDED_EARLY = "ended early"
_BLOCK_FRAMES = 1 << 16
_FFMPEG_BLOCK_FRAMES = 1 << 14
_PREROLL_SECONDS = 1.0  # lossy codecs need what lies before a cut to decode it rightly
_SEEKABLE_BY_FFMPEG = {"mp4", "matroska", "wv", "ape", "flac", "ogg"}  # exactly, after a pre-roll
_FFMPEG_ERRORS = (av.FFmpegError, ValueError, OverflowError)


class DecoderError(Exception):
    """One decoder's failure, before the other was asked."""

    def __init__(self, detail: str, *, recognized: bool, decoded_seconds: float = 0.0) -> None:
        super().__init__(detail)
        self.recognized = recognized
        self.decoded_seconds = decoded_seconds
        self.broke = detail != ENDED_EARLY


@dataclass(frozen=True)
class Part:
    """What to decode of a file.

    Attributes:
        start_seconds: Where it begins, 0 or more.
        length_seconds: Its length; None for all that follows.
        complete: Share of its stated length that must be there.
    """

    start_seconds: float = 0.0
    length_seconds: float | None = None
    complete: float = 0.0


@dataclass(frozen=True, eq=False)
class Stream:
    """A part of a file, as one decoder reads it.

    Attributes:
        sample_rate: Samples per second, the file's own.
        stated_samples: Length of the whole file by its header; None if it states none.
        seeks: Whether a part is reached without decoding what lies before it.
        blocks: Mono float32 samples, about a second at a time; raises `DecoderError`.
    """

    sample_rate: int
    stated_samples: int | None
    seeks: bool
    blocks: Iterator[Float32[np.ndarray, " samples"]]


@contextmanager
def open_soundfile(file: BinaryIO, part: Part) -> Iterator[Stream]:
    """Opens a file with libsndfile.

    Raises:
        DecoderError: If it is none of its formats.
    """
    try:
        # By descriptor, so that a name that is not UTF-8 is no obstacle.
        sound = sf.SoundFile(file.fileno(), closefd=False)
    except (sf.LibsndfileError, RuntimeError) as error:
        raise DecoderError(str(error), recognized=False) from error
    with sound:
        blocks = _soundfile_blocks(sound, part)
        yield Stream(sound.samplerate, sound.frames, sound.seekable(), blocks)


def _soundfile_blocks(sound: sf.SoundFile, part: Part) -> Iterator[np.ndarray]:
    rate = sound.samplerate
    start = min(round(part.start_seconds * rate), sound.frames)
    left = sound.frames - start
    if part.length_seconds is not None:
        left = min(left, round(part.length_seconds * rate))
    done = 0
    try:
        if start:
            sound.seek(start)
        while done < left:
            frames = min(_BLOCK_FRAMES, left - done)
            block = sound.read(frames, dtype="float32", always_2d=True)
            if len(block) == 0:
                break
            done += len(block)
            yield _mix(block.T)
    except (sf.LibsndfileError, RuntimeError) as error:
        raise DecoderError(str(error), recognized=True, decoded_seconds=done / rate) from error
    if done < part.complete * left:
        raise DecoderError(ENDED_EARLY, recognized=True, decoded_seconds=done / rate)


@contextmanager
def open_ffmpeg(file: BinaryIO, part: Part) -> Iterator[Stream]:
    """Opens a file with FFmpeg.

    Raises:
        DecoderError: If it finds no audio.
    """
    try:
        container = av.open(file, "r", metadata_errors="ignore")
    except _FFMPEG_ERRORS as error:
        raise DecoderError(_detail(error), recognized=False) from error
    with container:
        if not container.streams.audio:
            raise DecoderError("there is no audio stream", recognized=False)
        stream = container.streams.audio[0]
        stated = round((container.duration or 0) / av.time_base * stream.rate)
        if stream.codec_context.name == "opus" and container.format.name == "ogg":
            # Its header says how many samples, at 48 kHz, come before the music.
            stated -= int.from_bytes((stream.codec_context.extradata or b"")[10:12], "little")
        blocks = _ffmpeg_blocks(container, part)
        yield Stream(stream.rate, stated or None, _seeks(container), blocks)


def _ffmpeg_blocks(container: av.container.InputContainer, part: Part) -> Iterator[np.ndarray]:
    stream = container.streams.audio[0]
    rate = stream.rate
    left = None if part.length_seconds is None else round(part.length_seconds * rate)
    done = 0
    try:
        frames, skip = _frames_from(container, stream, part.start_seconds)
        to_planes = av.AudioResampler(format="fltp", rate=rate)
        for planes in chain.from_iterable(map(to_planes.resample, _gathered(frames))):
            block = _mix(planes.to_ndarray())
            done += len(block)
            kept, skip = block[skip:], max(0, skip - len(block))
            yield kept if left is None else kept[:left]
            left = None if left is None else max(0, left - len(kept))
            if left == 0:
                break
    except _FFMPEG_ERRORS as error:
        seconds = done / rate
        raise DecoderError(_detail(error), recognized=True, decoded_seconds=seconds) from error
    stated = (container.duration or 0) / av.time_base
    if done == 0 or done / rate < part.complete * stated:
        raise DecoderError(ENDED_EARLY, recognized=True, decoded_seconds=done / rate)


def _frames_from(
    container: av.container.InputContainer, stream: av.AudioStream, start_seconds: float
) -> tuple[Iterator[av.AudioFrame], int]:
    """Frames from a second before `start_seconds` or earlier, and samples from there to it."""
    landed = 0.0
    frames = container.decode(stream)
    if start_seconds > _PREROLL_SECONDS and _seeks(container):
        container.seek(int((start_seconds - _PREROLL_SECONDS) * av.time_base))
        frames = container.decode(stream)
        first = next(frames, None)
        if first is not None:
            frames = chain([first], frames)
            origin = float((stream.start_time or 0) * (stream.time_base or 0))
            landed = (first.time or origin) - origin
    return frames, max(0, round((start_seconds - landed) * stream.rate))


def _seeks(container: av.container.InputContainer) -> bool:
    return bool(_SEEKABLE_BY_FFMPEG & set(container.format.name.split(",")))


def _gathered(frames: Iterator[av.AudioFrame]) -> Iterator[av.AudioFrame]:
    """Joins frames, which last some milliseconds: what each costs in Python adds up."""
    fifo = av.AudioFifo()
    for frame in frames:
        frame.pts = None  # gaps between packets are not filled
        fifo.write(frame)
        if fifo.samples >= _FFMPEG_BLOCK_FRAMES:
            yield cast(av.AudioFrame, fifo.read())
    if fifo.samples:
        yield cast(av.AudioFrame, fifo.read())


def _detail(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _mix(
    channels: Float32[np.ndarray, "channels samples"],
) -> Float32[np.ndarray, " samples"]:
    """The mean over channels: numpy's takes longer than decoding over so short an axis."""
    mono: np.ndarray = channels[0].copy()
    for channel in channels[1:]:
        mono += channel
    if len(channels) > 1:
        mono /= np.float32(len(channels))
    return mono
