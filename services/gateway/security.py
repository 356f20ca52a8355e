"""What keeps other people's pages out: there is no login, so the browser's word has to do."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.problems import refusal
from services.gateway.settings import is_loopback

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_CONTENT_POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)
_HEADERS: Final = {
    "Content-Security-Policy": _CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def is_same_origin(connection: HTTPConnection) -> bool:
    """Whether a request comes from our own page, or from no page at all."""
    origin = connection.headers.get("origin")
    if origin is None:
        # Not every browser sends Origin; those that don't send this.
        return connection.headers.get("sec-fetch-site") not in ("cross-site", "same-site")
    return urlsplit(origin).netloc == connection.headers.get("host")


class SecureHeaders:
    """Adds to every answer what a browser should hold our page to."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class OurPageOnly:
    """Refuses what another page sends through its visitor's browser.

    A foreign page may send simple requests but can't set their Origin. A name that was made to
    point here (DNS rebinding) makes foreign and own look the same, so a gateway that listens on
    loopback answers to loopback names only.
    """

    def __init__(self, app: ASGIApp, only_local_names: bool) -> None:
        self._app = app
        self._only_local_names = only_local_names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            connection = HTTPConnection(scope)
            if self._only_local_names and not _names_this_machine(connection.headers):
                await refusal(
                    421,
                    "foreign_host",
                    "This gateway answers to localhost and 127.0.0.1 only.",
                    hint="Use http://127.0.0.1 with the gateway's port.",
                )(scope, receive, send)
                return
            if scope["method"] not in _SAFE_METHODS and not is_same_origin(connection):
                await refusal(
                    403, "foreign_origin", "Another site's page can't change anything here."
                )(scope, receive, send)
                return
        elif (
            scope["type"] == "websocket"
            and self._only_local_names
            and not _names_this_machine(Headers(scope=scope))
        ):
            # Before it was accepted, this becomes a 403.
            await send({"type": "websocket.close", "code": 1008})
            return
        await self._app(scope, receive, send)


def _names_this_machine(headers: Headers) -> bool:
    host = headers.get("host")
    try:
        name = urlsplit(f"//{host}").hostname if host else None
    except ValueError:
        return False
    # HTTP/1.0 needs no Host, and no browser speaks it.
    return host is None or (name is not None and is_loopback(name))
