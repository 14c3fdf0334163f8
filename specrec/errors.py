"""The errors that specrec raises, and the reasons why a file is left out."""

from collections.abc import Sequence
from enum import StrEnum


class SpecrecError(Exception):
    """Base of all errors that a user can fix.

    The message is one line: what is wrong, with which value, and what to do. The command line
    prints it as it stands and exits with code 2.

    >>> import specrec
    >>> try:
    ...     specrec.load_model("no-such-model")
    ... except specrec.SpecrecError as error:
    ...     print(type(error).__name__)
    ModelError
    """


def message_of(error: BaseException) -> str:
    """Returns an error as the command line prints it; for one of the system, file and reason."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


class ConfigError(SpecrecError):
    """A setting is unknown or out of its range."""


class CatalogError(SpecrecError):
    """A folder or table of tracks can't be read, or holds nothing to work on."""


class ModelError(SpecrecError):
    """A model is missing, damaged, or of a newer format."""


class LibraryError(SpecrecError):
    """A library is missing, damaged, or does not fit the model."""


class StorageError(SpecrecError):
    """A file can't be written, because the disk is full or read-only, for instance."""


class QueryError(SpecrecError):
    """A query fits no track or several, or an option of a search is out of its range.

    Attributes:
        candidates: The tracks that the query may mean, one line each.
    """

    def __init__(self, message: str, candidates: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.candidates = tuple(candidates)

    def __str__(self) -> str:
        return "\n".join((self.args[0], *self.candidates))


class TagError(SpecrecError):
    """Tags can't be written into a file. The message does not name it."""


class WorkerError(SpecrecError):
    """Worker processes can't be started, or one of them was killed."""


class SkipReason(StrEnum):
    """Why a file is not in the library. The values are stable: they are written to disk."""

    MISSING = "missing"
    UNREADABLE = "unreadable"
    NOT_A_FILE = "not_a_file"
    BAD_NAME = "bad_name"
    EMPTY = "empty"
    NOT_AUDIO = "not_audio"
    CORRUPT = "corrupt"
    TRUNCATED = "truncated"
    TOO_SHORT = "too_short"
    SILENT = "silent"
    CONSTANT = "constant"
    NOT_FINITE = "not_finite"
    DUPLICATE = "duplicate"
    CRASHED = "crashed"
    TIMED_OUT = "timed_out"
    TOO_LARGE = "too_large"
    REMOVED = "removed"


class AudioError(SpecrecError):
    """A file can't be used as audio.

    Attributes:
        reason: The code under which the file is listed.
        path: The file, or the name of an array.
        detail: What is wrong, without the file's name.
    """

    def __init__(self, path: object, reason: SkipReason, detail: str) -> None:
        super().__init__(f"{path}: {detail} ({reason})")
        self.path = path
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the arguments when the error travels between processes."""
        return type(self), (self.path, self.reason, self.detail)
