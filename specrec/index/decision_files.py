"""Reads and writes the two copies of a library's decisions (`decisions.json`)."""

from dataclasses import dataclass
from pathlib import Path

from specrec.errors import LibraryError
from specrec.index.decisions import Decisions, Kept, Removed, decisions_of
from specrec.index.files import REMEDY, sealed, unsealed
from specrec.index.generation import Generation
from specrec.writing import storing, to_disk, write_file

NAMES = ("decisions.json", "decisions.copy.json")
_FORMAT_VERSION = 4  # as of the library in which they first stood apart


@dataclass(frozen=True)
class Copies:
    """The two files with a library's decisions, as they were read.

    Attributes:
        decisions: The newer of the intact copies; None if neither exists or is intact.
        damage: What is wrong with the copies, one line each.
        error: Why no copy can be read, although there are some; None if one can, or none exists.
    """

    decisions: Decisions | None
    damage: list[str]
    error: LibraryError | None = None

    def or_of(self, generation: Generation | None) -> Decisions:
        """Returns the decisions: from the copies if there are any, else from a generation.

        Args:
            generation: The current generation, the only place for decisions before format 4; None
                if there is none.

        Raises:
            LibraryError: If all copies are damaged.
        """
        if self.decisions is not None:
            return self.decisions
        if self.error is not None:
            raise self.error
        return Decisions() if generation is None else decisions_of(generation)


def read_copies(library: Path) -> Copies:
    """Reads both copies; if they are equal, they are parsed only once."""
    contents: dict[Path, bytes] = {}
    found: dict[Path, Decisions] = {}
    damage, errors = [], []
    for path in (library / name for name in NAMES):
        try:
            contents[path] = path.read_bytes()
            same = next((other for other in found if contents[other] == contents[path]), None)
            found[path] = _parse(contents[path], path) if same is None else found[same]
        except (OSError, LibraryError):
            damage.append(f"{path}: missing or damaged")
            if path.exists():
                errors.append(LibraryError(f"{path}: damaged; {REMEDY}"))
    newest = max(found.values(), key=lambda item: item.revision, default=None)
    for path, decisions in found.items():
        if newest is not None and decisions.revision < newest.revision:
            damage.append(f"{path}: older than its copy")
    return Copies(newest, damage, errors[0] if errors and newest is None else None)


def read_decisions(library: Path, generation: Generation | None) -> Decisions:
    """Reads a library's decisions; see `Copies.or_of`.

    Raises:
        LibraryError: If both copies are damaged.
    """
    return read_copies(library).or_of(generation)


def has_decisions(library: Path) -> bool:
    """Whether a library has at least one file of decisions."""
    return any((library / name).exists() for name in NAMES)


def note_decisions(library: Path, copies: Copies, decisions: Decisions) -> None:
    """Writes the decisions, unless both copies hold them already.

    Raises:
        StorageError: If it can't be written.
    """
    if copies.damage or copies.decisions != decisions:
        write_decisions(library, decisions)


def write_decisions(library: Path, decisions: Decisions) -> None:
    """Writes both copies, one after the other, so that one is always intact.

    Raises:
        StorageError: If they can't be written.
    """
    document = {
        "format_version": _FORMAT_VERSION,
        "revision": decisions.revision + 1,
        "removed": [vars(item) for item in decisions.removed],
        "kept": [vars(item) for item in decisions.kept],
    }
    content = sealed(document)
    for name in NAMES:
        write_file(library / name, content)
    with storing(library):
        to_disk(library)  # before a generation that rests on them can be there


def _parse(content: bytes, path: Path) -> Decisions:
    document = unsealed(content, path)
    try:
        return Decisions(
            tuple(Removed(**item) for item in document["removed"]),
            tuple(Kept(**item) for item in document["kept"]),
            int(document["revision"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise LibraryError(f"{path}: damaged; {REMEDY}") from error
