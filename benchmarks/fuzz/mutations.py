"""Ways in which the bytes of a file go wrong; each is drawn from a generator and changes them."""

from collections.abc import Callable

import numpy as np

from benchmarks.fuzz.sounds import FORMATS, make_sound

Mutate = Callable[[bytes, np.random.Generator], bytes]
_HEAD = 256  # bytes in which most of what a header says stands
_FIELDS = (b"\0", b"\1", b"\x7f", b"\x80", b"\xff")


def _place(size: int, rng: np.random.Generator) -> int:
    """A place anywhere in a file, every second time in its header."""
    return int(rng.integers(min(_HEAD, size) if rng.random() < 0.5 else size))


def flip_bits(data: bytes, rng: np.random.Generator) -> bytes:
    """One to 32 bits are flipped."""
    made = bytearray(data)
    for place in {_place(len(data), rng) for _ in range(2 ** rng.integers(6))}:
        made[place] ^= 1 << int(rng.integers(8))
    return bytes(made)


def overwrite(data: bytes, rng: np.random.Generator) -> bytes:
    """A run of bytes becomes noise or zeros."""
    start, length = _place(len(data), rng), int(2 ** rng.uniform(0, 14))
    run = rng.bytes(length) if rng.random() < 0.5 else bytes(length)
    run = run[: len(data) - start]
    return data[:start] + run + data[start + len(run) :]


def insert(data: bytes, rng: np.random.Generator) -> bytes:
    """Bytes that do not belong there come in between."""
    start = _place(len(data), rng)
    return data[:start] + rng.bytes(int(2 ** rng.uniform(0, 12))) + data[start:]


def cut_out(data: bytes, rng: np.random.Generator) -> bytes:
    """Bytes in the middle are gone."""
    start = _place(len(data), rng)
    return data[:start] + data[start + int(2 ** rng.uniform(0, 14)) :]


def set_field(data: bytes, rng: np.random.Generator) -> bytes:
    """A field of the header becomes 0, 1, or about the least or greatest that it can hold."""
    width, low = int(rng.choice([1, 2, 4, 8])), int(rng.integers(2))
    start = int(rng.integers(min(_HEAD, len(data) - width))) // 2 * 2
    first, rest = (_FIELDS[int(rng.integers(len(_FIELDS)))], bytes([255 * low]) * (width - 1))
    value = first + rest if rng.random() < 0.5 else rest + first
    return data[:start] + value + data[start + width :]


def splice(data: bytes, rng: np.random.Generator) -> bytes:
    """A part of a file of another format stands in the place of a part, or after all of it."""
    name = list(FORMATS)[int(rng.integers(len(FORMATS)))]
    other = FORMATS[name].encode(make_sound(rng))
    begin = int(rng.choice([0, rng.integers(len(other))]))
    part = other[begin : begin + int(2 ** rng.uniform(4, 16))]
    if rng.random() < 0.3:
        return data + part
    start = _place(len(data), rng)
    return data[:start] + part + data[start + len(part) :]


def truncate(data: bytes, rng: np.random.Generator) -> bytes:
    """All after a place is gone: a fifth of the file, to four fifths."""
    return data[: int(len(data) * rng.uniform(0.2, 0.8))]


DAMAGES: tuple[Mutate, ...] = (flip_bits, overwrite, insert, cut_out, set_field, splice)
