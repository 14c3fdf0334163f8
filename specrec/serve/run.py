"""Runs the server."""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable
from contextlib import nullcontext

import uvicorn
from fastapi import FastAPI
from threadpoolctl import threadpool_limits
from uvicorn.protocols.http.h11_impl import H11Protocol

from specrec.errors import SpecrecError
from specrec.serve.app import make_app
from specrec.serve.helpers import Helpers
from specrec.serve.settings import ServeSettings
from specrec.serve.shelf import Shelf
from specrec.serve.watch import Watch

_CLOSING_SECONDS = 5  # for answers that are on their way, such as a song


class AddressError(SpecrecError):
    """A server can't listen on an address."""


def run(
    shelf: Shelf, settings: ServeSettings, on_ready: Callable[[str], None] = lambda url: None
) -> None:
    """Serves libraries until the process is told to stop.

    Args:
        shelf: The libraries.
        settings: How it runs.
        on_ready: Called with the server's URL when it listens.

    Raises:
        AddressError: If the address can't be used.
        KeyboardInterrupt: When it was told to stop, after it has.
    """
    _log_plainly()
    # Products are small; BLAS's threads would only wait for each other, and in waiting take twice
    # the time.
    threadpool_limits(1, "blas")
    watch = Watch(shelf) if settings.watch else None
    helpers = Helpers(settings.helpers)
    server = make_server(make_app(shelf, settings, watch, helpers), settings)
    with listen(settings.host, settings.port) as listening, helpers, watch or nullcontext():
        port = listening.getsockname()[1]
        host = f"[{settings.host}]" if ":" in settings.host else settings.host  # IPv6
        _end_with_terminal()
        on_ready(f"http://{host}:{port}/")
        for name in shelf.names:
            helpers.prepare(shelf.library(name))
        server.run(sockets=[listening])


def make_server(app: FastAPI, settings: ServeSettings) -> uvicorn.Server:
    """Makes the server of an application, which does not run yet."""
    config = uvicorn.Config(
        app,
        http=_protocol(settings.limits.head_seconds),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=settings.limits.connections,
        timeout_graceful_shutdown=_CLOSING_SECONDS,
    )
    return uvicorn.Server(config)


def listen(host: str, port: int) -> socket.socket:
    """Listens on an address; on port 0, on one that is free.

    Raises:
        AddressError: If that can't be done.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(128)
        except OSError:
            listening.close()
            raise
    except OSError as error:
        raise AddressError(
            f"{host}:{port}: can't listen there ({error.strerror}); choose another --host or --port"
        ) from error
    listening.set_inheritable(False)
    return listening


def _protocol(head_seconds: float) -> type[H11Protocol]:
    """HTTP over connections that are closed if no request comes in time (Slowloris)."""

    class Protocol(H11Protocol):
        _deadline: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._watch_head()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._watch_head()

        def connection_lost(self, exc: Exception | None) -> None:
            self._end_watch()
            super().connection_lost(exc)

        def _watch_head(self) -> None:
            if self.cycle is not None and not self.cycle.response_complete:
                self._end_watch()  # the headers are complete
            elif self._deadline is None:
                self._deadline = self.loop.call_later(head_seconds, self.transport.close)

        def _end_watch(self) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

    return Protocol


def _end_with_terminal() -> None:
    """Lets a closed terminal end the server as SIGTERM does, which uvicorn handles."""
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda number, frame: signal.raise_signal(signal.SIGTERM))


def _log_plainly() -> None:
    """Logs in plain lines on the error output; not that somebody sent what is no HTTP."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    logging.getLogger("specrec.serve").setLevel(logging.INFO)
    http = logging.getLogger("uvicorn.error")
    http.setLevel(logging.ERROR)
    http.addFilter(_is_not_cancelled)


def _is_not_cancelled(record: logging.LogRecord) -> bool:
    """Leaves out the traceback of each answer that the end of the server cuts off.

    One line says how many there are.
    """
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))
