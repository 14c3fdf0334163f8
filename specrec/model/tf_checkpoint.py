"""Reads TensorFlow checkpoints (version 2, "tensor bundles") without TensorFlow.

A bundle is an index and the raw tensors. The index is a LevelDB table (LevelDB's
`doc/table_format.md`) from each tensor's name to a `BundleEntryProto` (TensorFlow's
`core/protobuf/tensor_bundle.proto`): type, shape, place and checksum.
"""

import struct
from collections.abc import Iterator

import numpy as np

from specrec.errors import ModelError
from specrec.shapes import Float32

_FOOTER_BYTES = 48
_TABLE_MAGIC = 0xDB4775248B80FB57
_HEADER = b""  # the key of the BundleHeaderProto
_FLOAT = 1  # DT_FLOAT in core/framework/types.proto
Message = dict[int, list[int | bytes]]


class TensorFlowCheckpoint:
    """A checkpoint with one data file; a tensor is read and checked on access."""

    def __init__(self, index: bytes, data: bytes) -> None:
        """Reads the index.

        Args:
            index: Content of the file `.index`.
            data: Content of the file `.data-00000-of-00001`.

        Raises:
            ModelError: If the index is damaged, or there are several data files.
        """
        self._data = data
        try:
            self._entries = dict(_table(index))
            header = _message(self._entries[_HEADER])  # 1 number of shards, 2 big-endian
            whole = (_number(header, 1), _number(header, 2)) == (1, 0)
        except (IndexError, KeyError, ValueError, struct.error) as error:
            raise ModelError(f"the checkpoint's index is damaged ({error})") from error
        if not whole:
            raise ModelError("the checkpoint is in several files, or big-endian")

    def __getitem__(self, name: str) -> Float32[np.ndarray, "..."]:
        """Reads a tensor.

        Raises:
            ModelError: If the tensor is missing, damaged or not float32.
        """
        if name.encode() not in self._entries:
            raise ModelError(f"the checkpoint has no {name}")
        try:
            return _tensor(_message(self._entries[name.encode()]), self._data)
        except (IndexError, KeyError, ValueError, struct.error) as error:
            raise ModelError(f"the checkpoint's {name} is damaged ({error})") from error


def _tensor(entry: Message, data: bytes) -> np.ndarray:
    """Reads the tensor of a BundleEntryProto: 1 dtype, 2 shape, 4 offset, 5 size, 6 masked CRC."""
    if _number(entry, 1) != _FLOAT:
        raise ValueError(f"of type {_number(entry, 1)}, not float32")
    # A TensorShapeProto: 2 dim, repeated; each with 1 size.
    dims = [_message(dim) for dim in _message(entry[2][0]).get(2, [])]
    offset, size = _number(entry, 4), _number(entry, 5)
    raw = data[offset : offset + size]
    _check(raw, _number(entry, 6))
    return np.frombuffer(raw, "<f4").reshape([_number(dim, 1) for dim in dims]).copy()


def _table(table: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yields keys and values of a LevelDB table, in order."""
    footer = table[-_FOOTER_BYTES:]
    if struct.unpack("<Q", footer[-8:]) != (_TABLE_MAGIC,):
        raise ValueError("no table footer")
    at = 0
    for _ in range(2):  # the index of meta blocks, then that of the data blocks
        offset, at = _varint(footer, at)
        size, at = _varint(footer, at)
    for _, handle in _block(table, offset, size):
        offset, at = _varint(handle, 0)
        size, _ = _varint(handle, at)
        yield from _block(table, offset, size)


def _block(table: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Yields keys and values of a block; a key is stored as its difference from the last one."""
    block, kind, crc = table[offset : offset + size], table[offset + size], offset + size + 1
    _check(table[offset:crc], *struct.unpack("<I", table[crc : crc + 4]))
    if kind:
        raise ValueError("compressed, which TensorFlow's are not")
    (restarts,) = struct.unpack("<I", block[-4:])
    at, key = 0, b""
    while at < len(block) - 4 * (restarts + 1):
        shared, at = _varint(block, at)
        unshared, at = _varint(block, at)
        length, at = _varint(block, at)
        key = key[:shared] + block[at : at + unshared]
        at += unshared
        yield key, block[at : at + length]
        at += length


def _message(raw: int | bytes) -> Message:
    """Reads the fields of a protocol buffer by number, undecoded (protobuf.dev, "Encoding")."""
    if isinstance(raw, int):
        raise ValueError("a number where a message belongs")
    fields: Message = {}
    at = 0
    while at < len(raw):
        tag, at = _varint(raw, at)
        value: int | bytes
        if tag & 7 == 0:
            value, at = _varint(raw, at)
        else:
            if tag & 7 == 2:
                length, at = _varint(raw, at)
            else:
                length = {1: 8, 5: 4}[tag & 7]
            value = raw[at : at + length]
            at += length
            if tag & 7 != 2:
                value = int.from_bytes(value, "little")
        fields.setdefault(tag >> 3, []).append(value)
    return fields


def _number(message: Message, field: int) -> int:
    """Reads an integer field; protocol buffers leave out a zero."""
    value = message.get(field, [0])[-1]
    if isinstance(value, bytes):
        raise ValueError("a message where a number belongs")
    return value


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    """Reads a number of seven bits per byte at a position; returns it and the position after."""
    value = shift = 0
    while True:
        byte = raw[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _check(raw: bytes, expected: int) -> None:
    """Compares with a CRC-32C (RFC 3720, B.4), masked as in LevelDB's `util/crc32c.h`."""
    crc = 0xFFFFFFFF
    for byte in raw:
        crc = _CRC_TABLE[(crc ^ byte) & 255] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    if ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF != expected:
        raise ValueError("a checksum differs")


def _crc_table() -> list[int]:
    table = list(range(256))
    for _ in range(8):
        table = [value >> 1 ^ (0x82F63B78 if value & 1 else 0) for value in table]
    return table


_CRC_TABLE = _crc_table()
