"""The two decoders: a file, or a part of it, to blocks of samples."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, groupby
from typing import BinaryIO, cast

import av
import numpy as np
import soundfile as sf
from jaxtyping import Float32

from specrec.audio.channels import loudness_weights, mix, usual_weights
from specrec.audio.container import Head
from specrec.audio.ffmpeg import (
    FFMPEG_ERRORS,
    open_container,
    packets_of,
    sound_of,
    start_seconds,
    stated_seconds,
)

ENDED_EARLY = "ended early"
NO_SOUND = "there is no sound that FFmpeg can decode"
_BLOCK_FRAMES = 1 << 16  # a second or more: what each block costs in Python adds up
_PREROLL_SECONDS = 1.0  # lossy codecs need what lies before a cut to decode it rightly
_SEEKABLE_BY_FFMPEG = {"mp4", "matroska", "wv", "ape", "flac", "ogg"}  # exactly, after a pre-roll
_MAY_STATE_NO_LENGTH = {"mp3", "ogg", "MP3", "OGG"}  # FFmpeg's names, libsndfile's
_STATE_NO_LENGTH = {"aac", "ac3", "ac4", "amr", "amrnb", "amrwb", "aptx", "dts", "dtshd", "eac3",
                    "gsm", "loas", "mlp", "truehd"}  # fmt: skip
_SAMPLE_RATES = (1_000, 768_000)  # Hz; from telegraphy to eightfold DSD
_MOST_CHANNELS = 255  # as Opus has at most
_LOST_SECONDS = 1.0  # what may be lost of any file
_UNKNOWN_FRAMES = (1 << 63) - 1  # libsndfile's word for a FLAC stream that states none
_OUT_OF_MEMORY = 17  # libsndfile's code


Opened = tuple[av.container.InputContainer, av.AudioStream]


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
        stated_samples: Length of the whole sound by its header; None if it states none. A length
            that a decoder guessed counts as none.
        seeks: Whether a part is reached without decoding what lies before it.
        weights: What each channel counts in loudness.
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
        DecoderError: If it is none of its formats, or would be read to a guessed length only.
        MemoryError: If it takes more than there is.
    """
    try:
        # By descriptor, so that a name that is not UTF-8 is no obstacle.
        sound = sf.SoundFile(file.fileno(), closefd=False)
    except (sf.LibsndfileError, RuntimeError) as error:
        raise _failure(error, recognized=False) from error
    with sound:
        _check_format(sound.samplerate, sound.channels)
        if sound.format in _MAY_STATE_NO_LENGTH and not head.states_length:
            raise DecoderError("it does not say how long it is", recognized=True)
        if sound.frames == 0:
            raise DecoderError("there is no sound", recognized=True)
        stated = None if sound.frames == _UNKNOWN_FRAMES else sound.frames
        weights = usual_weights(sound.channels)
        blocks = _soundfile_blocks(sound, part)
        yield Stream(sound.samplerate, stated, sound.seekable(), weights, blocks)


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
            frames = min(_BLOCK_FRAMES, left - done)
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
        DecoderError: If it finds no audio.
        MemoryError: If it takes more than there is.
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
        if is_stated and name not in _STATE_NO_LENGTH:
            stated = stated_seconds(container, stream)
        seeks = len(head.links) == 1 and bool(_SEEKABLE_BY_FFMPEG & set(name.split(",")))
        decoded = _Decoded(container, stream, _open_links(file, head.links[1:]), seeks)
        blocks = _ffmpeg_blocks(decoded, part, part.complete * (stated or 0.0))
        samples = None if stated is None else round(stated * stream.rate) - _skipped(stream, name)
        yield Stream(stream.rate, samples, decoded.seeks, _weights(stream.layout), blocks)


def _weights(layout: av.AudioLayout) -> tuple[float, ...]:
    names = [channel.name for channel in layout.channels]
    if len(set(names)) < len(names):  # they are unknown
        return usual_weights(layout.nb_channels)
    return loudness_weights(names)


def _skipped(stream: av.AudioStream, name: str) -> int:
    """Samples, at 48 kHz, that come before the music, by the header of an Opus file."""
    if stream.codec_context.name != "opus" or name != "ogg":
        return 0
    return int.from_bytes((stream.codec_context.extradata or b"")[10:12], "little")


def _open_links(file: BinaryIO, links: Sequence[tuple[int, int]]) -> Iterator[Opened]:
    """Opens the other streams of a chained file, one after the other."""
    for start, stop in links:
        with open_container(file, start, stop) as container:
            stream = sound_of(container)
            if stream is not None:
                yield container, stream


def _ffmpeg_blocks(decoded: "_Decoded", part: Part, least: float) -> Iterator[np.ndarray]:
    rate = decoded.stream.rate
    left = None if part.length_seconds is None else round(part.length_seconds * rate)
    done = 0
    try:
        frames, skip = _frames_from(decoded, part.start_seconds)
        for block in _alike(frames, decoded.stream):
            samples = block.shape[1]
            done += samples
            kept, skip = block[:, skip:], max(0, skip - samples)
            yield kept if left is None else kept[:, :left]
            left = None if left is None else max(0, left - kept.shape[1])
            if left == 0:
                break
    except FFMPEG_ERRORS as error:
        raise _failure(error, recognized=True, decoded_seconds=done / rate) from error
    good = decoded.packets - decoded.lost
    lost_seconds = decoded.lost * done / rate / max(1, good)
    # A tag in the middle of a short file may be a large share of it.
    if decoded.lost > (1 - part.complete) * decoded.packets and lost_seconds > _LOST_SECONDS:
        detail = f"{decoded.lost} of {decoded.packets} packets can't be decoded"
        raise DecoderError(detail, recognized=True, decoded_seconds=done / rate)
    if done == 0 or done / rate < least:
        raise DecoderError(ENDED_EARLY, recognized=True, decoded_seconds=done / rate)


class _Decoded:
    """A stream's frames. What can't be decoded, a tag in the middle say, is passed over.

    Attributes:
        container: Where the stream is.
        stream: The stream; of a chained file, the first.
        seeks: Whether one gets to any of its packets right away.
        packets: How many were read.
        lost: How many of these can't be decoded, but for the last in a row: of a file that was cut,
            or a tag.
    """

    def __init__(
        self,
        container: av.container.InputContainer,
        stream: av.AudioStream,
        links: Iterator[Opened],
        seeks: bool,
    ) -> None:
        self.container, self.stream, self.seeks = container, stream, seeks
        self._links = links
        self.packets = self.lost = 0

    def __iter__(self) -> Iterator[av.AudioFrame]:
        lost_in_a_row = 0
        for container, stream in chain([(self.container, self.stream)], self._links):
            for packet in packets_of(container, stream):
                self.packets += 1
                try:
                    frames = cast(list[av.AudioFrame], packet.decode())
                except av.InvalidDataError:
                    lost_in_a_row += 1
                    continue
                if frames:
                    self.lost += lost_in_a_row
                    lost_in_a_row = 0
                yield from frames


def _frames_from(decoded: _Decoded, seconds: float) -> tuple[Iterator[av.AudioFrame], int]:
    """Frames from a second before `seconds` or earlier, and samples from there to it."""
    landed, stream = 0.0, decoded.stream
    frames = iter(decoded)
    if seconds > _PREROLL_SECONDS and decoded.seeks:
        origin = start_seconds(stream)
        decoded.container.seek(int((origin + seconds - _PREROLL_SECONDS) * av.time_base))
        frames = iter(decoded)
        first = next(frames, None)
        if first is not None:
            frames = chain([first], frames)
            landed = (first.time or origin) - origin
    return frames, max(0, round((seconds - landed) * stream.rate))


def _alike(frames: Iterator[av.AudioFrame], stream: av.AudioStream) -> Iterator[np.ndarray]:
    """Frames as floats; in chained files, rate and number of channels become those of the first."""
    for _, group in groupby(
        frames, lambda frame: (frame.rate, frame.format.name, frame.layout.name)
    ):
        to_planes = av.AudioResampler(format="fltp", rate=stream.rate)
        for planes in chain.from_iterable(map(to_planes.resample, chain(_gathered(group), [None]))):
            block = planes.to_ndarray()
            alike = len(block) == stream.channels
            yield block if alike else np.tile(mix(block), (stream.channels, 1))


def _gathered(frames: Iterator[av.AudioFrame]) -> Iterator[av.AudioFrame]:
    """Joins frames, which last some milliseconds: what each costs in Python adds up."""
    fifo = av.AudioFifo()
    for frame in frames:
        frame.pts = None  # gaps between packets are not filled
        fifo.write(frame)
        if fifo.samples >= _BLOCK_FRAMES:
            yield cast(av.AudioFrame, fifo.read())
    if fifo.samples:
        yield cast(av.AudioFrame, fifo.read())


def _failure(error: Exception, recognized: bool, decoded_seconds: float = 0.0) -> Exception:
    """A decoder's error as ours; lack of memory is no fault of the file's bytes."""
    if isinstance(error, MemoryError) or getattr(error, "code", None) == _OUT_OF_MEMORY:
        return MemoryError(str(error))
    detail = getattr(error, "strerror", None) or str(error)
    return DecoderError(detail, recognized=recognized, decoded_seconds=decoded_seconds)
