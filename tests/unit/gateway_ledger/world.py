"""A ledger on a real SQLite file, with a clock that tests can turn, and a study to work on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import TypeVar

from layerlab.adapters.memory import MemoryEventFeed
from layerlab.adapters.objects import FileDatasetStore
from layerlab.adapters.sqlite import SCHEMA, SCHEMA_VERSION, SqliteRunStore
from layerlab.adapters.sqlite_file import SqliteFile
from layerlab.domain.dataset import Task
from layerlab.domain.design import Design
from layerlab.domain.event import Event
from layerlab.domain.exchange import Attended, Claim, ReportAck, ReportBatch
from layerlab.domain.presets import preset_space
from layerlab.domain.problem import Unavailable
from layerlab.domain.spec import Budget, StudySpec
from layerlab.domain.study import (
    Assignment,
    Cohort,
    CohortRef,
    EpochReport,
    Proposal,
    Purpose,
    TrialEnd,
)
from layerlab.domain.trial import StopReason, StudyState, TrialState
from layerlab.domain.worker import Worker
from layerlab.ports import CohortLedger, StudySummary
from services.gateway.ledger import Ledger, TrialQuery

T = TypeVar("T")
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LEASE = 15.0


class Outage(Enum):
    """When a write fails: without having been made, or after it, the answer being lost."""

    BEFORE = "before"
    AFTER = "after"


class TurnedStore(SqliteRunStore):
    """The SQLite store with a clock that is turned by hand, and writes that fail when told to."""

    def __init__(self, file: SqliteFile) -> None:
        super().__init__(file)
        self.time = START
        self.outage: Outage | None = None

    async def now(self) -> datetime:
        return self.time

    async def append(
        self, study_id: str, after: int, events: Sequence[Event], summary: StudySummary
    ) -> None:
        if self.outage is not Outage.BEFORE:
            await super().append(study_id, after, events, summary)
        if self.outage is not None:
            raise Unavailable("store_unavailable", "The test has pulled the plug.")

    def turn(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Attending:
    """A worker's stream to a ledger, open until it leaves."""

    def __init__(self, ledger: CohortLedger) -> None:
        self._reports: asyncio.Queue[Worker | None] = asyncio.Queue()
        self._answers = ledger.attend(self._requests())

    async def report(self, worker: Worker) -> Attended:
        self._reports.put_nowait(worker)
        return await anext(self._answers)

    async def next(self) -> Attended:
        """What comes unasked."""
        return await asyncio.wait_for(anext(self._answers), 20)

    async def leave(self) -> None:
        self._reports.put_nowait(None)
        assert [answer async for answer in self._answers] == []

    async def _requests(self) -> AsyncIterator[Worker]:
        while (worker := await self._reports.get()) is not None:
            yield worker


@dataclass(slots=True)
class World:
    """One store, one feed, and as many ledgers on them as a test wants."""

    store: TurnedStore
    feed: MemoryEventFeed
    models: FileDatasetStore
    ledger: Ledger
    attending: dict[tuple[str, str], Attending] = field(default_factory=dict)

    def another_ledger(self) -> Ledger:
        return Ledger(self.store, self.feed, self.models, LEASE)

    async def events(self, study_id: str) -> list[Event]:
        return await self.store.read_events(study_id, limit=100_000)

    async def running_study(self, spec: StudySpec | None = None) -> str:
        study = (await self.ledger.create_study(spec or a_spec())).study
        await self.ledger.move_study(study.study_id, StudyState.RUNNING)
        return study.study_id

    async def queued_cohort(
        self, study_id: str, numbers: Sequence[int] = (1, 2), cohort_id: str = "c1"
    ) -> CohortRef:
        ref = CohortRef(study_id, cohort_id)
        await self.ledger.register_cohort(ref, Purpose.SEARCH, proposals(numbers))
        await self.ledger.mark_cohort_queued(ref)
        return ref

    async def claimed(self, ref: CohortRef, worker_id: str = "w1", run: str = "i1") -> Assignment:
        return assignment(await self.ledger.claim_cohort(ref, worker_id, run))

    async def report(self, ref: CohortRef, attempt: int, *batches: ReportBatch) -> list[ReportAck]:
        return await report(self.ledger, ref, attempt, *batches)

    async def succeeded(self, study_id: str, numbers: Sequence[int] = (1, 2)) -> CohortRef:
        """A cohort whose trials have all succeeded, trial n with score n / 100."""
        cohort_id = f"c{min(numbers)}"
        ref = await self.queued_cohort(study_id, numbers, cohort_id)
        attempt = (await self.claimed(ref)).attempt
        ends = tuple(an_end(number, score=number / 100) for number in numbers)
        await self.report(ref, attempt, ReportBatch(1, epochs(numbers), ends))
        return ref

    async def heartbeat(self, worker: Worker) -> float:
        """The worker reports itself, on a stream that stays open until it `leaves`; the seconds
        until it is to do so again."""
        key = worker.worker_id, worker.incarnation
        if key not in self.attending:
            self.attending[key] = Attending(self.ledger)
        return (await self.attending[key].report(worker)).next_report_seconds

    async def leaves(self, worker: Worker) -> Worker:
        """The worker's stream breaks; what the store knows of it once it has been noticed."""
        await self.attending.pop((worker.worker_id, worker.incarnation)).leave()
        async with asyncio.timeout(30):
            while (known := await self.worker(worker.worker_id)).disconnected_at is None:  # noqa: ASYNC110  # No store signals an event.
                await asyncio.sleep(0.01)
        return known

    async def worker(self, worker_id: str) -> Worker:
        """As the store knows it."""
        known = await self.store.list_workers(START.replace(year=2000))
        return next(each for each in known if each.worker_id == worker_id)

    async def cohort(self, ref: CohortRef) -> Cohort:
        """As it is registered: a repeat gives what was registered first."""
        return (await self.ledger.register_cohort(ref, Purpose.SEARCH)).cohort

    async def states(self, study_id: str) -> dict[int, TrialState]:
        page = await self.ledger.list_trials(study_id, by_number())
        return {trial.number: trial.state for trial in page.trials}


@asynccontextmanager
async def open_world(folder: Path) -> AsyncIterator[World]:
    # No test here cuts the power; waiting for the disk would only make them slow.
    file = SqliteFile(folder / "ledger.db", synchronous="OFF")
    file.start(SCHEMA, SCHEMA_VERSION)
    store = TurnedStore(file)
    feed, models = MemoryEventFeed(), FileDatasetStore(folder / "models")
    try:
        async with Ledger(store, feed, models, LEASE) as ledger:
            world = World(store, feed, models, ledger)
            yield world
            for stream in world.attending.values():
                await stream.leave()
    finally:
        file.close()


def a_spec(
    max_trials: int | None = 100, max_epochs: int = 10, time_seconds: float | None = None
) -> StudySpec:
    return StudySpec(
        dataset_id="d" * 64,
        target="species",
        task=Task.CLASSIFICATION,
        space=preset_space("quick", 344),
        budget=Budget(max_trials, max_epochs, time_seconds),
        name="penguins",
        preset="quick",
        seed=7,
    )


def a_design(number: int = 1) -> Design:
    return Design(hidden=(8 * (1 + number % 100),), learning_rate=0.01 / number)


def proposals(numbers: Iterable[int]) -> list[Proposal]:
    return [Proposal(number, a_design(number), 1000 + number) for number in numbers]


def an_epoch(number: int, epoch: int = 1, score: float | None = 0.5) -> EpochReport:
    return EpochReport(number, epoch, 1.0 / epoch, 1.1 / epoch, score, 0.1 * epoch)


def epochs(numbers: Iterable[int], epoch: int = 1) -> tuple[EpochReport, ...]:
    return tuple(an_epoch(number, epoch) for number in numbers)


def an_end(
    number: int, score: float = 0.9, state: TrialState = TrialState.SUCCEEDED, trained: int = 1
) -> TrialEnd:
    return TrialEnd(
        number,
        state,
        stop_reason=StopReason.EARLY_STOPPING,
        score_val=score,
        val_loss=0.3,
        best_epoch=trained,
        epochs=trained,
        fit_time_seconds=1.5,
        n_params=100 + number,
    )


def a_worker(ref: CohortRef, attempt: int, worker_id: str = "w1", run: str = "i1") -> Worker:
    worker = Worker(worker_id, run, "host", 42, "cpu", 2, "0.1.0", START)
    return replace(worker, study_id=ref.study_id, cohort_id=ref.cohort_id, attempt=attempt)


def by_number() -> TrialQuery:
    return TrialQuery(order_by="number", page_size=1000)


def assignment(claim: Claim) -> Assignment:
    assert claim.assignment is not None
    return claim.assignment


async def report(
    ledger: Ledger, ref: CohortRef, attempt: int, *batches: ReportBatch
) -> list[ReportAck]:
    """The acknowledgements; there may be fewer than batches."""

    async def send() -> AsyncIterator[ReportBatch]:
        for batch in batches:
            yield batch

    return [ack async for ack in ledger.report_cohort(ref, attempt, send())]


async def collect(stream: AsyncIterator[T], into: list[T]) -> None:
    """Keeps what came before the stream failed, too."""
    async for each in stream:
        into.append(each)
