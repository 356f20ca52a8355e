"""A scheduler on the real ledger and the real queue, with scripted trainers and a turned clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from layerlab.adapters.memory import MemoryJobQueue
from layerlab.domain.exchange import (
    ClaimOutcome,
    QueueReport,
    Reclaimed,
    Registration,
    ReportBatch,
    StudyDelta,
)
from layerlab.domain.halving import Rung
from layerlab.domain.spec import StudySpec
from layerlab.domain.study import (
    Assignment,
    CohortRef,
    Proposal,
    Purpose,
    Study,
    TestScore,
    Trial,
    TrialEnd,
)
from layerlab.domain.trial import StopReason, StudyState, TrialState
from layerlab.domain.verdict import Verdict
from layerlab.intake import Intake
from layerlab.ports import Handler, JobQueue, QueueDepth, StudyLedger
from services.gateway.ledger import Ledger
from services.scheduler.scheduler import Scheduler
from services.scheduler.settings import SchedulerSettings
from services.scheduler.thinking import Thinker
from tests.unit.gateway_ledger.world import World, by_number, open_world, report
from tests.unit.scheduler.clocks import TurnedClock
from tests.unit.scheduler.thinkers import PlainThinker

SETTINGS = SchedulerSettings(grpc="127.0.0.1:0")


def success(lane: Proposal) -> TrialEnd:
    """A score that follows from the design, so that every order of training has one winner."""
    return TrialEnd(
        lane.number,
        TrialState.SUCCEEDED,
        stop_reason=StopReason.EARLY_STOPPING,
        score_val=(lane.seed % 1000) / 1000,
        val_loss=0.5,
        best_epoch=1,
        epochs=0,
        n_params=lane.design.n_params(4, 3),
        has_model=lane.repeat == 0 and lane.baseline is None,
    )


class Trainer:
    """Claims what the queue brings, and ends each lane as `end` says; None: it hangs.

    What it has claimed ends only while the `gate` is open.
    """

    def __init__(
        self,
        ledger: Ledger,
        queue: JobQueue,
        end: Callable[[Proposal], TrialEnd] | None = success,
        incarnation: str = "i1",
        gate: asyncio.Event | None = None,
    ) -> None:
        self._ledger = ledger
        self._queue = queue
        self._end = end
        self._incarnation = incarnation
        self._gate = gate
        self.claimed: list[str] = []

    async def run(self) -> None:
        await self._queue.consume(self._handle)

    async def _handle(self, ref: CohortRef) -> None:
        claim = await self._ledger.claim_cohort(ref, "w1", self._incarnation)
        if claim.outcome is not ClaimOutcome.CLAIMED:
            return
        assert claim.assignment is not None
        self.claimed.append(ref.cohort_id)
        if self._gate is not None:
            await self._gate.wait()
        if self._end is None:
            await asyncio.Event().wait()
        elif claim.assignment.purpose is not Purpose.TEST:
            await self._train(ref, claim.assignment, self._end)
        else:
            scores = tuple(TestScore(lane.number, 0.5) for lane in claim.assignment.lanes)
            batch = ReportBatch(1, test_scores=scores)
            await report(self._ledger, ref, claim.assignment.attempt, batch)

    async def _train(
        self, ref: CohortRef, work: Assignment, end: Callable[[Proposal], TrialEnd]
    ) -> None:
        ends = tuple(end(lane) for lane in work.lanes)
        for each in ends:
            if each.has_model:
                await self._ledger.upload_model(ref.study_id, each.number, work.attempt, b"model")
        await report(self._ledger, ref, work.attempt, ReportBatch(1, ends=ends))


class DurableQueue(MemoryJobQueue):
    """What a broker of its own is to the scheduler: there before it, and after it."""

    survives_restart = True


@dataclass(slots=True)
class SchedulerWorld:
    world: World
    clock: TurnedClock = field(default_factory=TurnedClock)
    queue: MemoryJobQueue = field(default_factory=MemoryJobQueue)
    thinker: Thinker = field(default_factory=PlainThinker)

    @property
    def ledger(self) -> Ledger:
        return self.world.ledger

    def turn(self, seconds: float) -> None:
        """Time passes for everybody."""
        self.world.store.turn(seconds)
        self.clock.turn(seconds)

    def scheduler(
        self,
        ledger: StudyLedger | None = None,
        queue: JobQueue | None = None,
        settings: SchedulerSettings = SETTINGS,
    ) -> Scheduler:
        return Scheduler(
            settings, ledger or self.ledger, queue or self.queue, self.thinker, self.clock
        )

    def trainer(
        self,
        end: Callable[[Proposal], TrialEnd] | None = success,
        incarnation: str = "i1",
        gate: asyncio.Event | None = None,
    ) -> Trainer:
        return Trainer(self.ledger, self.queue, end, incarnation, gate)

    async def create(self, spec: StudySpec) -> str:
        return (await self.ledger.create_study(spec)).study.study_id

    async def study(self, study_id: str) -> Study:
        return (await self.ledger.get_study(study_id)).study

    async def trials(self, study_id: str) -> list[Trial]:
        return list((await self.ledger.list_trials(study_id, by_number())).trials)

    async def end_of(self, study_id: str, turning: float = 0.0) -> Study:
        """The study when it has ended; meanwhile time passes, `turning` seconds at every look."""

        async def has_ended() -> bool:
            self.turn(turning)
            return (await self.study(study_id)).state.is_terminal

        await until(has_ended)
        return await self.study(study_id)

    async def states(self, study_id: str) -> list[TrialState]:
        return [trial.state for trial in await self.trials(study_id)]


@asynccontextmanager
async def open_scheduler_world(folder: Path) -> AsyncIterator[SchedulerWorld]:
    async with open_world(folder) as world:
        yield SchedulerWorld(world)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Asks again and again, for as long as a test may take."""
    async with asyncio.timeout(30):
        while not await condition():  # noqa: ASYNC110  # Nobody in a store signals an event.
            await asyncio.sleep(0.002)


@asynccontextmanager
async def running(*works: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs the works beside the test, and kills them at its end; none may end by itself."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
                raise AssertionError("ended by itself")
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


class Deadly:
    """A ledger or a queue during a call of which the caller is killed.

    Calls are counted over all that share `points`; each has two points to die at: before it
    has done anything, and when it is done but nobody has heard.
    """

    def __init__(self, at: int) -> None:
        self._at = at
        self.passed = 0
        self.died = asyncio.Event()

    async def pass_point(self) -> None:
        self.passed += 1
        if self.passed == self._at:
            self.died.set()
        if self.died.is_set():
            # Dead: nothing more is done until the test has taken the process away.
            await asyncio.Event().wait()


class DeadlyLedger:
    """A StudyLedger."""

    def __init__(self, ledger: StudyLedger, points: Deadly) -> None:
        self._ledger = ledger
        self._points = points

    async def watch_studies(self) -> AsyncIterator[StudyDelta]:
        await self._points.pass_point()
        async for delta in self._ledger.watch_studies():
            await self._points.pass_point()
            yield delta

    async def register_cohort(
        self,
        cohort: CohortRef,
        purpose: Purpose,
        proposals: Sequence[Proposal] = (),
        finalists: Sequence[int] = (),
        rungs: Sequence[Rung] = (),
    ) -> Registration:
        await self._points.pass_point()
        registered = await self._ledger.register_cohort(
            cohort, purpose, proposals, finalists, rungs
        )
        await self._points.pass_point()
        return registered

    async def report_queue(self, report: QueueReport) -> None:
        # Nothing depends on it.
        await self._ledger.report_queue(report)

    async def mark_cohort_queued(self, cohort: CohortRef) -> None:
        await self._points.pass_point()
        await self._ledger.mark_cohort_queued(cohort)
        await self._points.pass_point()

    async def move_study(self, study_id: str, to: StudyState, detail: str = "") -> Study:
        await self._points.pass_point()
        study = await self._ledger.move_study(study_id, to, detail)
        await self._points.pass_point()
        return study

    async def record_verdict(self, study_id: str, verdict: Verdict) -> None:
        await self._points.pass_point()
        await self._ledger.record_verdict(study_id, verdict)
        await self._points.pass_point()

    async def reclaim_cohorts(self, include_queued: bool) -> Reclaimed:
        await self._points.pass_point()
        reclaimed = await self._ledger.reclaim_cohorts(include_queued)
        await self._points.pass_point()
        return reclaimed


class DeadlyQueue:
    """A JobQueue."""

    def __init__(self, queue: JobQueue, points: Deadly) -> None:
        self._queue = queue
        self._points = points

    @property
    def broker(self) -> str:
        return self._queue.broker

    @property
    def survives_restart(self) -> bool:
        return self._queue.survives_restart

    async def put(self, cohort: CohortRef) -> None:
        await self._points.pass_point()
        await self._queue.put(cohort)
        await self._points.pass_point()

    async def consume(self, handle: Handler, intake: Intake | None = None) -> None:
        await self._queue.consume(handle, intake)

    async def depth(self) -> QueueDepth:
        return await self._queue.depth()

    async def ping(self) -> None:
        await self._queue.ping()


def essence(trials: Iterable[Trial]) -> list[tuple[object, ...]]:
    """What a seed promises to repeat."""
    return [(each.number, each.design, each.seed, each.score_val) for each in trials]
