"""Trace ids by W3C Trace Context, within a process and over gRPC."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import structlog
from structlog.testing import capture_logs

from layerlab.serving import grpc_channel, grpc_server
from layerlab.tracing import current_traceparent, enter_trace, trace, trace_id_of
from layerlab.v1 import ledger_pb2 as pb
from layerlab.v1 import ledger_pb2_grpc

_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
_PARENT = f"00-{_ID}-00f067aa0ba902b7-00"


@pytest.mark.parametrize(
    "traceparent",
    [
        "",
        "00",
        _PARENT + "-more",  # Of a version that has no more.
        _PARENT.upper(),
        _PARENT.replace("00-", "ff-", 1),
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{_ID}-{'0' * 16}-01",
        f"00-{_ID}-00f067aa0ba902b7-01\n",
    ],
)
def test_what_is_no_traceparent_has_no_id(traceparent: str) -> None:
    assert trace_id_of(traceparent) == ""


def test_a_traceparent_of_a_later_version_may_have_more_parts() -> None:
    assert trace_id_of(_PARENT) == _ID
    assert trace_id_of(_PARENT.replace("00-", "01-", 1) + "-more") == _ID


def test_a_trace_is_gone_on_with_under_a_parent_of_our_own_and_with_its_flags() -> None:
    with trace(_PARENT) as trace_id:
        ours = current_traceparent()
        assert structlog.contextvars.get_contextvars()["trace_id"] == trace_id == _ID
    assert trace_id_of(ours) == _ID
    assert ours != _PARENT
    assert ours.endswith("-00")
    assert current_traceparent() == ""
    assert "trace_id" not in structlog.contextvars.get_contextvars()


def test_without_a_trace_one_begins_and_within_it_another_leaves_it_as_it_was() -> None:
    with trace("nonsense") as outer:
        assert len(outer) == 32
        with trace() as inner:
            assert inner != outer
        assert structlog.contextvars.get_contextvars()["trace_id"] == outer
        assert trace_id_of(current_traceparent()) == outer


class _Listening(ledger_pb2_grpc.LedgerServiceServicer):
    def __init__(self) -> None:
        self.heard: list[str] = []

    async def MarkCohortQueued(
        self, request: pb.MarkCohortQueuedRequest, context: object
    ) -> pb.MarkCohortQueuedResponse:
        await asyncio.sleep(0)
        self.heard.append(trace_id_of(current_traceparent()))
        return pb.MarkCohortQueuedResponse()

    async def ReportCohort(
        self, request_iterator: AsyncIterator[pb.ReportCohortRequest], context: object
    ) -> AsyncIterator[pb.ReportCohortResponse]:
        async for _ in request_iterator:
            structlog.get_logger().info("a report", heard=trace_id_of(current_traceparent()))
            yield pb.ReportCohortResponse()


async def test_a_call_and_a_stream_go_on_with_their_callers_trace_and_others_do_not() -> None:
    servicer = _Listening()  # type: ignore[abstract]  # Two calls are enough.

    async def requests() -> AsyncIterator[pb.ReportCohortRequest]:
        yield pb.ReportCohortRequest()

    async with (
        grpc_server(
            "127.0.0.1:0",
            lambda server: ledger_pb2_grpc.add_LedgerServiceServicer_to_server(servicer, server),
        ) as port,
        grpc_channel(f"127.0.0.1:{port}") as channel,
    ):
        stub: ledger_pb2_grpc.LedgerServiceAsyncStub = ledger_pb2_grpc.LedgerServiceStub(channel)

        async def call(number: int) -> str:
            trace_id = enter_trace()
            await stub.MarkCohortQueued(pb.MarkCohortQueuedRequest())
            return trace_id

        sent = await asyncio.gather(*(call(number) for number in range(20)))
        assert sorted(servicer.heard) == sorted(sent)
        with trace(_PARENT), capture_logs() as lines:
            assert len([each async for each in stub.ReportCohort(requests())]) == 1
        assert lines[0]["heard"] == _ID
        await stub.MarkCohortQueued(pb.MarkCohortQueuedRequest())
        assert servicer.heard[-1] not in ("", _ID)
