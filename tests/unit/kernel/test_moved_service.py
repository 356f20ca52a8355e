"""A service that has moved to another address under its old name, as a replaced container has."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any, cast

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from layerlab.serving import grpc_channel, grpc_server
from tests.servers import free_port

_HEADER_BYTES = 12
_IPV4_QUESTION = 1
_SECONDS = 15.0
"""Half of what gRPC takes by default."""


@dataclass
class NameServer(asyncio.DatagramProtocol):
    """Answers every question for an IPv4 address with `address`, and no other question."""

    address: IPv4Address

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, sender: tuple[str, int]) -> None:
        end = data.index(0, _HEADER_BYTES) + 5
        question = data[_HEADER_BYTES:end]
        known = struct.unpack("!H", question[-4:-2])[0] == _IPV4_QUESTION
        header = data[:2] + struct.pack("!HHHHH", 0x8580, 1, int(known), 0, 0)
        # The name is the question's; type A, class IN, to be kept for 0 s.
        answer = struct.pack("!HHHIH", 0xC00C, 1, 1, 0, 4) + self.address.packed
        self._transport.sendto(header + question + (answer if known else b""), sender)


@asynccontextmanager
async def name_server(address: str) -> AsyncIterator[tuple[NameServer, int]]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(
        lambda: NameServer(IPv4Address(address)), local_addr=("127.0.0.1", 0)
    )
    try:
        yield server, transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


async def is_serving(channel: grpc.aio.Channel) -> bool:
    stub: Any = health_pb2_grpc.HealthStub(channel)  # Its types know no methods.
    try:
        answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=1)
    except grpc.aio.AioRpcError:
        return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


async def test_a_service_that_was_replaced_is_found_at_its_new_address() -> None:
    port = free_port()
    async with (
        name_server("127.0.0.1") as (names, names_port),
        grpc_channel(f"dns://127.0.0.1:{names_port}/gateway.test:{port}") as channel,
    ):
        async with grpc_server(f"127.0.0.1:{port}", lambda server: None):
            assert await is_serving(channel)
        names.address = IPv4Address("127.0.0.2")
        async with grpc_server(f"127.0.0.2:{port}", lambda server: None):
            async with asyncio.timeout(_SECONDS):
                while not await is_serving(channel):  # noqa: ASYNC110  # Only asking tells.
                    await asyncio.sleep(0.1)
