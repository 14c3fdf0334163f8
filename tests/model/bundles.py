"""A writer of TensorFlow checkpoints, made from other parts than the reader's."""

import struct

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c


def _entry_class():  # type: ignore[no-untyped-def]
    """BundleEntryProto; a BundleHeaderProto is one too, as its field 1 is a number as well."""
    file = descriptor_pb2.FileDescriptorProto(name="entry.proto", package="t", syntax="proto3")
    message = file.message_type.add(name="Entry")
    field = descriptor_pb2.FieldDescriptorProto
    for number, name, kind in [
        (1, "dtype", field.TYPE_INT32),
        (2, "shape", field.TYPE_BYTES),
        (3, "shard_id", field.TYPE_INT32),
        (4, "offset", field.TYPE_INT64),
        (5, "size", field.TYPE_INT64),
        (6, "crc32c", field.TYPE_FIXED32),
    ]:
        message.field.add(number=number, name=name, type=kind, label=field.LABEL_OPTIONAL)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("t.Entry"))


Entry = _entry_class()


def write_bundle(
    tensors: dict[str, np.ndarray], entries_per_block: int = 7, shards: int = 1
) -> tuple[bytes, bytes]:
    """Index and data of a checkpoint of float32 tensors."""
    data = b""
    rows = [(b"", Entry(dtype=shards).SerializeToString())]  # the header: number of shards
    for name, tensor in sorted(tensors.items()):
        raw = np.asarray(tensor, "<f4").tobytes()
        shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=size) for size in tensor.shape])
        entry = Entry(
            dtype=1,
            shape=shape.SerializeToString(),
            offset=len(data),
            size=len(raw),
            crc32c=masked_crc32c(raw),
        )
        rows.append((name.encode(), entry.SerializeToString()))
        data += raw
    return write_table(rows, entries_per_block), data


def write_table(rows: list[tuple[bytes, bytes]], rows_per_block: int, kind: int = 0) -> bytes:
    table, handles = b"", []

    def append(block: bytes) -> bytes:
        nonlocal table
        handle = varint(len(table)) + varint(len(block))
        crc = masked_crc32c(block + bytes([kind]))
        table += block + bytes([kind]) + struct.pack("<I", crc)
        return handle

    for start in range(0, len(rows), rows_per_block):
        part = rows[start : start + rows_per_block]
        handles.append((part[-1][0], append(block_of(part))))
    footer = append(block_of([])) + append(block_of(handles))
    return table + footer.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)


def block_of(rows: list[tuple[bytes, bytes]]) -> bytes:
    """A block with one restart, so that every key but the first leans on the one before."""
    block, before = b"", b""
    for key, value in rows:
        shared = 0
        while shared < min(len(before), len(key)) and before[shared] == key[shared]:
            shared += 1
        block += varint(shared) + varint(len(key) - shared) + varint(len(value))
        block += key[shared:] + value
        before = key
    return block + struct.pack("<II", 0, 1)


def varint(value: int) -> bytes:
    digits = b""
    while value > 127:
        digits += bytes([value & 127 | 128])
        value >>= 7
    return digits + bytes([value])
