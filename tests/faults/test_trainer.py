"""The failure table's rows about what happens inside a trainer, and between it and the gateway.

Real training children, the real ledger over real gRPC. The clock of leases is turned by hand.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from layerlab.adapters.grpc_ledger import GrpcLedger
from layerlab.adapters.memory import MemoryJobQueue
from layerlab.domain.design import Design
from layerlab.domain.event import EventType
from layerlab.domain.exchange import ReportBatch
from layerlab.domain.study import CohortRef, Purpose, Trial
from layerlab.domain.trial import CohortState, FailureReason, TrialState
from layerlab.lifecycle import background
from layerlab.serving import grpc_channel
from services.trainer.child_process import TrainingChild, training_child
from services.trainer.executor import JobExecutor
from services.trainer.messages import Evaluated, EvaluateJob, Progress, ScoreJob, TrainJob
from services.trainer.runner import CohortRunner, WorkerName
from services.trainer.service import trainer_service
from services.trainer.settings import TrainerSettings
from tests.e2e.proxy import CuttingProxy
from tests.integration.trainer_world import WAIT_SECONDS, TrainerWorld, open_trainer_world
from tests.unit.gateway_ledger.world import an_end, epochs

ENDLESS = 1_000_000
SMALL = [Design((8,), batch_size=32), Design((16, 8), batch_size=32)]
HUGE = [Design((4096,) * 16, batch_size=32)]
LEASE_AND_MORE = 20.0
CHILD = TrainerSettings(threads=1, worker_id="w1")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[TrainerWorld]:
    async with open_trainer_world(tmp_path, TrainingChild(CHILD)) as world:
        yield world


@asynccontextmanager
async def trainer(
    world: TrainerWorld, queue: MemoryJobQueue, settings: TrainerSettings = CHILD
) -> AsyncIterator[None]:
    """A whole trainer beside the test; the world's child is its child."""

    @asynccontextmanager
    async def open_child(settings: TrainerSettings) -> AsyncIterator[JobExecutor]:
        async with training_child(settings) as world.child:
            yield world.child

    service = trainer_service(
        settings, queue, world.ledger, world.source, world.cache_folder, open_child
    )
    async with background(service):
        yield


async def put(
    world: TrainerWorld, queue: MemoryJobQueue, designs: list[Design], max_epochs: int
) -> CohortRef:
    ref = await world.cohort(await world.study(max_epochs), designs)
    await queue.put(ref)
    return ref


async def has_ended(world: TrainerWorld, ref: CohortRef) -> list[Trial]:
    """The trials of the cohort, once it has ended; each was ended once."""
    async with asyncio.timeout(WAIT_SECONDS), world.world.feed.subscribe(ref.study_id) as grown:
        while (await world.world.cohort(ref)).state is not CohortState.ENDED:
            await anext(grown)
    trials = await world.trials(ref.study_id)
    ends = [
        event.data["number"]
        for event in await world.events(ref.study_id, EventType.TRIAL_STATE_CHANGED)
        if TrialState(str(event.data["to"])).is_terminal
    ]
    assert sorted(map(str, ends)) == sorted(str(trial.number) for trial in trials)
    return trials


async def epoch_of(world: TrainerWorld, ref: CohortRef, attempt: int) -> None:
    """Returns when the attempt has reported an epoch."""
    async with asyncio.timeout(WAIT_SECONDS), world.world.feed.subscribe(ref.study_id) as grown:
        while not any(
            event.data["attempt"] == attempt
            for event in await world.events(ref.study_id, EventType.EPOCHS_REPORTED)
        ):
            await anext(grown)


async def assert_trains_on(world: TrainerWorld, queue: MemoryJobQueue) -> None:
    """The parent has lived through it all."""
    trials = await has_ended(world, await put(world, queue, SMALL, 3))
    assert {trial.state for trial in trials} == {TrialState.SUCCEEDED}


async def reasons(world: TrainerWorld, ref: CohortRef) -> list[object]:
    changes = await world.events(ref.study_id, EventType.COHORT_STATE_CHANGED)
    return [each.data["reason"] for each in changes if each.data["reason"] is not None]


async def test_a_trial_that_can_not_fit_into_memory_fails_for_that_without_being_tried(
    world: TrainerWorld,
) -> None:
    """Row: training child out of memory, segfault."""
    queue = MemoryJobQueue()
    settings = CHILD.model_copy(update={"memory_bytes": 2 << 30})
    async with trainer(world, queue, settings):
        ref = await put(world, queue, HUGE, 5)
        (trial,) = await has_ended(world, ref)
        assert (trial.state, trial.reason) == (TrialState.FAILED, FailureReason.OUT_OF_MEMORY)
        assert "MB of memory" in trial.detail
        # Nothing was killed for it, so there is nothing to try again.
        assert trial.attempt == 1
        assert await reasons(world, ref) == []
        await assert_trains_on(world, queue)


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT], ids=["segfault", "abort"])
async def test_a_child_that_crashes_three_times_fails_its_trials_and_nothing_else(
    world: TrainerWorld, number: signal.Signals
) -> None:
    """Row: training child out of memory, segfault."""
    queue = MemoryJobQueue()
    async with trainer(world, queue):
        ref = await put(world, queue, SMALL, ENDLESS)
        for attempt in (1, 2, 3):
            await epoch_of(world, ref, attempt)
            os.kill(world.child_pid(), number)
        trials = await has_ended(world, ref)
        assert {(t.state, t.reason, t.attempt) for t in trials} == {
            (TrialState.FAILED, FailureReason.INTERNAL, 3)
        }
        assert number.name in trials[0].detail
        await assert_trains_on(world, queue)


async def test_a_child_that_hangs_is_killed_and_its_cohort_trained_anew(
    world: TrainerWorld,
) -> None:
    """Row: child hangs, parent alive."""
    queue = MemoryJobQueue()
    settings = CHILD.model_copy(update={"hang_seconds": 3.0})
    async with trainer(world, queue, settings):
        ref = await put(world, queue, SMALL, 2000)
        await epoch_of(world, ref, 1)
        hanging = world.child_pid()
        os.kill(hanging, signal.SIGSTOP)
        trials = await has_ended(world, ref)
        with pytest.raises(ProcessLookupError):
            os.kill(hanging, 0)
        assert {(t.state, t.attempt) for t in trials} == {(TrialState.SUCCEEDED, 2)}
        assert await reasons(world, ref) == [FailureReason.TRIAL_TIMEOUT]


class Slow:
    """A JobExecutor whose lanes report an epoch every 50 ms, as many as they are asked for."""

    device = "patience"

    async def train(self, job: TrainJob) -> AsyncGenerator[Progress, None]:
        numbers = [lane.number for lane in job.lanes]
        for epoch in range(1, job.max_epochs + 1):
            await asyncio.sleep(0.05)
            ends = [an_end(n, trained=epoch) for n in numbers if epoch == job.max_epochs]
            yield Progress(epochs(numbers, epoch), tuple(ends))

    async def evaluate(self, job: EvaluateJob) -> Evaluated:
        raise AssertionError

    async def score(self, job: ScoreJob) -> float:
        raise AssertionError

    async def expect(self, job: TrainJob) -> None:
        """It needs no preparation."""

    async def dismiss(self, job: TrainJob) -> None:
        """Nothing has been prepared."""

    async def stop_lanes(self, numbers: tuple[int, ...]) -> None:
        raise AssertionError


async def test_a_cohort_over_its_hard_limit_ends_and_under_it_takes_one_attempt(
    world: TrainerWorld,
) -> None:
    """Row: a trial longer than the broker's patience."""
    study_id, name = await world.study(max_epochs=100), WorkerName("w1", "i1")
    for number, limit_seconds in ((1, 1.0), (2, 600.0)):
        ref = await world.world.queued_cohort(study_id, (number,), f"c{number}")
        await CohortRunner(world.ledger, world.cache, Slow(), name, limit_seconds).run(ref)
    over, under = await has_ended(world, ref)
    assert (over.state, over.reason) == (TrialState.FAILED, FailureReason.TRIAL_TIMEOUT)
    assert 0 < over.epochs < 100
    assert (under.state, under.epochs) == (TrialState.SUCCEEDED, 100)
    assert (over.attempt, under.attempt) == (1, 1)


async def test_a_cohort_that_does_not_look_at_the_time_ends_soon_after_the_deadline(
    world: TrainerWorld,
) -> None:
    study_id, name = await world.study(max_epochs=ENDLESS, time_seconds=1.0), WorkerName("w1", "i1")
    ref = await world.world.queued_cohort(study_id, (1, 2))
    async with asyncio.timeout(WAIT_SECONDS):
        await CohortRunner(world.ledger, world.cache, Slow(), name, 600.0).run(ref)
    for trial in await has_ended(world, ref):
        assert (trial.state, trial.attempt) == (TrialState.CANCELLED, 1)
        assert trial.epochs > 0
        assert "time budget" in trial.detail


@asynccontextmanager
async def through_a_proxy(world: TrainerWorld) -> AsyncIterator[CuttingProxy]:
    """From now on the world's trainers reach the gateway through a proxy."""
    port = int(world.address.rpartition(":")[2])
    with closing(CuttingProxy(port)) as proxy:
        async with grpc_channel(f"127.0.0.1:{proxy.port}") as channel:
            direct, world.ledger = world.ledger, GrpcLedger(channel)
            try:
                yield proxy
            finally:
                world.ledger = direct


PARTINGS = pytest.mark.parametrize(
    "part", [CuttingProxy.part, CuttingProxy.blackhole], ids=["dropped", "blackholed"]
)


@pytest.mark.parametrize(
    ("part", "seconds"),
    [
        (CuttingProxy.part, 2.0),
        (CuttingProxy.blackhole, 2.0),
        # Until keepalive gives the connection up.
        (CuttingProxy.blackhole, 25.0),
    ],
    ids=["dropped", "blackholed", "blackholed for long"],
)
async def test_a_trainer_parted_from_its_gateway_misses_nothing(
    world: TrainerWorld, part: Callable[[CuttingProxy], None], seconds: float
) -> None:
    """Row: trainer and gateway parted for 90 s. Shorter than the lease, by the store's clock."""
    queue = MemoryJobQueue()
    async with through_a_proxy(world) as proxy, trainer(world, queue):
        ref = await put(world, queue, SMALL, 2000)
        await epoch_of(world, ref, 1)
        part(proxy)
        await asyncio.sleep(seconds)
        proxy.heal()
        trials = await has_ended(world, ref)
        assert {(t.state, t.attempt) for t in trials} == {(TrialState.SUCCEEDED, 1)}
        for trial in trials:
            _, curve = await world.world.ledger.get_trial(ref.study_id, trial.number)
            assert [point.epoch for point in curve] == list(range(1, trial.epochs + 1))
        await assert_trains_on(world, queue)


@PARTINGS
async def test_a_trainer_parted_for_longer_than_its_lease_finds_itself_stale(
    world: TrainerWorld, part: Callable[[CuttingProxy], None]
) -> None:
    """Row: trainer and gateway parted for 90 s. The peer's result stays."""
    queue = MemoryJobQueue()
    async with through_a_proxy(world) as proxy, trainer(world, queue):
        ref = await put(world, queue, SMALL, ENDLESS)
        await epoch_of(world, ref, 1)
        part(proxy)
        world.world.store.turn(LEASE_AND_MORE)
        reclaimed = await world.world.ledger.reclaim_cohorts(include_queued=False)
        assert reclaimed.cohorts == 1
        peer = await world.world.claimed(ref, "w2", "i2")
        ends = (an_end(1, 0.7), an_end(2, 0.8))
        await world.world.report(ref, peer.attempt, ReportBatch(1, epochs((1, 2)), ends))
        before = await world.world.events(ref.study_id)
        proxy.heal()
        # Only when it has given the other one up does it take this.
        await assert_trains_on(world, queue)
        assert await world.world.events(ref.study_id) == before


async def test_a_trainer_that_stops_while_the_gateway_is_away_gives_its_message_back(
    world: TrainerWorld,
) -> None:
    """Row: SIGTERM anywhere."""
    queue = MemoryJobQueue()
    async with asyncio.timeout(WAIT_SECONDS), trainer(world, queue):
        ref = await put(world, queue, SMALL, ENDLESS)
        await epoch_of(world, ref, 1)
        await world.stop_server()
    assert (await queue.depth()).ready == 1
    assert (await world.world.cohort(ref)).state is CohortState.RUNNING
    await world.start_server()
    # It could not say goodbye. But its stream has ended, or its lease does.
    world.world.store.turn(LEASE_AND_MORE)
    async with trainer(world, queue):
        await epoch_of(world, ref, 2)
    assert (await world.world.cohort(ref)).attempt == 2


async def test_a_trainer_that_stops_hands_its_cohort_to_a_gateway_that_comes_back_just_then(
    world: TrainerWorld,
) -> None:
    """Row: SIGTERM anywhere. As in a rolling restart of everything."""
    queue = MemoryJobQueue()
    async with trainer(world, queue):
        ref = await put(world, queue, SMALL, ENDLESS)
        await epoch_of(world, ref, 1)
        await world.stop_server()
        back = asyncio.create_task(_later(1.0, world))
    await back
    assert (await world.world.cohort(ref)).state is CohortState.QUEUED
    assert await reasons(world, ref) == []


async def _later(seconds: float, world: TrainerWorld) -> None:
    await asyncio.sleep(seconds)
    await world.start_server()


async def test_a_worker_killed_with_9_is_known_to_be_gone_and_a_hanging_one_is_not(
    world: TrainerWorld,
) -> None:
    """Rows: trainer `kill -9`; trainer hangs. The kernel closes connections of the dead only."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.faults.attendee", world.address)
    )
    try:
        await _tells(world, lambda there, _: there)
        process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(2.0)
        await _tells(world, lambda there, gone: there and not gone)
    finally:
        process.kill()
        await process.wait()
    await _tells(world, lambda _, gone: gone)


async def _tells(world: TrainerWorld, condition: Callable[[bool, bool], bool]) -> None:
    """Returns when the condition of (there once, gone) holds."""
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            workers = {w.worker_id: w for w in await world.known_workers()}
            worker = workers.get("attendee")
            if condition(worker is not None, bool(worker and worker.disconnected_at)):
                return
            await asyncio.sleep(0.02)


async def test_a_test_of_finalists_survives_its_child(world: TrainerWorld) -> None:
    """Row: training child out of memory, segfault. The test rows are touched once all the same."""
    queue = MemoryJobQueue()
    async with trainer(world, queue):
        ref = await put(world, queue, SMALL, 3)
        best = next(each for each in await has_ended(world, ref) if each.has_model)
        os.kill(world.child_pid(), signal.SIGSEGV)
        final = CohortRef(ref.study_id, "final")
        await world.world.ledger.register_cohort(final, Purpose.TEST, finalists=(best.number,))
        await queue.put(final)
        async with asyncio.timeout(WAIT_SECONDS):
            while not await world.events(ref.study_id, EventType.TRIAL_TESTED):  # noqa: ASYNC110  # Nobody in a store signals an event.
                await asyncio.sleep(0.02)
    assert len(await world.events(ref.study_id, EventType.TRIAL_TESTED)) == 1
