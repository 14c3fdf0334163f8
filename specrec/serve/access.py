"""Who may use the server: one user, by a password or an API key."""

import hashlib
import hmac
from dataclasses import dataclass


@dataclass(frozen=True)
class Access:
    """Who may use the server.

    Attributes:
        user: The name of the user.
        password: The password; None if there is none.
        key: The API key; None if there is none.
    """

    user: str
    password: str | None = None
    key: str | None = None

    def knows_key(self, key: str) -> bool:
        """Whether an API key is right."""
        return self.key is not None and _same(key, self.key)

    def knows_password(self, user: str, password: str) -> bool:
        """Whether a password is right."""
        right = self.password is not None and _same(password, self.password)
        return _same(user, self.user) and right

    def knows_token(self, user: str, token: str, salt: str) -> bool | None:
        """Whether a token is the MD5 of password and salt; None if that can't be told."""
        if self.password is None:
            return None
        right = hashlib.md5((self.password + salt).encode()).hexdigest()
        return _same(user, self.user) and _same(token.lower(), right)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
