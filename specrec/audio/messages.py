"""Python objects over a socket; arrays in them are copied nowhere but into and out of it."""

import pickle
import struct
from socket import socket
from typing import Any

import numpy as np


def send(connection: socket, message: object) -> None:
    """Sends what can be pickled."""
    buffers: list[pickle.PickleBuffer] = []
    body = pickle.dumps(message, protocol=5, buffer_callback=buffers.append)
    parts = [memoryview(body), *(buffer.raw() for buffer in buffers)]
    sizes = [len(parts), *(part.nbytes for part in parts)]
    connection.sendall(struct.pack(f"<{len(sizes)}Q", *sizes))
    for part in parts:
        connection.sendall(part)


def receive(connection: socket) -> Any:
    """Waits for what the other process sends; it must be one of our own.

    Raises:
        EOFError: If that process is gone.
        OSError: If the connection breaks.
    """
    (count,) = struct.unpack("<Q", _read(connection, 8))
    sizes = struct.unpack(f"<{count}Q", _read(connection, 8 * count))
    body, *buffers = [_read(connection, size) for size in sizes]
    return pickle.loads(body, buffers=buffers)


def _read(connection: socket, size: int) -> memoryview:
    view = np.empty(size, dtype=np.uint8).data  # a bytearray would be zeroed first
    done = 0
    while done < size:
        count = connection.recv_into(view[done:])
        if count == 0:
            raise EOFError
        done += count
    return view
