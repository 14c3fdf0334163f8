"""Who may use a server: a user with a password, and API keys, in a file for its owner's eyes only.

A password is kept as its scrypt hash (RFC 7914, written as in the PHC string format), or readable
if players log in by Subsonic's tokens, which can't be checked otherwise. API keys are random and
long, so that a plain SHA-256 digest does not give them away.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
import stat
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from specrec.errors import SpecrecError
from specrec.writing import write_file

MIN_PASSWORD_LENGTH = 8

_LOG2_N, _R, _P = 15, 8, 3  # 32 MiB and about 0.3 s, as OWASP's cheat sheet on passwords has it
_MOST_BYTES = 64_000  # of an access file
_one_hash = threading.Lock()  # one at a time, or many logins would take all memory


class AccessError(SpecrecError):
    """An access file is missing, open to others, or not one."""


@dataclass(frozen=True)
class Access:
    """Checks passwords, API keys and tokens; each comparison takes the same time for any of them.

    Attributes:
        user: Name of the user.
        password: The password, if it is kept readable.
        password_hash: Its hash, if that is kept in place of the password.
        keys: Of each API key, by its name, the SHA-256 digest in hexadecimal.
    """

    user: str = "specrec"
    password: str | None = field(default=None, repr=False)
    password_hash: str | None = field(default=None, repr=False)
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    _pepper: bytes = field(
        default_factory=lambda: secrets.token_bytes(32), init=False, repr=False, compare=False
    )
    _remembered: set[bytes] = field(default_factory=set, init=False, repr=False, compare=False)

    def knows_key(self, key: str) -> bool:
        """Whether this is one of the API keys."""
        digest = _digest_of_key(key)
        return any(_same(digest, known) for known in self.keys.values())

    def knows_password(self, user: str, password: str) -> bool:
        """Whether these are the user's name and password.

        A hash is computed for a right password only the first time, for a wrong one each time.
        """
        is_user = _same(user, self.user)
        if self.password is not None:
            return _same(password, self.password) and is_user
        if self.remembers(user, password):
            return True
        if self.password_hash is None or not _fits(password, self.password_hash) or not is_user:
            return False
        self._remembered.add(self._keyed_digest(user, password))
        return True

    def remembers(self, user: str, password: str) -> bool:
        """Whether these were found right before, by the same process."""
        digest = self._keyed_digest(user, password)
        return any(hmac.compare_digest(digest, known) for known in self._remembered)

    def knows_token(self, user: str, token: str, salt: str) -> bool | None:
        """Whether a token is the MD5 digest of the password and a salt, as Subsonic has it.

        Returns:
            None if that can't be told, because only a hash of the password is kept.
        """
        if self.password is None:
            return None
        right = hashlib.md5((self.password + salt).encode(), usedforsecurity=False).hexdigest()
        is_user = _same(user, self.user)
        return _same(token.lower(), right) and is_user

    def for_user(self, user: str, password: str, readable: bool = False) -> "Access":
        """A copy for a user with a password.

        Args:
            user: The user's name.
            password: The password.
            readable: Whether to keep the password itself.

        Raises:
            AccessError: If the name is empty or has a colon, or the password is too short.
        """
        if not user or ":" in user:
            raise AccessError("the name of a user is not empty and has no colon")
        if len(password) < MIN_PASSWORD_LENGTH:
            raise AccessError(f"a password has at least {MIN_PASSWORD_LENGTH} characters")
        if readable:
            return replace(self, user=user, password=password, password_hash=None)
        return replace(self, user=user, password=None, password_hash=_hash(password))

    def with_new_key(self, name: str) -> tuple["Access", str]:
        """A copy with another API key, and the key itself, which is not kept.

        Raises:
            AccessError: If there is a key of that name.
        """
        if name in self.keys:
            raise AccessError(f"there is an API key named {name!r} already; choose another name")
        key = f"specrec_{secrets.token_urlsafe(32)}"
        return replace(self, keys={**self.keys, name: _digest_of_key(key)}), key

    def without_key(self, name: str) -> "Access":
        """A copy without an API key.

        Raises:
            AccessError: If there is none of that name.
        """
        if name not in self.keys:
            there = ", ".join(self.keys) or "none"
            raise AccessError(f"no API key is named {name!r}; there are: {there}")
        return replace(self, keys={other: self.keys[other] for other in self.keys if other != name})

    def lines(self) -> list[str]:
        """Says who is let in, and no secret."""
        how = "no password"
        if self.password is not None:
            how = "password kept readable, so Subsonic's tokens work too"
        elif self.password_hash is not None:
            how = "password kept as a hash, so Subsonic's tokens can't be checked"
        keys = ", ".join(self.keys) or "none"
        return [f"user {self.user}: {how}", f"API keys: {keys}"]

    def _keyed_digest(self, user: str, password: str) -> bytes:
        return hmac.digest(self._pepper, json.dumps([user, password]).encode(), "sha256")


def read_access(path: Path) -> Access:
    """Reads an access file.

    Raises:
        AccessError: If it is missing, others can read it, or it is none.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise AccessError(f"{path}: not a file")
            if mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise AccessError(f"{path}: others may read or change it; run: chmod 600 {path}")
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise AccessError(
            f"{path}: {error.strerror}; write one with: specrec access {path} --user NAME"
        ) from error
    access = _access_of(content)
    if access is None:
        raise AccessError(
            f"{path}: not an access file; write one with: specrec access FILE --user NAME"
        )
    return access


def write_access(path: Path, access: Access) -> None:
    """Writes an access file, which only its owner can read.

    Raises:
        StorageError: If it can't be written.
    """
    document = {
        "format_version": 1,
        "user": access.user,
        "password": access.password,
        "password_hash": access.password_hash,
        "api_keys": dict(access.keys),
    }
    before = os.umask(0o077)
    try:
        write_file(path, json.dumps(document, indent=2) + "\n")
    finally:
        os.umask(before)


def _access_of(content: bytes) -> Access | None:
    """The access that a file's content says; None if it says none, or in a wrong way."""
    try:
        document: Any = json.loads(content)
        access = Access(
            document["user"],
            document["password"],
            document["password_hash"],
            dict(document["api_keys"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    texts = [access.user, *access.keys, *access.keys.values()]
    texts += [text for text in (access.password, access.password_hash) if text is not None]
    is_whole = document.get("format_version") == 1 and all(isinstance(text, str) for text in texts)
    if not is_whole or (access.password_hash is not None and not _parts(access.password_hash)):
        return None
    return access


def _same(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), known.encode())


def _digest_of_key(key: str) -> str:
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()


def _hash(password: str) -> str:
    salt = secrets.token_bytes(16)
    derived = _scrypt(password, salt, _LOG2_N, _R, _P)
    return f"$scrypt$ln={_LOG2_N},r={_R},p={_P}${_to_base64(salt)}${_to_base64(derived)}"


def _fits(password: str, stored: str) -> bool:
    parts = _parts(stored)
    if parts is None:
        return False
    salt, derived, costs = parts
    return hmac.compare_digest(_scrypt(password, salt, *costs), derived)


def _parts(stored: str) -> tuple[bytes, bytes, tuple[int, int, int]] | None:
    """Salt, derived key and costs in a PHC string; None if it is none, or would cost too much."""
    try:
        empty, name, costs, salt, derived = stored.split("$")
        ln, r, p = (int(part.split("=")[1]) for part in costs.split(","))
        is_fit = (empty, name) == ("", "scrypt") and 0 < ln <= 20 and 0 < r <= 16 and 0 < p <= 16
        found = _from_base64(salt), _from_base64(derived), (ln, r, p)
    except (ValueError, IndexError):
        return None
    return found if is_fit and len(found[1]) == 32 else None


def _scrypt(password: str, salt: bytes, log2_n: int, r: int, p: int) -> bytes:
    n = 2**log2_n
    with _one_hash:
        return hashlib.scrypt(
            password.encode(errors="replace"),
            salt=salt,
            n=n,
            r=r,
            p=p,
            maxmem=128 * r * (n + p + 2) + 1_000_000,
            dklen=32,
        )


def _to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def _from_base64(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
