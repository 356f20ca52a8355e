"""A real mongod that is killed and stopped, and those who must live with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Final, TypeVar

from layerlab.adapters.objects import FileDatasetStore
from layerlab.adapters.opening import open_event_feed, open_run_store
from layerlab.domain.dataset import Task
from layerlab.domain.design import Design
from layerlab.domain.event import Event, EventType
from layerlab.domain.exchange import ReportBatch
from layerlab.domain.presets import preset_space
from layerlab.domain.problem import Unavailable
from layerlab.domain.spec import Budget, StudySpec
from layerlab.domain.study import CohortRef, EpochReport, Proposal, Purpose
from layerlab.domain.trial import StudyState
from layerlab.ports import RunStore, SeqConflict, StudySummary
from services.gateway.ledger import Ledger
from tests.waiting import LIMIT_SECONDS, until

T = TypeVar("T")

_BEAT_SECONDS: Final = 0.05
NOW: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@asynccontextmanager
async def open_ledger(url: str, folder: Path) -> AsyncIterator[Ledger]:
    async with (
        open_run_store(url) as store,
        open_event_feed(url) as feed,
        Ledger(store, feed, FileDatasetStore(folder / "models")) as ledger,
    ):
        yield ledger


async def again(call: Callable[[], Awaitable[T]]) -> T:
    """What every client does: it tries again while the store is away."""
    async with asyncio.timeout(LIMIT_SECONDS):
        while True:
            with suppress(Unavailable):
                return await call()
            await asyncio.sleep(0.1)


@dataclass(slots=True)
class Reporter:
    """A trainer with one lane. It sends an epoch again until it was acknowledged."""

    ledger: Ledger
    cohort: CohortRef
    attempt: int
    acknowledged: int = 0
    refusals: int = 0

    async def until(self, epochs: int) -> None:
        """Returns when as many have been acknowledged."""
        await until(lambda: self.acknowledged >= epochs)

    async def report(self, epochs: int) -> None:
        """Reports up to `epochs`, one a message."""
        async with asyncio.timeout(LIMIT_SECONDS):
            while self.acknowledged < epochs:
                try:
                    acks = self.ledger.report_cohort(
                        self.cohort, self.attempt, self._batches(epochs)
                    )
                    async for ack in acks:
                        self.acknowledged = ack.acknowledged
                except Unavailable:
                    self.refusals += 1
                    await asyncio.sleep(0.1)

    async def _batches(self, epochs: int) -> AsyncIterator[ReportBatch]:
        for epoch in range(self.acknowledged + 1, epochs + 1):
            yield ReportBatch(epoch, (EpochReport(1, epoch, 0.5, 0.6, 0.7, 0.01 * epoch),))
            await asyncio.sleep(0.005)


async def start_reporter(ledger: Ledger) -> Reporter:
    """Of a study of one trial, which is claimed."""
    spec = StudySpec("d", "y", Task.REGRESSION, preset_space("quick", 100), Budget(1, 10_000, None))
    study_id = (await again(lambda: ledger.create_study(spec))).study.study_id
    await again(lambda: ledger.move_study(study_id, StudyState.RUNNING))
    cohort = CohortRef(study_id, "c1")
    proposals = [Proposal(1, Design((8,)), 1)]
    await again(lambda: ledger.register_cohort(cohort, Purpose.SEARCH, proposals))
    claim = await again(lambda: ledger.claim_cohort(cohort, "w1", "i1"))
    assert claim.assignment is not None
    return Reporter(ledger, cohort, claim.assignment.attempt)


async def whole_log(store: RunStore, study_id: str) -> list[Event]:
    last = await again(lambda: store.last_seq(study_id))
    return await again(lambda: store.read_events(study_id, limit=last))


def epochs_in(log: list[Event]) -> list[int]:
    """The numbers of the epochs, in the order in which they were recorded."""
    epochs = []
    for event in log:
        if event.type is EventType.EPOCHS_REPORTED:
            reports = event.data["reports"]
            assert isinstance(reports, list)
            epochs += [report["epoch"] for report in reports]
    return epochs


def is_gapless(log: list[Event]) -> bool:
    return [event.seq for event in log] == list(range(1, len(log) + 1))


@dataclass(slots=True)
class MarkWriter:
    """Appends events that carry a mark of their own, in a race with other writers.

    `acknowledged` are the marks whose append returned; `tried` are all.
    """

    store: RunStore
    name: str
    tried: list[str] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)

    async def write(self, until: asyncio.Event) -> None:
        while not until.is_set():
            mark = f"{self.name}-{len(self.tried)}"
            self.tried.append(mark)
            # One that came to nothing isn't written again: it is in the log once, or never.
            with suppress(Unavailable, SeqConflict):
                await self._append(mark)
                self.acknowledged.append(mark)
            await asyncio.sleep(0.002)

    async def _append(self, mark: str) -> None:
        after = await self.store.last_seq("s")
        # Of several events, so that an append in the middle of another one's would show.
        events = [
            Event(after + n, NOW, EventType.STUDY_CREATED, "studies/s", {"mark": mark})
            for n in (1, 2, 3)
        ]
        summary = StudySummary("s", after + 3, True, NOW, "{}")
        await self.store.append("s", after, events, summary)


async def until_more_by(writers: Sequence[MarkWriter], more: int) -> None:
    def acknowledged() -> int:
        return sum(len(writer.acknowledged) for writer in writers)

    before = acknowledged()
    await until(lambda: acknowledged() >= before + more)


@dataclass(slots=True)
class Pulse:
    """How long the event loop was deaf, in seconds, at worst."""

    worst: float = 0.0

    async def feel(self) -> None:
        while True:
            before = monotonic()
            await asyncio.sleep(_BEAT_SECONDS)
            self.worst = max(self.worst, monotonic() - before - _BEAT_SECONDS)
