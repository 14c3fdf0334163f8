"""Names of artists and albums: ids made from them, and their order."""

import re
import unicodedata
from hashlib import blake2b

ARTICLES = ("The", "El", "La", "Los", "Las", "Le", "Les")
"""Words at the beginning of a name by which it is not sorted; those that Subsonic leaves out."""


def artist_id(name: str) -> str:
    """The id of an artist: a hash of the name, whose case does not matter.

    >>> artist_id("Nina Simone") == artist_id("NINA SIMONE")
    True
    """
    return f"ar-{_hash(name)}"


def album_id(name: str, artist: str) -> str:
    """The id of an album: a hash of its name and artist."""
    return f"al-{_hash(name, artist)}"


def sorted_by(name: str) -> str:
    """What a name is sorted by: without case and accents, and without an article before it.

    >>> sorted_by("The Émigrés")
    'emigres'
    """
    first, _, rest = name.partition(" ")
    return folded(rest if rest and first in ARTICLES else name)


def folded(text: str) -> str:
    """A text without case and accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def same_name(name: str) -> str:
    """What two spellings of a name have in common: all but case and spaces."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", name).casefold()).strip()


def _hash(*names: str) -> str:
    plain = "\0".join(same_name(name) for name in names)
    return blake2b(plain.encode(), digest_size=8).hexdigest()
