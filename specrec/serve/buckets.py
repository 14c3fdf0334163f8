"""Token buckets: how often each client may do something."""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

_MOST_CLIENTS = 10_000  # that are remembered; the one longest silent is forgotten first


class Buckets:
    """A bucket of tokens for each client, which fills again at a steady rate.

    >>> now = [0.0]
    >>> buckets = Buckets(2, per_second=1.0, clock=lambda: now[0])
    >>> [buckets.take("192.0.2.1") for _ in range(3)]
    [True, True, False]
    >>> now[0] = 1.0
    >>> buckets.take("192.0.2.1")
    True

    Args:
        size: The most tokens in a bucket, with which it starts.
        per_second: How many tokens come back.
        clock: The time in seconds.
    """

    def __init__(
        self, size: int, per_second: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._size = size
        self._per_second = per_second
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str) -> bool:
        """Takes a token, if there is one."""
        left = self._tokens(client)
        if left < 1:
            return False
        self._left[network_of(client)] = (left - 1, self._clock())
        self._left.move_to_end(network_of(client))
        if len(self._left) > _MOST_CLIENTS:
            self._left.popitem(last=False)
        return True

    def wait_seconds(self, client: str) -> float:
        """How long it takes until there is a token; 0 if there is one."""
        return max(0.0, 1 - self._tokens(client)) / self._per_second

    def _tokens(self, client: str) -> float:
        left, then = self._left.get(network_of(client), (float(self._size), 0.0))
        return min(self._size, left + (self._clock() - then) * self._per_second)


def network_of(client: str) -> str:
    """What one client can choose among: of IPv6 a whole /64 is one's own.

    >>> network_of("192.0.2.1"), network_of("2001:db8::1:2:3:4")
    ('192.0.2.1', '2001:db8::/64')
    """
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    if address.version == 4:
        return client
    return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))
