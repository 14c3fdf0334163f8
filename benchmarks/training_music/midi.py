"""Writes Standard MIDI files: one track for each player, times in milliseconds."""

import struct

from benchmarks.training_music.score import Track

TICKS_PER_BEAT = 500  # at 120 beats a minute, the default tempo, a tick is a millisecond
DRUM_CHANNEL = 9
BEND_RANGE = 2.0
SLIDE_TICKS = 90
_SLIDE_STEPS = 9
_VOLUME, _BEND_MIDDLE = 7, 8192


def midi_file(tracks: list[Track]) -> bytes:
    """A format 1 file of up to 15 pitched players, and drummers.

    Raises:
        ValueError: If there are too many players, or one of them is not a GM instrument.
    """
    channels = [channel for channel in range(16) if channel != DRUM_CHANNEL]
    chunks = []
    for track in tracks:
        if isinstance(track.instrument, str):
            raise ValueError(f"{track.instrument} is no GM instrument")
        if not track.drums and not channels:
            raise ValueError("more players than MIDI channels")
        channel = DRUM_CHANNEL if track.drums else channels.pop(0)
        chunks.append(_chunk(_events(track, track.instrument, channel)))
    header = struct.pack(">4sIHHH", b"MThd", 6, 1, len(chunks), TICKS_PER_BEAT)
    return header + b"".join(chunks)


def _events(track: Track, program: int, channel: int) -> list[tuple[int, int, bytes]]:
    """Events as their tick, their order within it, and their bytes."""
    volume = max(1, min(127, round(127 * track.volume)))
    events = [
        (0, 0, bytes([0xC0 | channel, program])),
        (0, 0, bytes([0xB0 | channel, _VOLUME, volume])),
    ]
    for note in track.notes:
        start = round(1000 * note.onset)
        end = max(start + 1, round(1000 * (note.onset + note.seconds)))
        velocity = max(1, min(127, round(127 * note.velocity)))
        events.append((start, 2, bytes([0x90 | channel, note.pitch, velocity])))
        events.append((end, 0, bytes([0x80 | channel, note.pitch, 0])))
        if note.bend:
            for step in range(_SLIDE_STEPS + 1):
                below = note.bend * (1.0 - step / _SLIDE_STEPS) / BEND_RANGE
                value = max(0, round(_BEND_MIDDLE * (1.0 - below)))
                tick = start + step * SLIDE_TICKS // _SLIDE_STEPS
                events.append((tick, 1, bytes([0xE0 | channel, value & 0x7F, value >> 7])))
    return sorted(events, key=lambda event: event[:2])


def _chunk(events: list[tuple[int, int, bytes]]) -> bytes:
    body, now = bytearray(), 0
    for tick, _, message in events:
        body += _variable_length(tick - now) + message
        now = tick
    body += b"\x00\xff\x2f\x00"  # end of track
    return struct.pack(">4sI", b"MTrk", len(body)) + bytes(body)


def _variable_length(value: int) -> bytes:
    """Seven bits a byte, the highest first; all but the last have their top bit set."""
    parts = [value & 0x7F]
    while value := value >> 7:
        parts.append(0x80 | value & 0x7F)
    return bytes(reversed(parts))
