"""Workers and the queue, as REST and gRPC tell of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from layerlab.adapters.grpc_ledger import GrpcLedger
from layerlab.domain.design import Design
from layerlab.domain.exchange import QueueReport
from layerlab.domain.study import CohortRef, Proposal, Purpose
from layerlab.domain.trial import StudyState
from layerlab.serving import grpc_channel
from layerlab.v1 import cohort_pb2, worker_pb2_grpc
from layerlab.v1 import worker_pb2 as pb
from tests.integration.gateway_world import World, check_problem, running_gateway
from tests.unit.gateway_ledger.world import Attending, a_worker


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    dashboard = "https://rabbit.example/"
    async with running_gateway(tmp_path, broker_dashboard_url=dashboard) as world:
        yield world


@pytest.fixture
async def channel(world: World) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc_channel(world.grpc) as channel:
        yield channel


@asynccontextmanager
async def training(world: World, ledger: GrpcLedger) -> AsyncIterator[tuple[str, Attending]]:
    """A study's id, and the stream of a worker that trains three of its trials."""
    study = await world.study(name="By hand")
    ref = CohortRef(study["study_id"], "c1")
    await ledger.move_study(ref.study_id, StudyState.RUNNING)
    lanes = [Proposal(number, Design((8,)), number) for number in (1, 2, 3)]
    await ledger.register_cohort(ref, Purpose.SEARCH, lanes)
    await ledger.mark_cohort_queued(ref)
    claim = await ledger.claim_cohort(ref, "w 1", "i1")
    assert claim.assignment is not None
    stream = Attending(ledger)
    await stream.report(a_worker(ref, claim.assignment.attempt, "w 1", "i1"))
    yield ref.study_id, stream
    await stream.leave()


async def the_queue(world: World) -> dict[str, Any]:
    document: dict[str, Any] = (await world.http.get("/v1/queue")).json()
    return document


async def test_a_worker_says_what_it_trains_since_when_and_when_it_was_heard(
    world: World, channel: grpc.aio.Channel
) -> None:
    async with training(world, GrpcLedger(channel)) as (study_id, _):
        [shown] = (await world.http.get("/v1/workers")).json()["workers"]
        assert (shown["worker_id"], shown["study_id"]) == ("w 1", study_id)
        assert (shown["study_name"], shown["purpose"], shown["lanes"]) == ("By hand", "search", 3)
        assert shown["since"] <= shown["heartbeat_at"]
        assert 0 <= shown["heartbeat_age_seconds"] < 60
        workers: worker_pb2_grpc.WorkerServiceAsyncStub = worker_pb2_grpc.WorkerServiceStub(channel)
        [told] = (await workers.ListWorkers(pb.ListWorkersRequest())).workers
        assert told.worker.worker_id == "w 1"
        assert (told.work.study_name, told.work.lanes) == ("By hand", 3)
        assert (told.work.cohort_id, told.work.attempt) == ("c1", 1)
        assert told.work.purpose == cohort_pb2.PURPOSE_SEARCH


async def test_what_a_worker_has_claimed_since_it_reported_is_shown(
    world: World, channel: grpc.aio.Channel
) -> None:
    ledger = GrpcLedger(channel)
    async with training(world, ledger) as (study_id, _):
        first, second = CohortRef(study_id, "c1"), CohortRef(study_id, "c2")
        await ledger.register_cohort(second, Purpose.SEARCH, [Proposal(4, Design((8,)), 4)])
        await ledger.mark_cohort_queued(second)
        await ledger.claim_cohort(second, "w 1", "i1")
        [before] = (await world.http.get("/v1/workers")).json()["workers"]
        assert (before["cohort_id"], before["lanes"]) == ("c1", 3)
        assert await ledger.release_cohort(first, 1, None)
        [after] = (await world.http.get("/v1/workers")).json()["workers"]
        assert (after["cohort_id"], after["lanes"], after["attempt"]) == ("c2", 1, 1)


async def test_a_worker_is_drained_and_resumed_over_rest_and_grpc(
    world: World, channel: grpc.aio.Channel
) -> None:
    workers: worker_pb2_grpc.WorkerServiceAsyncStub = worker_pb2_grpc.WorkerServiceStub(channel)
    async with training(world, GrpcLedger(channel)) as (study_id, stream):
        drained = (await world.http.post("/v1/workers/w%201:drain")).json()
        assert (drained["draining"], drained["study_id"]) == (True, study_id)
        assert (await stream.next()).drain
        [shown] = (await world.http.get("/v1/workers")).json()["workers"]
        assert shown["draining"]
        resumed = await workers.ResumeWorker(pb.ResumeWorkerRequest(worker_id="w 1"))
        assert not resumed.worker.worker.draining
        assert not (await stream.next()).drain
        again = await workers.DrainWorker(pb.DrainWorkerRequest(worker_id="w 1"))
        assert again.worker.worker.draining
        assert (await stream.next()).drain
        assert not (await world.http.post("/v1/workers/w%201:resume")).json()["draining"]
        assert not (await stream.next()).drain


async def test_a_worker_that_nobody_has_heard_of_is_not_found(
    world: World, channel: grpc.aio.Channel
) -> None:
    for verb in ("drain", "resume"):
        answer = await world.http.post(f"/v1/workers/nobody:{verb}")
        check_problem(answer, 404, "unknown_worker")
    workers: worker_pb2_grpc.WorkerServiceAsyncStub = worker_pb2_grpc.WorkerServiceStub(channel)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await workers.DrainWorker(pb.DrainWorkerRequest(worker_id="nobody"))
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


async def test_the_queue_says_nothing_for_the_broker_until_a_scheduler_has(
    world: World, channel: grpc.aio.Channel
) -> None:
    before = await the_queue(world)
    asked = ("broker", "messages_ready", "dead_letters", "consumers")
    assert [before[name] for name in asked] == [None] * 4
    assert before["dashboard_url"] == "https://rabbit.example/"
    await GrpcLedger(channel).report_queue(QueueReport("rabbitmq", ready=4, dead=1, consumers=2))
    after = await the_queue(world)
    assert [after[name] for name in asked] == ["rabbitmq", 4, 1, 2]
    workers: worker_pb2_grpc.WorkerServiceAsyncStub = worker_pb2_grpc.WorkerServiceStub(channel)
    told = await workers.GetQueue(pb.GetQueueRequest())
    assert (told.broker, told.messages_ready, told.dead_letters) == ("rabbitmq", 4, 1)
    assert told.dashboard_url == "https://rabbit.example/"


async def test_cohorts_are_pending_then_ready_then_unacknowledged(
    world: World, channel: grpc.aio.Channel
) -> None:
    ledger, study = GrpcLedger(channel), await world.study()
    ref = CohortRef(study["study_id"], "c1")

    async def becomes(pending: int, ready: int, unacknowledged: int) -> None:
        async with asyncio.timeout(20):
            while True:
                now = await the_queue(world)
                counts = now["pending"], now["ready"], now["unacknowledged"]
                if counts == (pending, ready, unacknowledged):
                    return
                await asyncio.sleep(0.02)

    await ledger.move_study(ref.study_id, StudyState.RUNNING)
    await becomes(0, 0, 0)
    await ledger.register_cohort(ref, Purpose.SEARCH, [Proposal(1, Design((8,)), 1)])
    await becomes(1, 0, 0)
    await ledger.mark_cohort_queued(ref)
    await becomes(0, 1, 0)
    await ledger.claim_cohort(ref, "w1", "i1")
    await becomes(0, 0, 1)
    assert len((await the_queue(world))["history"]) >= 1
