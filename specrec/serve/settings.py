"""How a server runs, and what a client may ask of it."""

from dataclasses import dataclass, field

from specrec.serve.access import Access


@dataclass(frozen=True)
class Limits:
    """What a client may ask of a server.

    Attributes:
        body_bytes: The longest body of a request, except that of a file.
        upload_bytes: The longest file that is taken as a query.
        query_chars: The longest query string.
        neighbors: The most neighbors, steps or tracks in one answer.
    """

    body_bytes: int = 1_000_000
    upload_bytes: int = 200_000_000
    query_chars: int = 8_000
    neighbors: int = 500


@dataclass(frozen=True)
class ServeSettings:
    """How a server runs.

    Attributes:
        host: The address on which it listens.
        port: The port.
        limits: What a client may ask of it.
        access: Who may use it; None if everybody on this machine may.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    limits: Limits = field(default_factory=Limits)
    access: Access | None = None
