"""A problem crosses a real gRPC call whole, and nothing else does."""

from __future__ import annotations

from collections.abc import AsyncIterator

import grpc
import pytest
from grpc_health.v1 import health_pb2

from layerlab import wire
from layerlab.adapters.grpc_ledger import GrpcLedger
from layerlab.domain.exchange import Claim
from layerlab.domain.problem import (
    Conflict,
    InvalidInput,
    Malformed,
    NotFound,
    OutOfSpace,
    Problem,
    TimedOut,
    TooLarge,
    Unavailable,
    UnsupportedMedia,
)
from layerlab.domain.study import CohortRef
from layerlab.serving import grpc_channel, grpc_server
from layerlab.v1 import ledger_pb2, ledger_pb2_grpc

COHORT = CohortRef("s", "c")


class Raising(ledger_pb2_grpc.LedgerServiceServicer):
    def __init__(self, error: Exception) -> None:
        self.error = error

    async def ClaimCohort(self, request: object, context: grpc.aio.ServicerContext) -> object:  # type: ignore[override,type-arg]  # Only what this test needs.
        async with wire.errors_as_status(context):
            raise self.error

    async def WatchStudies(
        self,
        request: object,
        context: grpc.aio.ServicerContext,  # type: ignore[type-arg]  # Likewise.
    ) -> AsyncIterator[ledger_pb2.WatchStudiesResponse]:
        async with wire.errors_as_status(context):
            raise self.error
            yield


async def claim_that_raises(error: Exception) -> Claim:
    def register(server: grpc.aio.Server) -> None:
        ledger_pb2_grpc.add_LedgerServiceServicer_to_server(Raising(error), server)  # type: ignore[abstract]  # Only what this test needs.

    async with (
        grpc_server("127.0.0.1:0", register) as port,
        grpc_channel(f"127.0.0.1:{port}") as channel,
    ):
        return await GrpcLedger(channel).claim_cohort(COHORT, "w", "i")


@pytest.mark.parametrize(
    "kind",
    [
        InvalidInput,
        Malformed,
        NotFound,
        Conflict,
        UnsupportedMedia,
        TooLarge,
        TimedOut,
        Unavailable,
        OutOfSpace,
    ],
)
async def test_a_problem_arrives_as_what_it_was(kind: type[Problem]) -> None:
    sent = kind(
        "some_code",
        "What is wrong, with ümlauts.",
        hint="What to do.",
        field="space.hidden",
        row=17,
        column="größe",
        extra={"size": 10**12, "rows": [1, 2]},
    )
    with pytest.raises(kind) as caught:
        await claim_that_raises(sent)
    received = caught.value
    assert type(received) is kind
    names = ("code", "detail", "hint", "field", "row", "column", "extra")
    assert [getattr(received, name) for name in names] == [getattr(sent, name) for name in names]


async def test_a_mistake_of_ours_tells_nothing_of_itself() -> None:
    with pytest.raises(Problem) as caught:
        await claim_that_raises(ZeroDivisionError("secret inside"))
    assert caught.value.code == "internal"
    assert "secret" not in caught.value.detail


async def test_a_stream_carries_a_problem_too() -> None:
    def register(server: grpc.aio.Server) -> None:
        error = Unavailable("store_down", "The store is down.")
        servicer = Raising(error)  # type: ignore[abstract]  # Only what this test needs.
        ledger_pb2_grpc.add_LedgerServiceServicer_to_server(servicer, server)

    async with (
        grpc_server("127.0.0.1:0", register) as port,
        grpc_channel(f"127.0.0.1:{port}") as channel,
    ):
        with pytest.raises(Unavailable, match="store_down"):
            await anext(GrpcLedger(channel).watch_studies())


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    async with grpc_channel("127.0.0.1:1") as channel:
        with pytest.raises(Unavailable):
            await GrpcLedger(channel).claim_cohort(COHORT, "w", "i")


def test_a_connection_that_breaks_while_something_is_sent_is_unavailable() -> None:
    # What gRPC makes of it when the server is killed at that moment.
    broken = grpc.aio.AioRpcError(
        grpc.StatusCode.INTERNAL,
        grpc.aio.Metadata(),
        grpc.aio.Metadata(),
        details="Internal error from Core",
    )
    assert type(wire.problem_from_rpc_error(broken)) is Unavailable


async def test_every_server_answers_health_and_refuses_a_port_that_is_taken() -> None:
    async with grpc_server("127.0.0.1:0", lambda server: None) as port:
        async with grpc_channel(f"127.0.0.1:{port}") as channel:
            check = channel.unary_unary(
                "/grpc.health.v1.Health/Check",
                request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
                response_deserializer=health_pb2.HealthCheckResponse.FromString,
            )
            answer = await check(health_pb2.HealthCheckRequest())
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(OSError, match="can't be listened on"):
            async with grpc_server(f"127.0.0.1:{port}", lambda server: None):
                pass
