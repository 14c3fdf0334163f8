"""What every request must pass, and what every answer carries, before anything else."""

import asyncio
import base64
import ipaddress
import logging
import math
import re
import socket
import time
from urllib.parse import SplitResult, urlsplit

from anyio.to_thread import run_sync
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from specrec.printing import visible
from specrec.serve.buckets import Buckets
from specrec.serve.problems import problem
from specrec.serve.settings import ServeSettings, is_loopback

_HEADERS = [
    (b"content-security-policy",
     b"default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none';"
     b" frame-ancestors 'none'; form-action 'self'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]  # fmt: skip
_OPEN = ("/health",)  # tells nothing about the music
_OWN_LOGIN = "/rest/"  # OpenSubsonic has parameters for it
_DATA = ("/rest/", "/api/")  # to which no page of another site links
_UPLOADS = ("/api/v1/neighbors",)
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="specrec", charset="UTF-8"'}

_log = logging.getLogger("specrec.serve")


class Guard:
    """Refuses what no client of a person's own would ask, and who has no password or API key.

    In order: requests under another host's name (DNS rebinding) or from another site's page; too
    many, or too long; those without a password or an API key, if the server has any. A part of the
    server that checks logins itself notes a failed one in `request.state.login_failed`, so that
    the client has to wait after a few.
    """

    def __init__(self, app: ASGIApp, settings: ServeSettings) -> None:
        self._app = app
        self._settings = settings
        self._names = {"localhost", settings.host, *settings.public_names, *_names_of_machine()}
        limits = settings.limits
        self._requests = Buckets(limits.requests_at_once, limits.requests_per_second)
        self._failures = Buckets(limits.failed_logins, 0.1)
        self._one_login = asyncio.Lock()  # passwords are checked one by one

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or passes it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.monotonic(), 0

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
            await send(message)

        state = scope.setdefault("state", {})
        try:
            refusal = await self._refusal(scope)
            if refusal is not None:
                await refusal(scope, receive, send_guarded)
            else:
                await self._app(scope, self._limited(scope, receive), send_guarded)
        finally:
            if state.get("login_failed"):
                self._failures.take(_client(scope))
            if self._settings.log_requests:  # never its query, which may hold a password
                took = 1000 * (time.monotonic() - started)
                path = visible(scope["path"])
                _log.info("%s %s %d %.0f ms", scope["method"], path, status, took)

    async def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        limits, client = self._settings.limits, _client(scope)
        if (reason := self._foreign(headers, scope)) is not None:
            return problem(403, reason)
        if not is_loopback(client) and not self._requests.take(client):
            return _too_many(self._requests.wait_seconds(client), "requests")
        if len(scope["query_string"]) > limits.query_chars:
            return problem(413, f"the query is longer than {limits.query_chars:,} characters")
        length = headers.get("content-length", "0")
        if not re.fullmatch("[0-9]{1,15}", length) or int(length) > self._most_bytes(scope):
            return problem(413, f"the body is longer than {self._most_bytes(scope):,} bytes")
        return await self._login(headers, scope)

    def _foreign(self, headers: Headers, scope: Scope) -> str | None:
        """Why a request is not from a client of this server's own; None if it may be."""
        asked = _split(f"//{headers.get('host', '')}")
        if asked is None or not self._is_own(asked.hostname):
            return f"this server does not answer to the name {headers.get('host', '')[:200]!r}"
        origin = headers.get("origin")
        if origin is not None and not self._is_same(_split(origin), asked):
            return f"pages of {origin[:200]!r} may not use this server"
        if headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            is_link = headers.get("sec-fetch-mode") == "navigate" and scope["method"] == "GET"
            if not is_link or scope["path"].startswith(_DATA):
                return "pages of other sites may not use this server"
        return None

    def _is_own(self, host: str | None) -> bool:
        """Whether a host's name is of this server; another site's name can't be an address."""
        try:
            ipaddress.ip_address(host or "")
        except ValueError:
            return host in self._names
        return True

    def _is_same(self, origin: SplitResult | None, asked: SplitResult) -> bool:
        if origin is None or origin.scheme not in ("http", "https"):
            return False
        if origin.hostname in self._settings.public_names:
            return True  # a proxy may listen on another port
        return (origin.hostname, _port(origin)) == (asked.hostname, _port(asked, origin.scheme))

    def _most_bytes(self, scope: Scope) -> int:
        limits = self._settings.limits
        return limits.upload_bytes if scope["path"] in _UPLOADS else limits.body_bytes

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        """A body's parts, as long as they are not too many and come soon enough."""
        most, received, is_complete = self._most_bytes(scope), 0, False

        async def receive_limited() -> Message:
            nonlocal received, is_complete
            if is_complete:  # what comes now is that the client has gone
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), self._settings.limits.body_seconds)
            except TimeoutError:
                raise HTTPException(408, "the body did not come in time") from None
            received += len(message.get("body", b""))
            is_complete = not message.get("more_body", False)
            if received > most:
                raise HTTPException(413, f"the body is longer than {most:,} bytes")
            return message

        return receive_limited

    async def _login(self, headers: Headers, scope: Scope) -> Response | None:
        """Checks who asks; None if they may."""
        access, path, client = self._settings.access, scope["path"], _client(scope)
        if access is None or path in _OPEN:
            return None
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and access.knows_key(given.strip()):
            return None
        user, password = _basic(given) if kind.lower() == "basic" else ("", "")
        if password and access.remembers(user, password):
            return None
        if (wait := self._failures.wait_seconds(client)) > 0:
            return _too_many(wait, "failed logins")
        if path.startswith(_OWN_LOGIN):
            return None
        if password:
            async with self._one_login:
                if (wait := self._failures.wait_seconds(client)) > 0:
                    return _too_many(wait, "failed logins")  # those of others in the queue
                if await run_sync(access.knows_password, user, password):
                    return None
                self._failures.take(client)
        elif kind:
            self._failures.take(client)
        answer = problem(401, "log in, or send an API key as Authorization: Bearer KEY")
        answer.headers.update(_CHALLENGE)
        return answer


def _client(scope: Scope) -> str:
    return scope["client"][0] if scope.get("client") else "unknown"


def _too_many(wait_seconds: float, what: str) -> Response:
    seconds = max(1, math.ceil(wait_seconds))
    answer = problem(429, f"too many {what}; try again in {seconds} s")
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _basic(credentials: str) -> tuple[str, str]:
    try:
        user, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return user, password


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # which may be none
    except ValueError:
        return None
    return parts


def _port(url: SplitResult, scheme: str = "") -> int:
    return url.port or {"https": 443}.get(url.scheme or scheme, 80)


def _names_of_machine() -> set[str]:
    """What other machines at home call this one."""
    name = socket.gethostname().lower()
    return {name, f"{name.partition('.')[0]}.local"} if name else set()
