"""The parts of a library that is built in shares: opened, and checked to fit each other."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from specrec.config import Shard
from specrec.descriptors.measure import VERSION as MEASURE_VERSION
from specrec.errors import LibraryError
from specrec.index.decision_files import read_decisions
from specrec.index.decisions import Decisions
from specrec.index.files import sealed
from specrec.index.generation import Generation
from specrec.index.generations import FORMAT_VERSION, read_generation
from specrec.index.segment_store import store_key


@dataclass(frozen=True, eq=False)
class LibraryPart:
    """A library of one share of the music.

    Attributes:
        folder: Its folder.
        generation: Its current state.
        decisions: The decisions about it.
        shard: Which share it holds.
    """

    folder: Path
    generation: Generation
    decisions: Decisions
    shard: Shard

    @property
    def state(self) -> str:
        """Names what it holds: another run that changes anything makes it another one."""
        return hashlib.sha256(sealed(self.generation.manifest)).hexdigest()[:16]

    @property
    def settings(self) -> dict[str, Any]:
        """The settings with which it was built, except for its share."""
        return dict(self.generation.manifest["settings"]) | {"shard": None}


@dataclass(frozen=True, eq=False)
class LibraryParts:
    """The parts of one library.

    Attributes:
        finished: Those whose index run has finished, by the number of their shares; at least one.
        interrupted: Folders of those whose first run has not finished.
        missing: Numbers of the shares of which no part has finished.
    """

    finished: list[LibraryPart]
    interrupted: list[Path]
    missing: list[int]

    @property
    def first(self) -> LibraryPart:
        """The part of which the others have model, music and settings in common."""
        return self.finished[0]

    @property
    def count(self) -> int:
        """How many shares there are."""
        return self.first.shard.count

    @property
    def folders(self) -> list[Path]:
        """The folders of all parts, finished or not."""
        return [*(part.folder for part in self.finished), *self.interrupted]

    @property
    def key(self) -> str:
        """The key under which they store what they embedded."""
        coverage = self.first.settings["windows_per_track"]
        return store_key(self.first.generation.fingerprint, coverage)


def open_parts(folders: Sequence[Path], partial: bool = False) -> LibraryParts:
    """Opens the parts of a library.

    Args:
        folders: Their folders, in any order.
        partial: Whether shares may be missing, or not finished.

    Raises:
        LibraryError: If they do not belong together, or one is missing, damaged or not finished.
    """
    found = {folder: read_generation(folder) for folder in folders}
    interrupted = [folder for folder, generation in found.items() if generation is None]
    for folder in interrupted:
        if next(folder.glob("segments/*/*"), None) is None:
            raise LibraryError(
                f"{folder}: no library there; build it with"
                f" specrec index audio=MUSIC shard=NUMBER/COUNT library={folder}"
            )
    if interrupted and not partial:
        raise LibraryError(
            f"{interrupted[0]}: its index run has not finished; run the same command again,"
            " or merge with --partial"
        )
    parts = [_part(folder, opened) for folder, opened in found.items() if opened is not None]
    if not parts:
        raise LibraryError(f"{interrupted[0]}: no part has finished; run one to its end first")
    parts.sort(key=lambda part: part.shard.number)
    _check_shares(parts)
    for part in parts[1:]:
        _check_alike(part, parts[0])
    here = {part.shard.number for part in parts}
    missing = [number for number in range(1, parts[0].shard.count + 1) if number not in here]
    if missing and not partial:
        raise LibraryError(
            f"{said_missing(missing, parts[0].shard.count)}; give all parts, or merge with"
            " --partial"
        )
    return LibraryParts(parts, interrupted, missing)


def said_missing(missing: Sequence[int], count: int) -> str:
    """Says which shares are missing: `shards 2 and 5 of 8 are missing`."""
    *most, last = map(str, missing)
    if not most:
        return f"shard {last} of {count} is missing"
    return f"shards {', '.join(most)} and {last} of {count} are missing"


def _part(folder: Path, generation: Generation) -> LibraryPart:
    if generation.shard is None:
        raise LibraryError(
            f"{folder}: no part, but a library of all its music; build parts with"
            " specrec index shard=NUMBER/COUNT"
        )
    version = generation.manifest["measure_version"]
    if generation.version < FORMAT_VERSION or version != MEASURE_VERSION:
        raise LibraryError(
            f"{folder}: an older specrec built it; run its specrec index once, then merge again"
        )
    decisions = read_decisions(folder, generation)
    return LibraryPart(folder, generation, decisions, Shard.parse(generation.shard))


def _check_shares(parts: Sequence[LibraryPart]) -> None:
    """Refuses parts that overlap."""
    first = parts[0]
    for part in parts[1:]:
        if part.shard.count != first.shard.count:
            raise LibraryError(
                f"{part.folder}: holds shard {part.shard}, but {first.folder} shard"
                f" {first.shard}; give parts of one division"
            )
    for one, other in pairwise(parts):
        if one.shard == other.shard:
            raise LibraryError(
                f"{other.folder}: holds shard {other.shard}, as {one.folder} does; give one of them"
            )


def _check_alike(part: LibraryPart, first: LibraryPart) -> None:
    """Refuses a part of other music, another model or other settings than the first has."""
    for (name, value), (_, other) in zip(_traits(part), _traits(first), strict=True):
        if value != other:
            raise LibraryError(
                f"{part.folder}: its {name} is {value}, but that of {first.folder} is {other};"
                " parts of one library have the same"
            )


def _traits(part: LibraryPart) -> Iterator[tuple[str, Any]]:
    manifest = part.generation.manifest
    model = manifest["model"]
    yield "folder of music", manifest["audio_root"]
    yield "model", f"{model['name']} ({model['fingerprint']})"
    yield from sorted(part.settings.items())
