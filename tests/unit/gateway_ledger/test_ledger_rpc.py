"""The ledger over gRPC is the ledger: the same answers, the same refusals."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import grpc
import pytest

from layerlab.adapters.grpc_ledger import GrpcLedger
from layerlab.domain.exchange import Attended, ClaimOutcome, Registration, ReportAck, ReportBatch
from layerlab.domain.problem import Conflict, Malformed, NotFound, Unavailable
from layerlab.domain.study import CohortRef, Purpose, TestScore
from layerlab.domain.trial import FailureReason, StudyState, TrialState
from layerlab.v1 import ledger_pb2 as pb
from layerlab.v1 import ledger_pb2_grpc
from layerlab.wire import problem_from_rpc_error
from services.gateway.ledger import StudyVerb
from services.gateway.ledger_rpc import LedgerServicer
from tests.unit.gateway_ledger.world import (
    LEASE,
    Attending,
    Outage,
    World,
    a_spec,
    a_worker,
    an_end,
    assignment,
    collect,
    epochs,
    proposals,
)


@pytest.fixture
async def channel(world: World) -> AsyncIterator[grpc.aio.Channel]:
    server = grpc.aio.server()
    ledger_pb2_grpc.add_LedgerServiceServicer_to_server(LedgerServicer(world.ledger), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel
    await server.stop(None)


@pytest.fixture
def remote(channel: grpc.aio.Channel) -> GrpcLedger:
    return GrpcLedger(channel)


async def sending(*batches: ReportBatch) -> AsyncIterator[ReportBatch]:
    for batch in batches:
        yield batch


async def test_a_study_goes_its_whole_way_over_grpc(world: World, remote: GrpcLedger) -> None:
    study_id = (await world.ledger.create_study(a_spec(time_seconds=60))).study.study_id
    ref, final = CohortRef(study_id, "c1"), CohortRef(study_id, "final")
    assert (await remote.move_study(study_id, StudyState.RUNNING)).state is StudyState.RUNNING
    first = await remote.register_cohort(ref, Purpose.SEARCH, proposals((1, 2)))
    assert first == Registration(await world.cohort(ref))
    assert (await remote.register_cohort(ref, Purpose.SEARCH, proposals((1, 2)))).is_repeated
    await remote.mark_cohort_queued(ref)
    assert (await remote.reclaim_cohorts(include_queued=True)).cohorts == 1

    work = assignment(await remote.claim_cohort(ref, "w1", "i1"))
    stream = Attending(remote)
    assert await stream.report(a_worker(ref, work.attempt)) == Attended(LEASE / 3)
    await world.ledger.drain_worker("w1")
    assert await stream.next() == Attended(LEASE / 3, drain=True)
    assert (await world.worker("w1")).cohort_id == "c1"
    await stream.leave()
    assert (await remote.claim_cohort(ref, "w2", "i2")).outcome is ClaimOutcome.BUSY
    await remote.upload_model(study_id, 2, work.attempt, b"w" * 3_000_000)
    ends = (an_end(1, 0.7), replace(an_end(2, 0.8), has_model=True))
    acks = remote.report_cohort(ref, 1, sending(ReportBatch(1, epochs((1, 2)), ends)))
    assert [ack async for ack in acks] == [ReportAck(1)]

    await remote.register_cohort(final, Purpose.TEST, finalists=(2,))
    assert [
        lane.number for lane in assignment(await remote.claim_cohort(final, "w1", "i1")).lanes
    ] == [2]
    assert await remote.download_model(study_id, 2) == b"w" * 3_000_000
    acks = remote.report_cohort(
        final, 1, sending(ReportBatch(1, test_scores=(TestScore(2, 0.75),)))
    )
    assert [ack async for ack in acks] == [ReportAck(1)]
    await remote.move_study(study_id, StudyState.SUCCEEDED)

    view = await world.ledger.get_study(study_id)
    assert view.best is not None
    assert (view.best.number, view.best.score_test) == (2, 0.75)


async def test_a_release_over_grpc_says_whether_to_give_the_message_back(
    world: World, remote: GrpcLedger
) -> None:
    ref = await world.queued_cohort(await world.running_study())
    await world.claimed(ref)

    assert await remote.release_cohort(ref, 1, FailureReason.INTERNAL, "segfault")
    assert not await remote.release_cohort(ref, 0, None)


async def test_watching_over_grpc_tells_what_the_ledger_tells(
    world: World, remote: GrpcLedger
) -> None:
    study_id = await world.running_study(a_spec(time_seconds=60))
    await world.queued_cohort(study_id)
    direct, distant = world.ledger.watch_studies(), remote.watch_studies()
    assert await anext(distant) == await anext(direct)

    await world.ledger.move_by_user(study_id, StudyVerb.CANCEL)

    news = await anext(distant)
    assert news == await anext(direct)
    assert {trial.state for trial in news.trials} == {TrialState.CANCELLED}
    await distant.aclose()  # type: ignore[attr-defined]  # It is a generator.


async def test_refusals_keep_their_kind_and_code(world: World, remote: GrpcLedger) -> None:
    study_id = await world.running_study()
    with pytest.raises(NotFound, match="unknown_cohort"):
        await remote.claim_cohort(CohortRef(study_id, "c9"), "w1", "i1")
    with pytest.raises(NotFound, match="unknown_trial"):
        await remote.download_model(study_id, 1)
    with pytest.raises(Conflict, match="illegal_move"):
        await remote.move_study(study_id, StudyState.STOPPING)


async def test_an_outage_is_unavailable_after_what_was_acknowledged(
    world: World, remote: GrpcLedger
) -> None:
    ref = await world.queued_cohort(await world.running_study())
    await world.claimed(ref)
    acks: list[ReportAck] = []

    async def send() -> AsyncIterator[ReportBatch]:
        yield ReportBatch(1, epochs((1, 2)))
        while await world.ledger.last_seq(ref.study_id) < written:
            pass
        world.store.outage = Outage.BEFORE
        yield ReportBatch(2, epochs((1, 2), 2))

    written = await world.ledger.last_seq(ref.study_id) + 1
    with pytest.raises(Unavailable, match="store_unavailable"):
        await collect(remote.report_cohort(ref, 1, send()), acks)
    world.store.outage = None

    assert acks == [ReportAck(1)]
    again = remote.report_cohort(ref, 1, sending(ReportBatch(2, epochs((1, 2), 2))))
    assert [ack async for ack in again] == [ReportAck(2)]


async def test_one_stream_is_of_one_attempt(world: World, channel: grpc.aio.Channel) -> None:
    ref = await world.queued_cohort(await world.running_study())
    await world.claimed(ref)
    stub: ledger_pb2_grpc.LedgerServiceAsyncStub = ledger_pb2_grpc.LedgerServiceStub(channel)
    requests = [
        pb.ReportCohortRequest(
            study_id=ref.study_id, cohort_id="c1", attempt=attempt, message_number=attempt
        )
        for attempt in (1, 2)
    ]

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        _ = [ack async for ack in stub.ReportCohort(iter(requests))]

    problem = problem_from_rpc_error(caught.value)
    assert (type(problem), problem.code) == (Malformed, "mixed_stream")


async def test_a_stream_without_reports_ends_without_acknowledgements(
    world: World, remote: GrpcLedger
) -> None:
    ref = await world.queued_cohort(await world.running_study())

    assert [ack async for ack in remote.report_cohort(ref, 1, sending())] == []


async def test_an_upload_names_its_trial(channel: grpc.aio.Channel) -> None:
    stub: ledger_pb2_grpc.LedgerServiceAsyncStub = ledger_pb2_grpc.LedgerServiceStub(channel)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.UploadModel(iter([pb.UploadModelRequest(chunk=b"w")]))

    assert problem_from_rpc_error(caught.value).code == "missing_key"
