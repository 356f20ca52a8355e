"""gRPC servers and channels as every service opens them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

_MAX_MESSAGE_BYTES: Final = 16 << 20
_SERVER_OPTIONS: Final = (
    ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", _MAX_MESSAGE_BYTES),
    # By default a server answers pings more often than every 5 minutes with GOAWAY.
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # Two servers on one port would share the calls at random; the second must fail instead.
    ("grpc.so_reuseport", 0),
)
_CHANNEL_OPTIONS: Final = (
    ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", _MAX_MESSAGE_BYTES),
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.min_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 3_000),
)
_GRACE_SECONDS: Final = 2.0


@asynccontextmanager
async def grpc_server(
    address: str,
    register: Callable[[grpc.aio.Server], None],
    service_names: Sequence[str] = (),
    interceptors: Sequence[grpc.aio.ServerInterceptor] = (),
) -> AsyncIterator[int]:
    """Serves what `register` adds, with health and reflection; the bound port.

    `address` is HOST:PORT, port 0 for any. On exit health says NOT_SERVING, calls under way get
    a moment, then the rest is cut.

    :raises OSError: when the port is taken.
    """
    server = grpc.aio.server(interceptors=interceptors, options=_SERVER_OPTIONS)
    register(server)
    checks = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    names = [*service_names, health.SERVICE_NAME]
    reflection.enable_server_reflection([*names, reflection.SERVICE_NAME], server)
    try:
        port = server.add_insecure_port(address)
    except RuntimeError as error:
        raise OSError(f"{address} can't be listened on: {error}") from error
    await server.start()
    for name in ("", *names):
        await checks.set(name, health_pb2.HealthCheckResponse.SERVING)
    try:
        yield port
    finally:
        await checks.enter_graceful_shutdown()
        await server.stop(_GRACE_SECONDS)


@asynccontextmanager
async def grpc_channel(address: str) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to HOST:PORT that reconnects by itself."""
    channel = grpc.aio.insecure_channel(address, options=_CHANNEL_OPTIONS)
    try:
        yield channel
    finally:
        await channel.close()
