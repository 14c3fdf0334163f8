"""The two decoders, libsndfile and FFmpeg: they turn a file, or a part, into blocks of samples."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import av
import numpy as np
import soundfile as sf

from specrec.audio.channels import loudness_weights, usual_weights
from specrec.audio.container import Head
from specrec.audio.ffmpeg import FFMPEG_ERRORS, Stretch, open_container, sound_of, stated_seconds
from specrec.audio.frames import BLOCK_FRAMES, STATE_NO_LENGTH, Frames, as_floats, frames_from
from specrec.shapes import Float32

ENDED_EARLY = "the audio ends early"
NO_SOUND = "it has no audio that FFmpeg can decode"
_MAY_STATE_NO_LENGTH = {"mp3", "ogg", "MP3", "OGG"}  # FFmpeg's names, libsndfile's
_SAMPLE_RATES = (1_000, 768_000)  # Hz; from telegraphy to eightfold DSD
_MOST_CHANNELS = 255  # as Opus has at most
_UNKNOWN_FRAMES = (1 << 63) - 1  # libsndfile's word for a FLAC stream that states none
_OUT_OF_MEMORY = 17  # libsndfile's code
_BUFFER_BYTES = 1 << 16


class DecoderError(Exception):
    """One decoder's failure, before the other is tried."""

    def __init__(self, detail: str, *, recognized: bool, decoded_seconds: float = 0.0) -> None:
        super().__init__(detail)
        self.recognized = recognized
        self.decoded_seconds = decoded_seconds
        self.broke = detail != ENDED_EARLY


@dataclass(frozen=True)
class Part:
    """The part of a file to decode.

    Attributes:
        start_seconds: Start of the part, 0 or more.
        length_seconds: Length of the part; None for the rest of the file.
        complete: Least share of the stated length that must be there, from 0 to 1.
    """

    start_seconds: float = 0.0
    length_seconds: float | None = None
    complete: float = 0.0


@dataclass(frozen=True, eq=False)
class Stream:
    """A part of a file that one decoder reads.

    Attributes:
        sample_rate: Samples per second of the file.
        stated_samples: Length of the whole audio in samples, stated by its header; None if it is
            not stated, even if a decoder estimates it.
        seeks: Whether a part is reached without decoding everything before it.
        weights: Weight of each channel in loudness.
        blocks: Samples of all channels, about a second at a time; raises `DecoderError`.
    """

    sample_rate: int
    stated_samples: int | None
    seeks: bool
    weights: tuple[float, ...]
    blocks: Iterator[Float32[np.ndarray, "channels samples"]]


@contextmanager
def open_soundfile(file: BinaryIO, head: Head, part: Part) -> Iterator[Stream]:
    """Opens a file with libsndfile.

    Raises:
        DecoderError: If libsndfile does not know its format, or only estimates its length.
        MemoryError: If there is not enough memory.
    """
    try:
        sound = sf.SoundFile(_for_soundfile(file, head), closefd=False)
    except (sf.LibsndfileError, RuntimeError) as error:
        raise _failure(error, recognized=False) from error
    with sound:
        _check_format(sound.samplerate, sound.channels)
        if sound.format in _MAY_STATE_NO_LENGTH and not head.states_length:
            raise DecoderError("its header states no length", recognized=True)
        if sound.frames == 0:
            raise DecoderError("it has no audio", recognized=True)
        stated = None if sound.frames == _UNKNOWN_FRAMES else sound.frames
        weights = usual_weights(sound.channels)
        blocks = _soundfile_blocks(sound, part)
        yield Stream(sound.samplerate, stated, sound.seekable(), weights, blocks)


def _for_soundfile(file: BinaryIO, head: Head) -> int | io.BufferedReader:
    """Returns a file's descriptor, since its name may not be UTF-8; or its audio after tags.

    libsndfile reads ID3 tags in time that grows with the square of their number.
    """
    start, stop = head.links[0]
    if start == 0:
        return file.fileno()
    return io.BufferedReader(Stretch(file, start, stop), _BUFFER_BYTES)


def _check_format(rate: int, channels: int) -> None:
    least, most = _SAMPLE_RATES
    if not least <= rate <= most:
        detail = f"its sample rate is {rate} Hz, not {least} to {most}"
        raise DecoderError(detail, recognized=True)
    if not 1 <= channels <= _MOST_CHANNELS:
        detail = f"it has {channels} channels, not 1 to {_MOST_CHANNELS}"
        raise DecoderError(detail, recognized=True)


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
            frames = min(BLOCK_FRAMES, left - done)
            block = sound.read(frames, dtype="float32", always_2d=True)
            if len(block) == 0:
                break
            done += len(block)
            yield block.T
    except (sf.LibsndfileError, RuntimeError) as error:
        raise _failure(error, recognized=True, decoded_seconds=done / rate) from error
    stated = 1 if sound.frames == _UNKNOWN_FRAMES else left
    if done < part.complete * stated:
        raise DecoderError(ENDED_EARLY, recognized=True, decoded_seconds=done / rate)


@contextmanager
def open_ffmpeg(file: BinaryIO, head: Head, part: Part) -> Iterator[Stream]:
    """Opens a file with FFmpeg.

    Raises:
        DecoderError: If FFmpeg finds no audio.
        MemoryError: If there is not enough memory.
    """
    try:
        container = open_container(file, *head.links[0])
    except FFMPEG_ERRORS as error:
        raise _failure(error, recognized=False) from error
    with container:
        stream = sound_of(container)
        if stream is None:
            raise DecoderError(NO_SOUND, recognized=False)
        _check_format(stream.rate or 0, stream.channels)
        name = container.format.name
        is_stated = head.states_length or name not in _MAY_STATE_NO_LENGTH
        stated = None
        if is_stated and name not in STATE_NO_LENGTH:
            stated = stated_seconds(container, stream)
        decoded = Frames(container, stream, file, head)
        blocks = _ffmpeg_blocks(decoded, part, part.complete * (stated or 0.0))
        samples = None if stated is None else round(stated * stream.rate) - _skipped(stream, name)
        yield Stream(stream.rate, samples, decoded.seeks, _weights(stream.layout), blocks)


def _weights(layout: av.AudioLayout) -> tuple[float, ...]:
    names = [channel.name for channel in layout.channels]
    if len(set(names)) < len(names):  # they are unknown
        return usual_weights(layout.nb_channels)
    return loudness_weights(names)


def _skipped(stream: av.AudioStream, name: str) -> int:
    """Reads the number of samples at 48 kHz that an Opus file's header says to skip."""
    if stream.codec_context.name != "opus" or name != "ogg":
        return 0
    return int.from_bytes((stream.codec_context.extradata or b"")[10:12], "little")


def _ffmpeg_blocks(decoded: Frames, part: Part, least: float) -> Iterator[np.ndarray]:
    rate = decoded.stream.rate
    left = None if part.length_seconds is None else round(part.length_seconds * rate)
    done = 0
    try:
        frames, skip = frames_from(decoded, part.start_seconds)
        for block in as_floats(frames, decoded.stream):
            samples = block.shape[1]
            done += samples
            kept, skip = block[:, skip:], max(0, skip - samples)
            yield kept if left is None else kept[:, :left]
            left = None if left is None else max(0, left - kept.shape[1])
            if left == 0:
                break
    except FFMPEG_ERRORS as error:
        raise _failure(error, recognized=True, decoded_seconds=done / rate) from error
    what_is_lost = decoded.what_is_lost(done / rate, 1 - part.complete)
    if what_is_lost is None and (done == 0 or done / rate < least):
        what_is_lost = ENDED_EARLY
    if what_is_lost is not None:
        raise DecoderError(what_is_lost, recognized=True, decoded_seconds=done / rate)


def _failure(error: Exception, recognized: bool, decoded_seconds: float = 0.0) -> Exception:
    """Converts a decoder's error to ours; a lack of memory is not a fault of the file."""
    if isinstance(error, MemoryError) or getattr(error, "code", None) == _OUT_OF_MEMORY:
        return MemoryError(str(error))
    detail = getattr(error, "strerror", None) or str(error)
    return DecoderError(detail, recognized=recognized, decoded_seconds=decoded_seconds)
