"""What the bytes of a file say about it before any decoder is asked."""

import struct
from typing import BinaryIO

COMPLETE = 0.95
"""Share of what its headers state that a file must hold to count as complete."""

_SIGNATURES: dict[str, tuple[tuple[int, bytes], ...]] = {
    "wav": ((0, b"RIFF"), (8, b"WAVE")),
    "rf64": ((0, b"RF64"), (8, b"WAVE")),
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
    "wavpack": ((0, b"wvpk"),),
    "musepack": ((0, b"MPCK"),),
}
_MPEG_AUDIO_SYNC = (b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2", b"\xff\xe3", b"\xff\xe2")


def container_of(head: bytes) -> str | None:
    """Names the audio container that a file's first 64 bytes announce, or None."""
    for name, marks in _SIGNATURES.items():
        if all(head[at : at + len(mark)] == mark for at, mark in marks):
            return name
    if head[:3] == b"ID3" or head[:2] in _MPEG_AUDIO_SYNC:
        return "mp3"
    if head[:2] in (b"\xff\xf1", b"\xff\xf9"):
        return "aac"
    return None


def states_duration(file: BinaryIO, container: str | None) -> bool:
    """Whether the duration that a demuxer reports is written in the file.

    A bare MPEG stream without a Xing, Info or VBRI frame carries none; FFmpeg then guesses it
    from the first frames' bitrate, which may be off by a factor of two.
    """
    if container == "aac":
        return False
    if container != "mp3":
        return True
    file.seek(0)
    head = file.read(10)
    skip = 0
    if head[:3] == b"ID3":  # the tag's size is a 28-bit number, seven bits to a byte
        skip = 10 + sum(
            (byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=False)
        )
    file.seek(skip)
    frame = file.read(4096)
    return any(mark in frame for mark in (b"Xing", b"Info", b"VBRI"))


def is_cut_short(file: BinaryIO, container: str | None, size: int) -> bool:
    """Whether a RIFF, AIFF or Ogg file ends before its own headers say it does.

    libsndfile silently shortens such files to what is there, so the headers are read here.
    """
    if container in ("wav", "aiff"):
        file.seek(4)
        field = file.read(4)
        stated = struct.unpack("<I" if container == "wav" else ">I", field)[0]
        streamed = stated in (0, 0xFFFFFFFF)  # written by a program that could not seek back
        # Writers are often off by some bytes of padding; only a missing part matters.
        return not streamed and size < COMPLETE * (stated + 8)
    if container in ("ogg", "opus"):
        file.seek(max(0, size - 65_536))
        tail = file.read()
        page = tail.rfind(b"OggS")
        if page < 0 or page + 27 > len(tail):
            return True
        segments = tail[page + 26]
        lacing = tail[page + 27 : page + 27 + segments]
        return page + 27 + segments + sum(lacing) > len(tail)
    return False
