"""How long work says how far it has come."""

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with how many items are done, and how many there are."""
