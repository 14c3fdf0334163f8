"""What runs on the machines of a Ray cluster: it builds parts of a library, one after the other.

Each part is an index run of its own, which resumes what an earlier one has left, so whatever dies
costs the files that were not embedded yet.
"""

import os
import platform
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from specrec.config import IndexConfig, Shard
from specrec.errors import SpecrecError, message_of
from specrec.index.build import build_library
from specrec.index.locks import InUseError
from specrec.scale.remote_folder import RemoteFolder, is_url

_SEND_SECONDS = 60.0  # after which what was embedded since is sent to a URL
_LOCK_SECONDS = 60.0  # for which a process that was ended may still hold a part


@dataclass(frozen=True)
class Outcome:
    """What became of a part.

    Attributes:
        shard: What it was to build.
        files: Number of files that were new.
        embedded: Number of those that were embedded.
        error: Why it could not be built, in one line; None if it was.
    """

    shard: Shard
    files: int = 0
    embedded: int = 0
    error: str | None = None


@dataclass(frozen=True)
class Pulse:
    """A sign of life.

    Attributes:
        process: Number of the process.
        shard: The shard that it works on; None if it has none.
        done: Number of files of this shard that were decoded and embedded.
        total: Number of files to embed, as far as it is known.
        cpu_seconds: Processor time that it has used.
    """

    process: int
    shard: Shard | None
    done: int
    total: int
    cpu_seconds: float

    @property
    def files(self) -> tuple[Shard | None, int, int]:
        """How far it is."""
        return self.shard, self.done, self.total


def part_name(shard: Shard) -> str:
    """The name of a part's folder: `003-of-032`."""
    return f"{shard.number:03d}-of-{shard.count:03d}"


class Builder:
    """Builds parts; the class of the cluster's actors.

    Args:
        config: The settings of the whole.
        parts: The folder or URL where parts are kept.
    """

    def __init__(self, config: IndexConfig, parts: str) -> None:
        self._config = config
        self._parts = parts
        self._load = lru_cache(maxsize=1)(_load)
        self._shard: Shard | None = None
        self._done = self._total = 0

    def pulse(self) -> Pulse:
        """Says how far it is; this is asked while `build` runs."""
        return Pulse(
            os.getpid(), self._shard, self._done, self._total, cpu_seconds=time.process_time()
        )

    def build(self, shard: Shard) -> Outcome:
        """Builds a part, or brings it up to date."""
        self._done = self._total = 0
        self._shard = shard
        try:
            with _folder(self._parts, part_name(shard)) as (folder, remote):
                embedded = self._run(shard, folder, remote)
                return Outcome(shard, self._total, embedded)
        except (SpecrecError, OSError) as error:
            return Outcome(shard, error=f"on {platform.node()}: {message_of(error)}")
        finally:
            self._shard = None

    def _run(self, shard: Shard, folder: Path, remote: RemoteFolder | None) -> int:
        sent = time.monotonic()

        def show(done: int, total: int) -> None:
            nonlocal sent
            self._done, self._total = done, total
            if remote is not None and time.monotonic() - sent > _SEND_SECONDS:
                remote.send_segments(folder)
                sent = time.monotonic()

        config = replace(self._config, backend="local", shard=str(shard), library=str(folder))
        until = time.monotonic() + _LOCK_SECONDS
        while True:
            try:
                report = build_library(config, on_embed=show, load=self._load)
                break
            except InUseError:
                if time.monotonic() > until:
                    raise
                time.sleep(1)
        if remote is not None:
            remote.send(folder)
        return report.embedded


def _load(model: Path, device: str) -> Any:
    from specrec.model.model import load_model  # here, for a part with nothing new needs no torch

    return load_model(model, device)


@contextmanager
def _folder(parts: str, name: str) -> Iterator[tuple[Path, RemoteFolder | None]]:
    """Gives the folder of a part: itself, or a copy of what is at a URL."""
    if not is_url(parts):
        yield Path(parts) / name, None
        return
    with tempfile.TemporaryDirectory(prefix="specrec-part-") as scratch:
        folder, remote = Path(scratch) / name, RemoteFolder(f"{parts.rstrip('/')}/{name}")
        remote.fetch(folder)
        yield folder, remote
