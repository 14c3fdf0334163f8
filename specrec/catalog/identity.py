"""A name for a file's content, so that a moved or renamed file is recognized."""

import hashlib
from pathlib import Path


def content_id(path: Path) -> str:
    """First 16 hexadecimal digits of the SHA-256 of a file's bytes.

    With 64 bits, two different files among a million share an id with a probability of 3e-8.

    Raises:
        OSError: If the file can't be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]
