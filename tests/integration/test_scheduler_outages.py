"""A ledger whose answers get lost, a gateway that restarts, a broker that was away."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from layerlab.adapters.grpc_ledger import GrpcLedger
from layerlab.adapters.memory import MemoryJobQueue
from layerlab.adapters.opening import UnknownUrl
from layerlab.domain.exchange import QueueReport, Reclaimed, Registration, StudyDelta
from layerlab.domain.halving import Rung
from layerlab.domain.problem import OutOfSpace, Unavailable
from layerlab.domain.study import CohortRef, Proposal, Purpose, Study
from layerlab.domain.trial import StudyState, TrialState
from layerlab.domain.verdict import Verdict
from layerlab.ports import QueueDepth, StudyLedger
from layerlab.serving import grpc_channel, grpc_server
from layerlab.settings import read_settings
from layerlab.v1 import ledger_pb2_grpc
from services.gateway.ledger_rpc import LedgerServicer
from services.scheduler.__main__ import run, serve
from services.scheduler.reconciler import Reconciler
from services.scheduler.settings import SchedulerSettings, Settings
from tests.integration.scheduler_world import (
    DurableQueue,
    SchedulerWorld,
    essence,
    running,
    until,
)
from tests.unit.scheduler.builders import a_spec


class ForgetfulLine:
    """A StudyLedger that does as it is told, and then every second answer gets lost."""

    def __init__(self, ledger: StudyLedger) -> None:
        self._ledger = ledger
        self.answers = 0

    def _lose(self) -> None:
        self.answers += 1
        if self.answers % 2:
            raise Unavailable("lost", "The answer got lost.")

    async def report_queue(self, report: QueueReport) -> None:
        await self._ledger.report_queue(report)

    async def watch_studies(self) -> AsyncIterator[StudyDelta]:
        yielded = 0
        async for delta in self._ledger.watch_studies():
            yield delta
            yielded += 1
            if yielded == 4:
                raise Unavailable("lost", "The connection got lost.")

    async def register_cohort(
        self,
        cohort: CohortRef,
        purpose: Purpose,
        proposals: Sequence[Proposal] = (),
        finalists: Sequence[int] = (),
        rungs: Sequence[Rung] = (),
    ) -> Registration:
        registered = await self._ledger.register_cohort(
            cohort, purpose, proposals, finalists, rungs
        )
        self._lose()
        return registered

    async def mark_cohort_queued(self, cohort: CohortRef) -> None:
        await self._ledger.mark_cohort_queued(cohort)
        self._lose()

    async def move_study(self, study_id: str, to: StudyState, detail: str = "") -> Study:
        study = await self._ledger.move_study(study_id, to, detail)
        self._lose()
        return study

    async def record_verdict(self, study_id: str, verdict: Verdict) -> None:
        await self._ledger.record_verdict(study_id, verdict)
        self._lose()

    async def reclaim_cohorts(self, include_queued: bool) -> Reclaimed:
        reclaimed = await self._ledger.reclaim_cohorts(include_queued)
        self._lose()
        return reclaimed


async def test_lost_answers_change_nothing(here: SchedulerWorld) -> None:
    alone = await here.create(a_spec(max_trials=40))
    async with running(here.scheduler().run(), here.trainer().run()):
        await here.end_of(alone)
    study_id = await here.create(a_spec(max_trials=40))
    line = ForgetfulLine(here.ledger)
    async with running(here.scheduler(line).run(), here.trainer().run()):
        study = await here.end_of(study_id, turning=0.05)

    assert line.answers > 10
    assert study.state is StudyState.SUCCEEDED
    trials = await here.trials(study_id)
    assert essence(trials) == essence(await here.trials(alone))
    assert sum(trial.score_test is not None for trial in trials) == 1


async def test_a_full_disk_does_not_end_a_study(here: SchedulerWorld) -> None:
    class FullDisk(ForgetfulLine):
        def _lose(self) -> None:
            self.answers += 1
            if self.answers < 6:
                raise OutOfSpace("disk_full", "The disk is full.")

    study_id = await here.create(a_spec(max_trials=8))
    async with running(here.scheduler(FullDisk(here.ledger)).run(), here.trainer().run()):
        assert (await here.end_of(study_id, turning=0.05)).state is StudyState.SUCCEEDED


@asynccontextmanager
async def gateway(here: SchedulerWorld, port: int = 0) -> AsyncIterator[int]:
    servicer = LedgerServicer(here.ledger)
    async with grpc_server(
        f"127.0.0.1:{port}",
        lambda server: ledger_pb2_grpc.add_LedgerServiceServicer_to_server(servicer, server),
    ) as port:
        yield port


async def test_a_gateway_that_restarts_is_found_again(here: SchedulerWorld) -> None:
    study_id = await here.create(a_spec(max_trials=60))
    async with AsyncExitStack() as stack:
        first = AsyncExitStack()
        port = await first.enter_async_context(gateway(here))
        channel = await stack.enter_async_context(grpc_channel(f"127.0.0.1:{port}"))
        await stack.enter_async_context(running(here.scheduler(GrpcLedger(channel)).run()))
        await until(lambda: has_state(here, study_id, TrialState.QUEUED))
        await first.aclose()
        # The scheduler is not needed for what is queued.
        await stack.enter_async_context(running(here.trainer().run()))
        await until(lambda: has_state(here, study_id, TrialState.SUCCEEDED))
        await stack.enter_async_context(gateway(here, port))
        study = await here.end_of(study_id, turning=0.05)

    assert study.state is StudyState.SUCCEEDED
    assert len(await here.trials(study_id)) == 60


async def has_state(here: SchedulerWorld, study_id: str, state: TrialState) -> bool:
    return state in await here.states(study_id)


class BrokenQueue(MemoryJobQueue):
    """A broker that is away until it is mended."""

    is_mended = False

    async def put(self, cohort: CohortRef) -> None:
        if not self.is_mended:
            raise Unavailable("broker_away", "The broker is away.")
        await super().put(cohort)

    async def depth(self) -> QueueDepth:
        if not self.is_mended:
            raise Unavailable("broker_away", "The broker is away.")
        return await super().depth()


async def queued(here: SchedulerWorld, max_trials: int = 8) -> str:
    """A study with a cohort that the ledger calls queued, while nobody schedules."""
    study_id = await here.create(a_spec(max_trials=max_trials))
    async with running(here.scheduler().run()):
        await until(lambda: has_state(here, study_id, TrialState.QUEUED))
    return study_id


async def test_what_was_reclaimed_is_published_when_the_broker_is_back(
    here: SchedulerWorld,
) -> None:
    study_id = await queued(here)
    queue = BrokenQueue()
    async with running(here.scheduler(queue=queue).run()):
        await until(lambda: has_state(here, study_id, TrialState.PENDING))
        queue.is_mended = True
        await until(lambda: holds_in_time(here, queue, 1))


async def test_a_reclaim_whose_answer_got_lost_is_asked_for_again(here: SchedulerWorld) -> None:
    study_id = await queued(here)
    line = ForgetfulLine(here.ledger)
    recovering = asyncio.create_task(Reconciler(line, MemoryJobQueue(), here.clock).recover())
    await until(lambda: was_asked(line))
    await until(lambda: is_done_in_time(here, recovering))

    assert line.answers == 2
    assert set(await here.states(study_id)) == {TrialState.PENDING}


async def test_messages_that_the_queue_has_lost_are_published_again(here: SchedulerWorld) -> None:
    """As after: the queue was deleted, or purged, or a message became a dead letter."""
    here.queue = DurableQueue()
    study_id = await here.create(a_spec(max_trials=40))
    async with running(here.scheduler().run()):
        await until(lambda: has_state(here, study_id, TrialState.QUEUED))
        before = (await here.queue.depth()).ready
        await take_away_a_message(here.queue)
        async with running(here.trainer().run()):
            assert (await here.end_of(study_id, turning=0.05)).state is StudyState.SUCCEEDED

    assert before > 0
    assert set(await here.states(study_id)) == {TrialState.SUCCEEDED}


async def test_a_queue_that_holds_what_it_should_is_left_alone(here: SchedulerWorld) -> None:
    here.queue = DurableQueue()
    study_id = await here.create(a_spec(max_trials=40))
    async with running(here.scheduler().run()):
        await until(lambda: has_state(here, study_id, TrialState.QUEUED))
        for _ in range(200):
            here.turn(0.1)
            await asyncio.sleep(0.002)
        states = await here.states(study_id)
        messages = (await here.queue.depth()).ready
    cohorts = {trial.cohort_id for trial in await here.trials(study_id)}

    assert set(states) == {TrialState.QUEUED}
    assert messages == len(cohorts)


async def take_away_a_message(queue: MemoryJobQueue) -> None:
    """It becomes a dead letter."""
    taken = asyncio.Event()

    async def refuse(cohort: CohortRef) -> None:
        if not taken.is_set():
            taken.set()
            raise RuntimeError("The test refuses it.")
        await asyncio.Event().wait()

    async with running(queue.consume(refuse)):
        await taken.wait()
        await until(lambda: has_dead(queue))


async def has_dead(queue: MemoryJobQueue) -> bool:
    return (await queue.depth()).dead > 0


async def holds_in_time(here: SchedulerWorld, queue: MemoryJobQueue, messages: int) -> bool:
    here.turn(0.1)
    return (await queue.depth()).ready >= messages


async def is_done_in_time(here: SchedulerWorld, work: asyncio.Task[None]) -> bool:
    """Time passes at every look, since nobody tells when the work begins to wait for it."""
    here.turn(0.1)
    return work.done()


async def was_asked(line: ForgetfulLine) -> bool:
    return line.answers > 0


def test_a_process_of_its_own_refuses_a_queue_that_nobody_else_can_see(tmp_path: Path) -> None:
    environment = {**os.environ, "LAYERLAB_BROKER__URL": "memory:"}
    done = subprocess.run(
        [sys.executable, "-m", "services.scheduler"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert "memory:" in done.stderr
    assert "layerlab up" in done.stderr
    assert "Traceback" not in done.stderr


async def test_a_queue_of_an_unknown_kind_is_refused_without_its_password() -> None:
    settings = read_settings(Settings, {"broker": {"url": "pigeon://me:secret@loft"}})

    with pytest.raises(UnknownUrl) as refused:
        await run(settings)
    assert "secret" not in str(refused.value)


async def test_a_process_of_its_own_says_that_it_is_healthy(here: SchedulerWorld) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    study_id = await here.create(a_spec(max_trials=8))
    settings = SchedulerSettings(grpc=address)
    async with running(serve(settings, here.ledger, here.queue, {}), here.trainer().run()):
        async with grpc_channel(address) as channel:
            answer = await health_pb2_grpc.HealthStub(channel).Check(  # type: ignore[attr-defined]  # The stubs forget it.
                health_pb2.HealthCheckRequest(), wait_for_ready=True
            )
        assert answer.status is health_pb2.HealthCheckResponse.SERVING
        assert (await here.end_of(study_id)).state is StudyState.SUCCEEDED
