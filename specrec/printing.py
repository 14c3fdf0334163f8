"""Prints text to the terminal safely: titles and file names may hold any characters."""

import io
import re
import sys
from collections.abc import Collection

from specrec.errors import QueryError, message_of

# Controls (C0, DEL, C1), line and paragraph separators, what turns the direction of writing
# (CVE-2021-42574), surrogates and what no XML file may hold. What scripts need stays: joiners,
# variation selectors, the marks of right and left.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u206f\ud800-\udfff\ufffe\uffff]")

_LIKE = 0.7  # how like a name is what was typed with a slip; 0.6 takes bogus for gpus


def visible(text: str) -> str:
    r"""Makes a text safe for one line of a terminal: control characters become escapes.

    >>> visible("a\x1b[2J, Beyonc\N{LATIN SMALL LETTER E WITH ACUTE}")
    'a\\x1b[2J, Beyoncé'
    """
    return _UNSAFE.sub(lambda sign: sign[0].encode("unicode_escape").decode(), text)


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Formats a number of things.

    >>> counted(1, "track"), counted(1200, "track"), counted(0, "copy", "copies")
    ('1 track', '1,200 tracks', '0 copies')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def nearest(typed: str, known: Collection[str]) -> str | None:
    """Finds the name that was meant: one that begins with what was typed, or is much like it.

    >>> known = ["workers", "batch_size", "gpus"]
    >>> nearest("batch", known), nearest("workrs", known), nearest("bogus", known)
    ('batch_size', 'workers', None)
    """
    from difflib import get_close_matches

    begun = [name for name in known if len(typed) > 1 and name.startswith(typed)]
    close = begun or get_close_matches(typed, known, n=1, cutoff=_LIKE)
    return close[0] if close else None


def say(line: str, error: bool = False) -> None:
    """Prints one line; to the error output if it is not part of the result."""
    print(visible(line), file=sys.stderr if error else sys.stdout)


def say_json(document: str) -> None:
    """Prints a JSON document with control characters escaped, which its decoders undo."""
    safe = _UNSAFE.sub(
        lambda sign: sign[0] if sign[0] == "\n" else f"\\u{ord(sign[0]):04x}", document
    )
    print(safe)  # noqa: T201


def say_error(error: BaseException) -> None:
    """Prints an error on the error output: one line, and one more for each candidate."""
    candidates = error.candidates if isinstance(error, QueryError) else ()
    message = error.args[0] if candidates else message_of(error)
    for line in (f"error: {message}", *candidates):
        say(line, error=True)


def write_any_text() -> None:
    r"""Makes outputs print characters that their encoding lacks as `\uNNNN`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
