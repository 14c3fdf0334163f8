"""Finds the bytes of a file that are audio data, which editing the tags does not change.

Only lengths are read, not the content. No decoder is used: nothing can crash, and a file has the
same spans with every version of the libraries.
"""

import os
from collections.abc import Iterator
from typing import BinaryIO

from specrec.audio.container import container_of, sound_start

Span = tuple[int, int]
"""Offsets of the first byte and of the byte after the last."""

_MOST_PARTS = 1_000_000  # of a file made to keep us busy
_ASF_DATA = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")
_EBML_SEGMENT, _EBML_CLUSTER = 0x18538067, 0x1F43B675


def sounding_spans(file: BinaryIO) -> Iterator[Span]:
    """Yields the audio data of a file, in order; the whole file if its structure is unknown."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    start = sound_start(file)
    file.seek(start)
    walk = _WALKS.get(container_of(file.read(64)) or "")
    if walk is not None:
        spans: list[Span] = []
        for span in walk(file, start, size):
            if not 0 <= span[0] < span[1] <= size or len(spans) == _MOST_PARTS:
                spans = []
                break
            spans.append(span)
        if spans:
            yield from spans
            return
    end = _before_tags(file, size)
    yield (start, end) if start < end else (0, size)  # a tag can't be all there is


def _before_tags(file: BinaryIO, size: int) -> int:
    """Finds the start of the tags at the end: ID3v1, APEv2 and Lyrics3, in any order."""
    end, before = size, -1
    while end != before:
        before = end
        file.seek(max(0, end - 128))
        tail = file.read(end - max(0, end - 128))
        if len(tail) == 128 and tail[:3] == b"TAG":
            end -= 128
        elif tail[-9:] == b"LYRICS200" and tail[-15:-9].isdigit():
            end -= 15 + int(tail[-15:-9])
        elif len(tail) >= 32 and tail[-32:-24] == b"APETAGEX":
            has_header = tail[-9] & 0x80
            end -= int.from_bytes(tail[-20:-16], "little") + (32 if has_header else 0)
        if not 0 < end <= size:
            return size
    return end


def _flac(file: BinaryIO, start: int, size: int) -> Iterator[Span]:
    at = start + 4
    info: list[Span] = []
    last = False
    while not last:
        file.seek(at)
        head = file.read(4)
        if len(head) < 4:
            return
        last, kind = bool(head[0] & 0x80), head[0] & 0x7F
        after = at + 4 + int.from_bytes(head[1:])
        if kind == 0:  # the rate, the number of samples, their MD5
            info.append((at + 4, after))
        at = after
    yield from info
    yield at, _before_tags(file, size)


def _chunks(file: BinaryIO, start: int, size: int) -> Iterator[Span]:
    """Yields format and samples of RIFF and AIFF files; the format tells sample rates apart."""
    file.seek(start)
    order = "big" if file.read(4) == b"FORM" else "little"
    at, formats = start + 12, list[Span]()
    while at + 8 <= size:
        file.seek(at)
        head = file.read(8)
        length = int.from_bytes(head[4:], "little" if order == "little" else "big")
        samples = head[:4] in (b"data", b"SSND")
        if samples and (length == 0 or at + 8 + length > size):  # a recorder could not seek back
            length = size - at - 8
        span = at + 8, min(size, at + 8 + length)
        if samples:
            yield from (*formats, span)
            formats = []
        elif head[:4] in (b"fmt ", b"COMM"):
            formats.append(span)
        at += 8 + length + length % 2


def _boxes(file: BinaryIO, start: int, size: int) -> Iterator[Span]:
    """Yields the media data of MP4."""
    at = start
    while at + 8 <= size:
        file.seek(at)
        head = file.read(16)
        length, begin = int.from_bytes(head[:4]), 8
        if length == 1:
            length, begin = int.from_bytes(head[8:]), 16
        length = length or size - at
        if length < begin:
            return
        if head[4:8] == b"mdat":
            yield at + begin, at + length
        at += length


def _pages(file: BinaryIO, start: int, size: int) -> Iterator[Span]:
    """Yields the content of Ogg pages after the headers, without page numbers and checksums."""
    at, waiting = start, list[Span]()
    while at + 27 <= size:
        file.seek(at)
        head = file.read(27 + 255)
        if head[:4] != b"OggS":
            return
        begin = at + 27 + head[26]
        end = begin + sum(head[27 : 27 + head[26]])
        position = int.from_bytes(head[6:14], "little", signed=True)
        if begin < min(end, size):
            waiting.append((begin, min(end, size)))
        if position > 0:  # headers have 0; of a page in which no packet ends, the next one tells
            yield from waiting
        if position >= 0:
            waiting = []
        at = end


def _objects(file: BinaryIO, start: int, size: int) -> Iterator[Span]:
    """Yields the data object of ASF."""
    at = start
    while at + 24 <= size:
        file.seek(at)
        head = file.read(24)
        length = int.from_bytes(head[16:], "little")
        if length < 24:
            return
        if head[:16] == _ASF_DATA:  # after its own head, where the file's id is
            yield at + 50, min(size, at + length)
        at += length


def _clusters(file: BinaryIO, start: int, size: int) -> Iterator[Span]:
    """Yields the clusters of Matroska and WebM, if their sizes are known."""
    at = start
    while at < size:
        file.seek(at)
        head = file.read(12)
        kind, used = _vint(head, keep_marker=True)
        length, more = _vint(head[used:], keep_marker=False)
        if not used or not more:
            return
        begin = at + used + more
        if kind == _EBML_SEGMENT:
            at = begin
            continue
        if length == (1 << 7 * more) - 1:  # unknown, as in a live stream: to the end
            length = size - begin
        if kind == _EBML_CLUSTER:
            yield begin, min(size, begin + length)
        at = begin + length


def _vint(data: bytes, keep_marker: bool) -> tuple[int, int]:
    """Reads an EBML number; returns it and its length, 0 if there is none."""
    if not data or not data[0]:
        return 0, 0
    length = 9 - data[0].bit_length()
    if len(data) < length:
        return 0, 0
    value = int.from_bytes(data[:length])
    return (value if keep_marker else value & ((1 << 7 * length) - 1)), length


_WALKS = {
    "flac": _flac,
    "wav": _chunks,
    "aiff": _chunks,
    "mp4": _boxes,
    "ogg": _pages,
    "opus": _pages,
    "asf": _objects,
    "matroska": _clusters,
}
