"""Decodes frames with FFmpeg; packets that it can't decode are skipped and counted."""

from collections.abc import Iterator
from itertools import chain, groupby
from typing import BinaryIO, cast

import av
import numpy as np

from specrec.audio.channels import mix
from specrec.audio.container import Head, bytes_beside_tags
from specrec.audio.ffmpeg import open_container, packets_of, sound_of, start_seconds

BLOCK_FRAMES = 1 << 16
"""Samples per block, more than a second, since each block has a cost in Python."""

STATE_NO_LENGTH = {"aac", "ac3", "ac4", "amr", "amrnb", "amrwb", "aptx", "dts", "dtshd", "eac3",
                   "gsm", "loas", "mlp", "truehd"}  # fmt: skip
"""FFmpeg's formats that never state their length."""

# In these, one frame of sound follows the other, each with a mark, and only tags lie between them.
_BARE = {"mp3", *STATE_NO_LENGTH} - {"amr", "amrnb", "amrwb", "aptx", "gsm"}
_SEEKABLE = {"mp4", "matroska", "wv", "ape", "flac", "ogg"}  # exactly, after a pre-roll
_PREROLL_SECONDS = 1.0  # lossy codecs need what lies before a cut to decode it rightly
_LOST_SECONDS = 1.0  # what may be lost of any file
_SOUNDLESS_BYTES = 1 << 16  # likewise, of a bare stream: what writers of tags left there


class Frames:
    """The frames of a stream; what can't be decoded, such as a tag in the middle, is skipped.

    Attributes:
        container: The container of the stream.
        stream: The stream; in a chained file, the first one.
        seeks: Whether any of its packets can be reached without decoding others.
    """

    def __init__(
        self,
        container: av.container.InputContainer,
        stream: av.AudioStream,
        file: BinaryIO,
        head: Head,
    ) -> None:
        self.container, self.stream = container, stream
        names = set(container.format.name.split(","))
        self.seeks = len(head.links) == 1 and bool(_SEEKABLE & names)
        self._file, self._head = file, head
        self._is_bare = bool(_BARE & names)
        # Of a bare stream, bytes that are neither decoded nor in tags; of another, packets that
        # can't be decoded, but for the last in a row, where a file was cut, or a tag follows.
        self._soundless_bytes, self._reached = 0, head.links[0][0]
        self._packets = self._lost = 0

    def __iter__(self) -> Iterator[av.AudioFrame]:
        lost_in_a_row, any_frames = 0, False
        others = _open_others(self._file, self._head)
        for container, stream in chain([(self.container, self.stream)], others):
            for packet in packets_of(container, stream):
                self._packets += 1
                try:
                    frames = cast(list[av.AudioFrame], packet.decode())
                except av.FFmpegError as error:
                    is_damage = any_frames or isinstance(error, av.InvalidDataError)
                    if not is_damage or isinstance(error, MemoryError):
                        raise
                    lost_in_a_row += 1
                    continue
                self._pass(packet)
                if frames:
                    self._lost += lost_in_a_row
                    lost_in_a_row, any_frames = 0, True
                yield from frames

    def _pass(self, packet: av.Packet) -> None:
        """Counts the bytes between the last packet and this one, or the file's end."""
        start, stop = self._head.links[0]
        begin = stop if packet.pos is None else start + packet.pos
        if self._is_bare:
            self._soundless_bytes += bytes_beside_tags(self._file, self._reached, begin)
            self._reached = begin + packet.size

    def what_is_lost(self, seconds: float, share: float) -> str | None:
        """Says how much of a file could not be decoded; None if it is little.

        Args:
            seconds: Duration of the decoded audio.
            share: Share of packets, or bytes, that may be lost, from 0 to 1.
        """
        if self._is_bare:
            lost, all_bytes = self._soundless_bytes, self._head.size
            is_much = lost > max(_SOUNDLESS_BYTES, share * all_bytes)
            return f"{lost} of {all_bytes} bytes hold no audio" if is_much else None
        lost, packets = self._lost, self._packets
        lost_seconds = lost * seconds / max(1, packets - lost)
        is_much = lost > share * packets and lost_seconds > _LOST_SECONDS
        return f"{lost} of {packets} packets can't be decoded" if is_much else None


def _open_others(
    file: BinaryIO, head: Head
) -> Iterator[tuple[av.container.InputContainer, av.AudioStream]]:
    """Opens the streams of a chained file after the first."""
    for start, stop in head.links[1:]:
        with open_container(file, start, stop) as container:
            stream = sound_of(container)
            if stream is not None:
                yield container, stream


def frames_from(decoded: Frames, seconds: float) -> tuple[Iterator[av.AudioFrame], int]:
    """Seeks to a second before `seconds`, or earlier; returns frames, and samples to skip."""
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


def as_floats(frames: Iterator[av.AudioFrame], stream: av.AudioStream) -> Iterator[np.ndarray]:
    """Converts frames to floats; in chained files, to rate and channels of the first stream."""
    for _, group in groupby(
        frames, lambda frame: (frame.rate, frame.format.name, frame.layout.name)
    ):
        to_planes = av.AudioResampler(format="fltp", rate=stream.rate)
        for planes in chain.from_iterable(map(to_planes.resample, chain(_gathered(group), [None]))):
            block = planes.to_ndarray()
            is_alike = len(block) == stream.channels
            yield block if is_alike else np.tile(mix(block), (stream.channels, 1))


def _gathered(frames: Iterator[av.AudioFrame]) -> Iterator[av.AudioFrame]:
    """Joins frames of some milliseconds to blocks, since each block has a cost in Python."""
    fifo = av.AudioFifo()
    for frame in frames:
        frame.pts = None  # gaps between packets are not filled
        fifo.write(frame)
        if fifo.samples >= BLOCK_FRAMES:
            yield cast(av.AudioFrame, fifo.read())
    if fifo.samples:
        yield cast(av.AudioFrame, fifo.read())
