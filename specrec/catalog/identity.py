"""Names for a file's content, so that a moved, renamed or newly tagged file is recognized."""

import hashlib
from pathlib import Path

from specrec.audio.payload import sounding_spans

_BLOCK = 1 << 20


def content_id(path: Path) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of a file's bytes.

    With 64 bits, two different files among a million share an id with a probability of 3e-8.

    Raises:
        OSError: If the file can't be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def audio_id(path: Path) -> str:
    """Names the bytes that sound, as `content_id` does all: edited tags do not change it.

    Raises:
        OSError: If the file can't be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for start, end in sounding_spans(file):
            file.seek(start)
            while start < end and (block := file.read(min(_BLOCK, end - start))):
                digest.update(block)
                start += len(block)
    return digest.hexdigest()[:16]
