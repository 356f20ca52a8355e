"""Every request in a trace, in the log and in the metrics."""

from __future__ import annotations

import time
from typing import Any, Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from layerlab.tracing import HEADER, trace

log = structlog.get_logger()

_SECONDS: Final = (0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)
# Asked every few seconds by machines; they are counted, and no news.
_PROBES: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_UPGRADED: Final = 101
# Nobody was left to answer to. nginx has made the number known.
_CLIENT_LEFT: Final = 499


class Access:
    """The outermost layer: it goes on with the client's trace, or begins one."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self._app = app
        self._requests = Counter(
            "layerlab_http_requests_total",
            "Requests by route (never by path) and by status.",
            ["method", "route", "status"],
            registry=registry,
        )
        self._durations = Histogram(
            "layerlab_http_request_duration_seconds",
            "From the request's headers to the end of its answer.",
            ["method", "route"],
            buckets=_SECONDS,
            registry=registry,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        started, status = time.monotonic(), _CLIENT_LEFT

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "websocket.accept":
                status = _UPGRADED
            await send(message)

        with trace(Headers(scope=scope).get(HEADER, "")):
            try:
                await self._app(scope, receive, note_status)
            finally:
                self._note(scope, status, time.monotonic() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method, route = _method(scope), _route(scope)
        self._requests.labels(method, route, status).inc()
        if scope["type"] == "http":
            self._durations.labels(method, route).observe(seconds)
        if route not in _PROBES:
            log.info(
                "request",
                method=method,
                route=route,
                path=scope["path"],
                status=status,
                duration_seconds=round(seconds, 4),
            )


def _method(scope: Scope) -> str:
    if scope["type"] == "websocket":
        return "WEBSOCKET"
    # A client may make up as many as it likes, and each would be a metric.
    return scope["method"] if scope["method"] in _METHODS else "OTHER"


def _route(scope: Scope) -> str:
    """`/v1/studies/{study_id}`; one word for everything that is no route, pages and files too."""
    route: Any = scope.get("route")
    return str(getattr(route, "path", "other"))
