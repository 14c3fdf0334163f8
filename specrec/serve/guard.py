"""What every request must pass, and what every answer carries, before anything else."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from specrec.serve.problems import problem
from specrec.serve.settings import ServeSettings

_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none';"
    " frame-ancestors 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_LOCAL = {"localhost", "127.0.0.1", "::1"}


class Guard:
    """Refuses requests for another host or from another site's page (DNS rebinding)."""

    def __init__(self, app: ASGIApp, settings: ServeSettings) -> None:
        self._app = app
        self._hosts = _LOCAL | {settings.host}
        self._limits = settings.limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or passes it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        refusal = self._refusal(scope)
        answer = self._app if refusal is None else problem(*refusal)
        await answer(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        host = urlsplit(f"//{headers.get('host', '')}").hostname
        if host not in self._hosts:
            return 403, f"this server does not answer to the name {host!r}"
        origin = headers.get("origin")
        if origin and urlsplit(origin).hostname not in self._hosts:
            return 403, f"pages of {origin} may not use this server"
        if len(scope["query_string"]) > self._limits.query_chars:
            return 413, f"the query is longer than {self._limits.query_chars:,} characters"
        return None
