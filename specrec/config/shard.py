"""A share of many files, so that a library can be built in parts."""

import hashlib
import re
from dataclasses import dataclass

from specrec.config.rule import require


@dataclass(frozen=True)
class Shard:
    """One of equal shares into which the files of a folder are divided.

    A file belongs to a share by a hash of its path, whichever other files there are: those that
    come or go move no other file. Each share of n is divided into two of 2n.

    >>> shard = Shard.parse("3/8")
    >>> shard.number, shard.count, str(shard)
    (3, 8, '3/8')
    >>> str(Shard.of("album/song.flac", 4)), Shard.parse("2/4").holds("album/song.flac")
    ('1/4', False)

    Attributes:
        number: Which share, from 1.
        count: How many shares there are.
    """

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """Reads `NUMBER/COUNT`.

        Raises:
            ConfigError: If it is something else.
        """
        found = re.fullmatch(r"\s*(\d{1,9})\s*/\s*(\d{1,9})\s*", text)
        number, count = map(int, found.groups()) if found else (0, 0)
        require(1 <= number <= count, "shard", text, "a share such as 3/8, the third of eight")
        return cls(number, count)

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @classmethod
    def of(cls, path: str, count: int) -> "Shard":
        """The share to which the file at a path, relative to the folder of music, belongs."""
        digest = hashlib.sha256(path.encode("utf-8", "surrogateescape")).digest()
        return cls(int.from_bytes(digest[:8], "big") % count + 1, count)

    def holds(self, path: str) -> bool:
        """Whether the file at a path, relative to the folder of music, belongs to this share."""
        return Shard.of(path, self.count) == self
