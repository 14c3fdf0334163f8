"""The one way to the terminal for text, which titles and file names may fill with anything."""

import io
import re
import sys

from specrec.errors import QueryError, message_of

# Controls (C0, DEL, C1), line and paragraph separators, what turns the direction of writing
# (CVE-2021-42574), surrogates and what no XML file may hold. What scripts need stays: joiners,
# variation selectors, the marks of right and left.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u206f\ud800-\udfff\ufffe\uffff]")


def visible(text: str) -> str:
    r"""A text on one line that does nothing to a terminal: its controls as Python writes them.

    >>> visible("a\x1b[2J, Beyonc\N{LATIN SMALL LETTER E WITH ACUTE}")
    'a\\x1b[2J, Beyoncé'
    """
    return _UNSAFE.sub(lambda sign: sign[0].encode("unicode_escape").decode(), text)


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """A number of things, as one says it.

    >>> counted(1, "track"), counted(1200, "track"), counted(0, "copy", "copies")
    ('1 track', '1,200 tracks', '0 copies')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def say(line: str, error: bool = False) -> None:
    """Prints one line, to the error output if it is not part of the answer."""
    print(visible(line), file=sys.stderr if error else sys.stdout)


def say_json(document: str) -> None:
    """Prints a JSON document that its reader gets sign by sign, though no terminal obeys it."""
    safe = _UNSAFE.sub(
        lambda sign: sign[0] if sign[0] == "\n" else f"\\u{ord(sign[0]):04x}", document
    )
    print(safe)  # noqa: T201


def say_error(error: BaseException) -> None:
    """Prints what is wrong, on the error output: a line, and one more for each candidate."""
    candidates = error.candidates if isinstance(error, QueryError) else ()
    message = error.args[0] if candidates else message_of(error)
    for line in (f"error: {message}", *candidates):
        say(line, error=True)


def write_any_text() -> None:
    r"""Lets an output in an encoding that lacks a sign have it as `\uNNNN`, not a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
