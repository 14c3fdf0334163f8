"""How a server runs, and what a client may ask of it."""

import ipaddress
from dataclasses import dataclass, field

from specrec.errors import ConfigError
from specrec.serve.access import Access


@dataclass(frozen=True)
class Limits:
    """What a client may ask of a server.

    Attributes:
        body_bytes: The longest body of a request, except that of a file.
        body_seconds: How long to wait for the next part of a body.
        head_seconds: How long to wait for all the headers of a request.
        upload_seconds: The longest audio that is taken as a query.
        upload_bytes: The longest file.
        embed_seconds: How long reading and embedding a file may take.
        query_chars: The longest query string.
        neighbors: The most neighbors, steps or tracks in one answer.
        requests_per_second: Of one client from elsewhere, on average.
        requests_at_once: Of one client from elsewhere, after it was silent for a while.
        failed_logins: Of one client, before it must wait; it may try again every ten seconds.
        connections: Of all clients.
    """

    body_bytes: int = 1_000_000
    body_seconds: float = 30.0
    head_seconds: float = 10.0
    upload_seconds: float = 7200.0
    upload_bytes: int = 200_000_000
    embed_seconds: float = 600.0
    query_chars: int = 8_000
    neighbors: int = 500
    requests_per_second: float = 100.0
    requests_at_once: int = 1_000
    failed_logins: int = 10
    connections: int = 1_000


@dataclass(frozen=True)
class ServeSettings:
    """How a server runs.

    Attributes:
        host: The address on which it listens.
        port: The port; 0 for any that is free.
        access: Who may use it; None for everybody who can reach it.
        public_names: Names by which clients reach it besides its addresses, as through a proxy.
        watch: Whether libraries are brought up to date when their music changes.
        log_requests: Whether each request is logged.
        helpers: How many processes compute answers beside its own.
        limits: What a client may ask of it.

    Raises:
        ConfigError: If other machines could use it without a password or an API key.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    access: Access | None = None
    public_names: tuple[str, ...] = ()
    watch: bool = False
    log_requests: bool = False
    helpers: int = 0
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if self.access is None and not is_loopback(self.host):
            raise ConfigError(
                f"other machines can reach {self.host}, so it needs a password or an API key:"
                " write them with specrec access FILE --user NAME, then add --access FILE"
            )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address.

    >>> [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "music")]
    [True, True, True, False, False]
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
