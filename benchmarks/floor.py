"""What decoding alone takes: apart from `ingest.py`, so that worker processes can import it."""

from collections.abc import Iterator
from pathlib import Path

from specrec.audio.decoding import decode_with
from specrec.audio.streaming import Resampled

RATE = 22_050


def count_seconds(path: Path) -> Iterator[float]:
    """Decodes and resamples a file; yields its duration."""
    yield from decode_with(
        path, lambda stream: iter([sum(map(len, Resampled(stream, RATE))) / RATE])
    )
