"""gRPC servers and channels as every service opens them."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, cast

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from layerlab.addresses import unless_taken, with_port
from layerlab.lifecycle import background
from layerlab.readiness import Readiness
from layerlab.tracing import TracedCalls, TracingChannel

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
    # A container that was replaced has its old name and a new address. By default a name is looked
    # up every 30 s at most, however unreachable its last address is.
    ("grpc.dns_min_time_between_resolutions_ms", 1_000),
)
_GRACE_SECONDS: Final = 2.0
_HEALTH_SECONDS: Final = 5.0
_CHECK_SECONDS: Final = 2.0


@asynccontextmanager
async def grpc_server(
    address: str,
    register: Callable[[grpc.aio.Server], None],
    service_names: Sequence[str] = (),
    interceptors: Sequence[grpc.aio.ServerInterceptor] = (),
    readiness: Readiness | None = None,
    may_move: bool = False,
) -> AsyncIterator[int]:
    """Serves what `register` adds, with health and reflection; the bound port.

    `address` is HOST:PORT, port 0 for any; with `may_move`, another free port of that host will
    do where it is taken. The health of each service says SERVING, that of the whole server (the
    empty name) follows `readiness`. On exit health says NOT_SERVING, calls under way get a moment,
    then the rest is cut.

    :raises OSError: when the port is taken.
    """
    server = grpc.aio.server(interceptors=[TracedCalls(), *interceptors], options=_SERVER_OPTIONS)
    register(server)
    checks = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    names = [*service_names, health.SERVICE_NAME]
    reflection.enable_server_reflection([*names, reflection.SERVICE_NAME], server)
    port = _add_port(server, address, may_move)
    await server.start()
    for name in ("", *names):
        await checks.set(name, health_pb2.HealthCheckResponse.SERVING)
    async with background(_follow(readiness, checks)):
        try:
            yield port
        finally:
            await checks.enter_graceful_shutdown()
            await server.stop(_GRACE_SECONDS)


def _add_port(server: grpc.aio.Server, address: str, may_move: bool) -> int:
    try:
        # Asked before, since gRPC writes to the standard error whenever it fails.
        return server.add_insecure_port(unless_taken(address) if may_move else address)
    except RuntimeError as error:
        if may_move:
            return server.add_insecure_port(with_port(address, 0))
        raise OSError(errno.EADDRINUSE, f"{address} can't be listened on") from error


async def _follow(readiness: Readiness | None, checks: health.aio.HealthServicer) -> None:
    while readiness is not None:
        is_ready = (await readiness.report()).is_ready
        statuses = health_pb2.HealthCheckResponse
        await checks.set("", statuses.SERVING if is_ready else statuses.NOT_SERVING)
        await asyncio.sleep(_HEALTH_SECONDS)


@asynccontextmanager
async def grpc_channel(address: str) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to HOST:PORT that reconnects by itself; its calls carry their trace."""
    channel = grpc.aio.insecure_channel(address, options=_CHANNEL_OPTIONS)
    try:
        yield cast(grpc.aio.Channel, TracingChannel(channel))
    finally:
        await channel.close()


async def check_serving(channel: grpc.aio.Channel, service: str = "") -> None:
    """:raises ConnectionError: when the server, or one service of it, doesn't say SERVING."""
    stub: Any = health_pb2_grpc.HealthStub(channel)  # Its types know no methods.
    try:
        answer = await stub.Check(
            health_pb2.HealthCheckRequest(service=service), timeout=_CHECK_SECONDS
        )
    except grpc.aio.AioRpcError as error:
        raise ConnectionError(f"{error.code().name}: {error.details()}") from None
    if answer.status != health_pb2.HealthCheckResponse.SERVING:
        raise ConnectionError("it answers, and is not ready")
