"""The type of functions that report progress."""

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""A function that is called with the number of items done and of all items."""
