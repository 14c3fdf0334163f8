"""Who asks: the protocol's own ways to log in."""

from specrec.serve.access import Access
from specrec.serve.subsonic.answers import (
    CONFLICTING,
    MISSING,
    NOT_SUPPORTED,
    WRONG_KEY,
    WRONG_PASSWORD,
    RestError,
)
from specrec.serve.subsonic.call import Parameters

NOBODY = "specrec"
"""Who asks a server that is open to this machine, if they do not say."""


def log_in(parameters: Parameters, access: Access | None) -> str:
    """Finds out who asks: by `apiKey`, or by `u` with `p`, or by `u` with `t` and `s`.

    Args:
        parameters: The parameters of the request.
        access: Who may use the server; None if everybody on this machine may.

    Returns:
        The name of the user.

    Raises:
        RestError: If something is missing or wrong, or two ways are mixed.
    """
    given = {name for name in ("apiKey", "u", "p", "t", "s") if parameters.has(name)}
    if ("apiKey" in given and len(given) > 1) or {"p", "t"} <= given:
        raise RestError(CONFLICTING, "several ways to log in at once; use one")
    if access is None:
        return parameters.text("u", NOBODY)
    if "apiKey" in given:
        if not access.knows_key(parameters.text("apiKey")):
            raise RestError(WRONG_KEY, "invalid API key")
        return access.user
    user = parameters.text("u")
    if "p" in given:
        right: bool | None = access.knows_password(user, _plain(parameters.text("p")))
    elif "t" in given:
        right = access.knows_token(user, parameters.text("t"), parameters.text("s"))
    else:
        raise RestError(MISSING, "no password, token or API key was given")
    if right is None:
        raise RestError(
            NOT_SUPPORTED,
            "the server keeps only a hash of the password, which can't be compared with a token;"
            " use an API key, or let the player send the password itself",
        )
    if not right:
        raise RestError(WRONG_PASSWORD, "wrong username or password")
    return user


def _plain(password: str) -> str:
    """A password, which may be written in hexadecimal digits after `enc:`."""
    kind, _, digits = password.partition(":")
    if kind != "enc":
        return password
    try:
        coded = bytes.fromhex(digits)
    except ValueError:
        return password
    try:
        return coded.decode()
    except UnicodeDecodeError:
        return coded.decode("latin-1")  # as py-opensonic writes it
