"""What every service tells those who run it, over HTTP: /healthz, /readyz and /metrics.

The gateway serves the same paths beside REST; the others have a small server of their own. It
answers in threads, so that it can say that the event loop doesn't turn.
"""

from __future__ import annotations

import asyncio
import errno
import json
import socket
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Protocol, TypeAlias, TypeVar
from urllib.parse import parse_qs, urlsplit

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Info, ProcessCollector
from prometheus_client import generate_latest as exposition

from layerlab import __version__
from layerlab.addresses import split_address, with_port
from layerlab.readiness import Readiness
from layerlab.serving import grpc_server

log = structlog.get_logger()

T = TypeVar("T")
Answer: TypeAlias = tuple[int, str, bytes]
"""Status, content type, body."""

LOOP_SECONDS: Final = 5.0
"""An event loop that takes longer to turn is as good as dead."""
_CLIENT_SECONDS: Final = 10.0


def new_registry(service: str) -> CollectorRegistry:
    """Metrics of this process (memory, processor time, open files), to add one's own to."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    info = Info("layerlab_build", "What runs here.", registry=registry)
    info.info({"service": service, "version": __version__})
    return registry


@asynccontextmanager
async def operations_server(
    address: str, readiness: Readiness, registry: CollectorRegistry, may_move: bool = False
) -> AsyncIterator[str]:
    """Serves HOST:PORT, port 0 for any, while the context is open; the address that it has.

    `may_move`: another free port will do where this one is taken.

    :raises OSError: when the address can't be listened on.
    """
    probe = _Probe(asyncio.get_running_loop(), readiness, registry)
    server = _listen(address, probe, may_move)
    thread = threading.Thread(target=server.serve_forever, name="operations", daemon=True)
    thread.start()
    try:
        yield with_port(address, server.server_port)
    finally:
        # Meanwhile a request may wait for the loop, which therefore must go on.
        await asyncio.to_thread(server.shutdown)
        server.server_close()


class OwnAddresses(Protocol):
    """The settings of a service that nobody calls: where its health is served, and its metrics."""

    @property
    def grpc(self) -> str: ...

    @property
    def http(self) -> str: ...

    @property
    def model_fields_set(self) -> set[str]: ...


@asynccontextmanager
async def observable(
    own: OwnAddresses, readiness: Readiness, registry: CollectorRegistry
) -> AsyncIterator[None]:
    """Of a service that nobody calls: gRPC's health, and the operations server.

    Default ports that are taken give way; a port that was set must be free.

    :raises OSError: when an address can't be listened on.
    """
    named = own.model_fields_set
    async with (
        grpc_server(
            own.grpc, lambda server: None, readiness=readiness, may_move="grpc" not in named
        ) as port,
        operations_server(own.http, readiness, registry, may_move="http" not in named) as http,
    ):
        log.info("ready", http=f"http://{http}", grpc=with_port(own.grpc, port))
        yield


class _Probe:
    """Asks the event loop from another thread."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, readiness: Readiness, registry: CollectorRegistry
    ) -> None:
        self._loop, self._readiness, self._registry = loop, readiness, registry
        self.routes: Mapping[str, Callable[[Mapping[str, list[str]]], Answer]] = {
            "/healthz": self._healthz,
            "/readyz": self._readyz,
            "/metrics": self._metrics,
        }

    def _healthz(self, query: Mapping[str, list[str]]) -> Answer:
        try:
            self._in_loop(asyncio.sleep(0))
        except TimeoutError:
            detail = f"The event loop has not turned for {LOOP_SECONDS:g} s."
            return _json(503, {"status": "blocked", "detail": detail})
        return _json(200, {"status": "alive"})

    def _readyz(self, query: Mapping[str, list[str]]) -> Answer:
        try:
            report = self._in_loop(self._readiness.report(query.get("exclude", ())))
        except TimeoutError:
            return _json(503, {"status": "unavailable", "unavailable": ["event loop"]})
        return _json(200 if report.is_ready else 503, report.to_json())

    def _metrics(self, query: Mapping[str, list[str]]) -> Answer:
        return 200, CONTENT_TYPE_LATEST, exposition(self._registry)

    def _in_loop(self, work: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(LOOP_SECONDS)
        except TimeoutError:
            future.cancel()
            raise


class _Handler(BaseHTTPRequestHandler):
    timeout = _CLIENT_SECONDS

    def __init__(self, probe: _Probe, *arguments: Any) -> None:
        self._probe = probe
        super().__init__(*arguments)

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        route = self._probe.routes.get(url.path)
        if route is None:
            status, kind, body = _json(404, {"detail": "Try /healthz, /readyz or /metrics."})
        else:
            status, kind, body = route(parse_qs(url.query))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        return "layerlab"

    def log_message(self, format: str, *args: object) -> None:
        """Probes come every few seconds; they are no news."""


class _Server(ThreadingHTTPServer):
    # A second process on this port must fail, not share it.
    allow_reuse_port = False

    def server_bind(self) -> None:
        # As its parent does, but for a reverse look-up of the name, which can take long.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]  # As a string for TCP.


class _Server6(_Server):
    address_family = socket.AF_INET6


def _listen(address: str, probe: _Probe, may_move: bool) -> _Server:
    host, port = split_address(address)
    kind = _Server6 if ":" in host else _Server
    try:
        return kind((host, port), partial(_Handler, probe))
    except OSError as error:
        if may_move and error.errno == errno.EADDRINUSE:
            return kind((host, 0), partial(_Handler, probe))
        detail = f"{address} can't be listened on: {error.strerror}"
        raise OSError(error.errno, detail) from None


def _json(status: int, document: Mapping[str, object]) -> Answer:
    return status, "application/json", json.dumps(document).encode()
