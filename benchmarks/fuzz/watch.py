"""What processes do: the memory they hold, the sockets and the files that they open."""

import ctypes
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_IN_OPEN = 0x20


def family(pid: int) -> list[int]:
    """A process and all that it started, as far as they are there."""
    with suppress(OSError):
        files = Path(f"/proc/{pid}/task").glob("*/children")
        children = [int(child) for file in files for child in file.read_text().split()]
        return [pid, *(one for child in children for one in family(child))]
    return []


def session(leader: int) -> list[int]:
    """The processes of a session, also those whose parent has ended."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state, _, _, own = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(own) == leader and state != "Z":
                found.append(int(folder.name))
    return found


def end(leader: int) -> None:
    """Ends a session."""
    for pid in session(leader):
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def resident(pids: list[int]) -> int:
    """Bytes that processes hold; pages that they share count in each."""
    pages = 0
    for pid in pids:
        with suppress(OSError, IndexError):
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def sockets(pids: list[int]) -> set[str]:
    """The network sockets of processes: protocol, own and other end in hexadecimal."""
    held: set[str] = set()
    for pid in pids:
        with suppress(OSError):
            for file in Path(f"/proc/{pid}/fd").iterdir():
                with suppress(OSError):
                    name = str(file.readlink())
                    if name.startswith("socket:["):
                        held.add(name[8:-1])
    found = set()
    for protocol in ("tcp", "tcp6", "udp", "udp6") if held else ():
        with suppress(OSError):
            for line in Path(f"/proc/net/{protocol}").read_text().splitlines()[1:]:
                fields = line.split()
                if fields[9] in held:
                    found.add(f"{protocol} {fields[1]} {fields[2]}")
    return found


class Sentinel:
    """A file that nobody is to open."""

    def __init__(self, path: Path) -> None:
        self.path = path
        libc = ctypes.CDLL(None, use_errno=True)
        self._handle = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._handle < 0 or libc.inotify_add_watch(self._handle, bytes(path), _IN_OPEN) < 0:
            raise OSError(ctypes.get_errno(), "inotify can't watch", str(path))

    def was_opened(self) -> bool:
        """Whether anybody did since this was last asked."""
        with suppress(BlockingIOError):
            return bool(os.read(self._handle, 65_536))
        return False


class Listener:
    """Somebody at a port of this machine, whom nobody is to call; who does is sent away."""

    def __init__(self, server: socket.socket) -> None:
        self._server, self._calls = server, 0
        self.port = int(server.getsockname()[1])
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with suppress(OSError):  # closed
            while True:
                caller, _ = self._server.accept()
                self._calls += 1
                with caller, suppress(OSError):
                    caller.sendall(b"HTTP/1.0 404 Not Found\r\n\r\n")

    def was_called(self) -> bool:
        """Whether anybody did since this was last asked."""
        calls, self._calls = self._calls, 0
        return calls > 0


@contextmanager
def listening() -> Iterator[Listener]:
    """A listener, for as long as the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield Listener(server)
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
