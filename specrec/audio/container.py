"""Reads the headers of a file before any decoder does."""

import os
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

COMPLETE = 0.95
"""Least share of its stated length that a complete file holds."""

_SIGNATURES: dict[str, tuple[tuple[int, bytes], ...]] = {
    "wav": ((0, b"RIFF"), (8, b"WAVE")),
    "rf64": ((0, b"RF64"), (8, b"WAVE")),
    "w64": ((0, b"riff\x2e\x91\xcf\x11"),),
    "aiff": ((0, b"FORM"), (8, b"AIF")),
    "flac": ((0, b"fLaC"),),
    "opus": ((0, b"OggS"), (28, b"OpusHead")),
    "ogg": ((0, b"OggS"),),
    "mp4": ((4, b"ftyp"),),
    "asf": ((0, bytes.fromhex("3026b2758e66cf11")),),
    "matroska": ((0, bytes.fromhex("1a45dfa3")),),
    "caf": ((0, b"caff"),),
    "au": ((0, b".snd"),),
    "ape": ((0, b"MAC "),),
    "tta": ((0, b"TTA1"),),
    "wavpack": ((0, b"wvpk"),),
    "musepack": ((0, b"MPCK"),),
    "dsf": ((0, b"DSD "),),
    "voc": ((0, b"Creative Voice File\x1a"),),
    "sphere": ((0, b"NIST_1A"),),
}
_MPEG_AUDIO_SYNC = (b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2", b"\xff\xe3", b"\xff\xe2")
_SMALL_TAG_BYTES = 8192  # at a file's end; what is longer may be another song
# How ID3v2 and APEv2 tags begin, with how long they are.
_TAG = re.compile(
    rb"ID3[\2-\4].(?P<flags>.)(?P<id3>[\0-\x7f]{4})|APETAGEX.{4}(?P<ape>.{4}).{7}[\xa0-\xbf].{8}",
    re.DOTALL,
)
_AT_ONCE = 1 << 20  # bytes


@dataclass(frozen=True)
class Head:
    """What the headers of a file say.

    Attributes:
        container: Name of the container, as `container_of` gives it; None if it is unknown.
        size: Size of the file in bytes.
        links: Start and end of the audio in bytes, without ID3 tags. A chained Ogg file has several
            such parts, each a stream of its own.
        states_length: Whether an MPEG or Ogg stream states its length. For other containers, the
            decoder knows whether the duration is written in the file.
    """

    container: str | None
    size: int
    links: tuple[tuple[int, int], ...]
    states_length: bool


def read_head(file: BinaryIO, size: int) -> Head:
    """Reads the headers of a file of a given size in bytes."""
    start = sound_start(file)
    file.seek(start)
    container = container_of(file.read(64)) or ("mp3" if start else None)
    links = [start]
    states_length = True
    if container in ("ogg", "opus"):
        links = _ogg_links(file, start)
        states_length = len(links) == 1
    elif container in ("mp3", None):
        states_length = _counts_its_frames(file, start, size)
    return Head(container, size, tuple(pairwise([*links, size])), states_length)


def container_of(head: bytes) -> str | None:
    """Names the audio container that a file's first 64 bytes indicate; None if unknown."""
    for name, marks in _SIGNATURES.items():
        if all(head[at : at + len(mark)] == mark for at, mark in marks):
            return name
    if head[:3] == b"ID3" or head[:2] in _MPEG_AUDIO_SYNC:
        return "mp3"
    if head[:2] in (b"\xff\xf1", b"\xff\xf9"):
        return "aac"
    return None


def sound_start(file: BinaryIO) -> int:
    """Finds the end of the tags at a file's beginning, in bytes."""
    start = 0
    while True:
        file.seek(start)
        tag = _TAG.match(file.read(32))
        if tag is None:
            return start
        start += _length(tag)


def _length(tag: re.Match[bytes]) -> int:
    """Computes the length of a tag in bytes from its header."""
    if tag["ape"]:
        return 32 + int.from_bytes(tag["ape"], "little")
    # A 28-bit number, seven bits to a byte.
    size = sum(byte << shift for byte, shift in zip(tag["id3"], (21, 14, 7, 0), strict=True))
    return 10 + size + (10 if tag["flags"][0] & 0x10 else 0)


def bytes_beside_tags(file: BinaryIO, start: int, stop: int) -> int:
    """Counts the bytes of a part of a file that are not in tags; keeps the file's position."""
    beside = 0
    while start < stop:
        data = os.pread(file.fileno(), min(_AT_ONCE, stop - start), start)
        tag = _TAG.search(data)
        passed = len(data) if tag is None else tag.start()
        beside += passed
        start += passed + (0 if tag is None else _length(tag))
        if not data:
            break
    return beside


def _counts_its_frames(file: BinaryIO, start: int, size: int) -> bool:
    """Whether an MPEG stream states its number of frames, and has no more than that.

    Only a Xing, Info or VBRI frame states it. Without one, the duration is estimated from the bit
    rate of the first frames, which may be wrong by a factor of three. If files were joined, the
    first one's frame does not count the others.
    """
    file.seek(start)
    head = file.read(4096)
    for mark in (b"Xing", b"Info"):
        at = head.find(mark)
        if at >= 0:
            has_both = head[at + 7 : at + 8] and head[at + 7] & 3 == 3
            counted = int.from_bytes(head[at + 12 : at + 16], "big") if has_both else 0
            return size - start - counted < _SMALL_TAG_BYTES
    at = head.find(b"VBRI")
    counted = int.from_bytes(head[at + 10 : at + 14], "big")
    return at >= 0 and size - start - counted < _SMALL_TAG_BYTES


def _ogg_links(file: BinaryIO, start: int) -> list[int]:
    """Finds the starts, in bytes, of the consecutive streams of an Ogg file.

    Their serial numbers should differ, but some programs give each the same.
    """
    links, at, was_first = [start], start, True
    while True:
        file.seek(at)
        page = file.read(27 + 255)
        if len(page) < 27 or page[:4] != b"OggS":
            return links
        is_first = bool(page[5] & 2)  # of a stream; those of one link begin together
        if is_first and not was_first:
            links.append(at)
        was_first = is_first
        at += 27 + page[26] + sum(page[27 : 27 + page[26]])


def is_cut_short(file: BinaryIO, head: Head) -> bool:
    """Whether a file ends before the end that its headers state.

    libsndfile silently reads what is there of such files, so the headers are read here.
    """
    if head.container in ("ogg", "opus"):
        page = _last_page(file, head.size)
        if len(page) < 27:
            return True
        segments = page[26]
        return 27 + segments + sum(page[27 : 27 + segments]) > len(page)
    start = head.links[0][0]
    stated = _stated_size(file, head.container, start, head.size)
    # Writers are often off by some bytes of padding; only a missing part matters.
    return stated is not None and head.size - start < COMPLETE * stated


def _last_page(file: BinaryIO, size: int) -> bytes:
    file.seek(max(0, size - 65_536))
    tail = file.read()
    page = tail.rfind(b"OggS")
    return tail[page:] if page >= 0 else b""


def _stated_size(file: BinaryIO, container: str | None, start: int, size: int) -> int | None:
    """Returns the size of a file from its header on, and that stated by it; None if not stated."""
    file.seek(start)
    head = file.read(256)
    if container == "wav":
        return _unless_unknown(int.from_bytes(head[4:8], "little"), 8)
    if container == "aiff":
        return _unless_unknown(int.from_bytes(head[4:8], "big"), 8)
    if container == "au":
        return _unless_unknown(int.from_bytes(head[8:12], "big"), int.from_bytes(head[4:8], "big"))
    if container == "rf64" and head[12:16] == b"ds64":
        return int.from_bytes(head[20:28], "little") + 8
    if container == "w64":
        return int.from_bytes(head[16:24], "little")
    if container == "matroska":
        return _matroska_size(head)
    if container == "dsf":
        return int.from_bytes(head[12:20], "little")
    if container == "sphere":
        return _sphere_size(file, start)
    if container == "voc":
        return _voc_size(file, start, size)
    return _caf_size(file, start, size) if container == "caf" else None


def _unless_unknown(stated: int, header: int) -> int | None:
    """Adds a 32-bit size and that of its header; None if the size means "not known yet".

    A program that can't seek back, or was stopped before it did, leaves 0 or the largest number,
    more or less a header: 4 GiB, or 2 GiB for signed numbers.
    """
    is_unknown = stated == 0 or any(abs(stated - (1 << bits)) <= 65_536 for bits in (31, 32))
    return None if is_unknown else stated + header


def _sphere_size(file: BinaryIO, start: int) -> int | None:
    """Reads the stated size of a NIST SPHERE file, whose header is text."""
    file.seek(start)
    lines = [line.split() for line in file.read(1024).decode("ascii", "replace").splitlines()]
    fields = {line[0]: line[-1] for line in lines if len(line) == 3}
    try:
        samples = int(fields["sample_count"]) * int(fields["channel_count"])
        return 1024 + samples * int(fields["sample_n_bytes"])
    except (KeyError, ValueError):
        return None


def _voc_size(file: BinaryIO, start: int, size: int) -> int:
    """Reads the size of a VOC file: blocks with kind and length, until one of kind 0."""
    file.seek(start + 20)
    end = start + int.from_bytes(file.read(2), "little")
    while end < size:
        file.seek(end)
        block = file.read(4)
        if block[:1] == b"\0":
            break
        end += 4 + int.from_bytes(block[1:], "little")
    return end - start


def _caf_size(file: BinaryIO, start: int, size: int) -> int | None:
    end = start + 8
    while end + 12 <= size:
        file.seek(end)
        length = int.from_bytes(file.read(12)[4:], "big", signed=True)
        if length < 0:  # of the last chunk, sound that was streamed
            return None
        end += 12 + length
    return end - start


def _matroska_size(head: bytes) -> int | None:
    size, at = _ebml_number(head, 4)
    at += size
    if head[at : at + 4] != bytes.fromhex("18538067"):  # the segment, which holds all else
        return None
    size, start = _ebml_number(head, at + 4)
    is_unknown = size == (1 << 7 * (start - at - 4)) - 1
    return None if is_unknown else start + size


def _ebml_number(data: bytes, at: int) -> tuple[int, int]:
    """Reads a number whose first set bit tells its length; returns it and its end."""
    length = 9 - data[at].bit_length() if at < len(data) else 1
    number = int.from_bytes(data[at : at + length], "big")
    return number & ((1 << 7 * length) - 1), at + length
