"""Where a library is in Milvus: `milvus://host:19530/songs`, or a file of milvus-lite."""

import os
import re
from dataclasses import dataclass

from specrec.errors import QueryError

TOKEN = "MILVUS_TOKEN"
"""The environment variable that holds `user:password` or an API key: no address should."""

_PORT = 19530
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")
# One slash, too: a path, which is what commands take, makes one of two.
_SERVER = re.compile(r"milvus(\+tls)?:/{1,2}([^/]+)/(?:([^/]+)/)?([^/]+)")
_LITE = re.compile(r"milvus-lite:(.+)/([^/]+)")
_FORMS = (
    "write milvus://HOST:19530/COLLECTION, milvus+tls://HOST:19530/COLLECTION, or, for a file of"
    " milvus-lite, milvus-lite:FILE.db/COLLECTION"
)


@dataclass(frozen=True)
class Address:
    """The address of a library in Milvus.

    >>> parse_address("milvus://music.example/songs").uri
    'http://music.example:19530'
    >>> parse_address("milvus-lite:music.db/songs").name
    'songs'

    Attributes:
        text: The address as it is written.
        uri: What pymilvus connects to.
        name: Name of the library there: an alias, which stands for the collection in use.
        database: Name of the database; empty for the default one.
    """

    text: str
    uri: str
    name: str
    database: str = ""


def parse_address(given: str | os.PathLike[str]) -> Address:
    """Parses an address.

    Raises:
        QueryError: If it is none.
    """
    text = os.fspath(given)
    if (file := _LITE.fullmatch(text)) is not None:
        path, name = file.groups()
        if not path.endswith(".db"):
            raise QueryError(f"{text}: the name of a milvus-lite file ends in .db; {_FORMS}")
        return Address(text, path, _checked(name, text))
    server = _SERVER.fullmatch(text)
    if server is None:
        raise QueryError(f"{text}: no address of a library in Milvus; {_FORMS}")
    tls, host, database, name = server.groups()
    if "@" in host:
        raise QueryError(
            f"{text.replace(host, host.partition('@')[2])}: an address is no place for a password;"
            f" put user:password into the environment variable {TOKEN}"
        )
    place = host if re.search(r":\d+$", host) else f"{host}:{_PORT}"
    shown = f"milvus{tls or ''}://{'/'.join(filter(None, (place, database, name)))}"
    return Address(
        shown, f"{'https' if tls else 'http'}://{place}", _checked(name, text), database or ""
    )


def _checked(name: str, text: str) -> str:
    if _NAME.fullmatch(name) is None or "__" in name:
        raise QueryError(
            f"{text}: a collection is named by letters, digits and single underscores, not {name}"
        )
    return name
