"""uvicorn within our own loop: bounded in every direction, and closed by its owner."""

from __future__ import annotations

import asyncio
import json
import resource
import socket
from asyncio import BaseTransport, TimerHandle
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from layerlab.addresses import split_address
from layerlab.domain.problem import TimedOut
from services.gateway.problems import MEDIA_TYPE, document

# A reader of events has nothing to say that is longer.
_MAX_SOCKET_MESSAGE: Final = 4096
_MAX_HEADER_BYTES: Final = 64 << 10
_KEEP_ALIVE_SECONDS: Final = 30
_GRACE_SECONDS: Final = 5
_BACKLOG: Final = 2048
_SEND_BUFFER_BYTES: Final = 256 << 10


@dataclass(frozen=True, slots=True)
class HttpAddress:
    host: str
    port: int

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


@asynccontextmanager
async def http_server(
    app: ASGIApp, address: str, patience_seconds: float, closing: asyncio.Event
) -> AsyncIterator[HttpAddress]:
    """Serves `app` on HOST:PORT, port 0 for any, while the context is open.

    On exit `closing` is set, websockets are closed with 1012, and requests under way get a
    moment to end.

    :raises OSError: when the address can't be listened on.
    """
    host, port = split_address(address)
    _allow_many_files()
    listener = _listen(host, port)
    server = _Server(
        uvicorn.Config(
            app,
            http=_patient(patience_seconds),
            ws=WebSocket,
            ws_max_size=_MAX_SOCKET_MESSAGE,
            # It costs hundreds of kilobytes for each connection.
            ws_per_message_deflate=False,
            h11_max_incomplete_event_size=_MAX_HEADER_BYTES,
            backlog=_BACKLOG,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_GRACE_SECONDS,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    ready = asyncio.create_task(server.ready.wait())
    try:
        await asyncio.wait({serving, ready}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            serving.result()
        yield HttpAddress(host, listener.getsockname()[1])
    finally:
        ready.cancel()
        closing.set()
        server.should_exit = True
        await serving


def _allow_many_files() -> None:
    """As many as the system permits; the usual 1,024 end with as many websockets."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is spelled out because asyncio sets TCP_NODELAY only where it reads it; without
    # that every answer waits 40 ms for the client's acknowledgement of its headers.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Inherited by every connection; by itself it grows to megabytes that nobody reads.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        detail = f"{host}:{port} can't be listened on: {error.strerror}"
        raise OSError(error.errno, detail) from None
    return listener


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # One owner handles signals, and this is not it.
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


class _PatientHttp(H11Protocol):
    """Answers with 408 whoever begins a request and doesn't come to the end of its headers.

    uvicorn waits for them for ever; bodies are waited for by `uploads`.
    """

    patience_seconds: float
    _waiting: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn narrows it, too.
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        unfinished = self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0])
        if not unfinished:
            self._stop_waiting()
        elif self._waiting is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(self.patience_seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _give_up(self) -> None:
        self._waiting = None
        if self.conn.trailing_data[0] and not self.transport.is_closing():
            self.transport.write(_late_answer(self.patience_seconds))
        self.transport.close()


def _late_answer(seconds: float) -> bytes:
    problem = TimedOut("headers_too_slow", f"The headers took more than {seconds:g} seconds.")
    body = json.dumps(document(problem, 408, "Too slow")).encode()
    head = (
        "HTTP/1.1 408 Request Timeout\r\n"
        f"Content-Type: {MEDIA_TYPE}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


def _patient(seconds: float) -> type[asyncio.Protocol]:
    # uvicorn takes a class, and gives it no settings of ours.
    return type("PatientHttp", (_PatientHttp,), {"patience_seconds": seconds})


class WebSocket(WebSocketsSansIOProtocol):
    """Says goodbye even to those who don't listen."""

    async def send(self, message: Any) -> None:
        if message["type"] != "websocket.close":
            await super().send(message)
            return
        # A client that doesn't read never makes room for its own goodbye.
        self.writable.set()
        await super().send(message)
        if self.close_timer is not None:
            # A polite close waits until everything was read, which may be never.
            self.close_timer.cancel()
            self.close_timer = self.loop.call_later(self.close_timeout, self.transport.abort)
