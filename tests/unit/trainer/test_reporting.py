from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from layerlab.domain.evaluation import Evaluation
from layerlab.domain.exchange import Attended, Claim, ReportAck, ReportBatch
from layerlab.domain.problem import Conflict, Unavailable
from layerlab.domain.study import CohortRef, EpochReport
from layerlab.domain.trial import FailureReason
from layerlab.domain.worker import Worker
from services.trainer import reporting
from services.trainer.reporting import Outcome, ReportStream, retry_while_unavailable

COHORT = CohortRef("s", "c")


@dataclass
class FlakyLedger:
    """Keeps what it acknowledges; breaks the stream after as many batches as it is told."""

    breaks: list[int] = field(default_factory=list)
    last: ReportAck | None = None
    stop_at: int = 0
    kept: list[ReportBatch] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    broken: asyncio.Event = field(default_factory=asyncio.Event)
    lose_acks: bool = False

    def __post_init__(self) -> None:
        self.gate.set()

    async def report_cohort(
        self, cohort: CohortRef, attempt: int, batches: AsyncIterator[ReportBatch]
    ) -> AsyncIterator[ReportAck]:
        left = self.breaks.pop(0) if self.breaks else None
        if left == 0:
            raise Unavailable("ledger_unavailable", "Not now.")
        async for batch in batches:
            self.asked.set()
            await self.gate.wait()
            self.numbers.append(batch.message_number)
            if batch.message_number > len(self.kept):
                assert batch.message_number == len(self.kept) + 1, "a gap"
                self.kept.append(batch)
            if left is not None:
                left -= 1
                if left == 0 and self.lose_acks:
                    raise Unavailable("ledger_unavailable", "Written, but the answer is lost.")
            if self.last:
                yield self.last
                return
            stop = (7,) if batch.message_number == self.stop_at else ()
            yield ReportAck(batch.message_number, stop_trials=stop)
            if left == 0:
                self.broken.set()
                raise Unavailable("ledger_unavailable", "Gone.")

    @property
    def epochs(self) -> list[int]:
        """Of the one lane, as they were recorded."""
        return [report.epoch for batch in self.kept for report in batch.epochs]

    async def claim_cohort(self, cohort: CohortRef, worker_id: str, incarnation: str) -> Claim:
        raise AssertionError

    async def release_cohort(
        self, cohort: CohortRef, attempt: int, reason: FailureReason | None, detail: str = ""
    ) -> bool:
        raise AssertionError

    def attend(self, reports: AsyncIterator[Worker]) -> AsyncIterator[Attended]:
        raise AssertionError

    async def upload_model(self, study_id: str, number: int, attempt: int, weights: bytes) -> None:
        raise AssertionError

    async def upload_evaluation(
        self, cohort: CohortRef, attempt: int, number: int, evaluation: Evaluation
    ) -> None:
        raise AssertionError

    async def download_model(self, study_id: str, number: int) -> bytes:
        raise AssertionError


async def on_stop(numbers: tuple[int, ...]) -> None:
    """Nobody minds."""


def a_batch(epoch: int) -> ReportBatch:
    return ReportBatch(0, epochs=(EpochReport(1, epoch, 0.5, 0.5, 0.5, 0.1),))


async def send(ledger: FlakyLedger, count: int) -> Outcome:
    stream = ReportStream(ledger, COHORT, 1, on_stop)
    running = asyncio.create_task(stream.run())
    for epoch in range(1, count + 1):
        await stream.add(a_batch(epoch))
        if epoch % 3:
            await asyncio.sleep(0)
    await stream.close()
    return await running


async def test_everything_is_acknowledged_in_order() -> None:
    ledger = FlakyLedger()
    assert await send(ledger, 50) is Outcome.ACKNOWLEDGED
    assert ledger.epochs == list(range(1, 51))
    assert ledger.numbers == list(range(1, len(ledger.kept) + 1))


async def test_what_waits_while_the_ledger_is_slow_goes_in_one_batch() -> None:
    ledger = FlakyLedger()
    ledger.gate.clear()
    stream = ReportStream(ledger, COHORT, 1, on_stop)
    running = asyncio.create_task(stream.run())
    await stream.add(a_batch(1))
    await asyncio.wait_for(ledger.asked.wait(), 20)
    for epoch in range(2, 101):
        await stream.add(a_batch(epoch))
    ledger.gate.set()
    await stream.close()
    assert await running is Outcome.ACKNOWLEDGED
    assert ledger.epochs == list(range(1, 101))
    assert [len(batch.epochs) for batch in ledger.kept] == [1, 99]


async def test_a_batch_grows_no_further_than_a_message_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "_MAX_BATCH", 10)
    ledger = FlakyLedger()
    stream = ReportStream(ledger, COHORT, 1, on_stop)
    for epoch in range(1, 26):
        await stream.add(a_batch(epoch))
    await stream.close()
    assert await stream.run() is Outcome.ACKNOWLEDGED
    assert [len(batch.epochs) for batch in ledger.kept] == [10, 10, 5]


@pytest.mark.parametrize("lose_acks", [False, True])
@pytest.mark.parametrize("seed", range(5))
async def test_nothing_is_missing_after_any_number_of_breaks(
    seed: int, lose_acks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "_FIRST_PAUSE_SECONDS", 0.001)
    breaks = [random.Random(seed).randint(0, 9) for _ in range(8)]
    ledger = FlakyLedger(breaks=breaks, lose_acks=lose_acks)
    assert await send(ledger, 60) is Outcome.ACKNOWLEDGED
    assert ledger.epochs == list(range(1, 61))


async def test_an_idle_stream_survives_a_break_after_all_was_acknowledged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reporting, "_FIRST_PAUSE_SECONDS", 0.001)
    ledger = FlakyLedger(breaks=[1])
    stream = ReportStream(ledger, COHORT, 1, on_stop)
    running = asyncio.create_task(stream.run())
    await stream.add(a_batch(1))
    await ledger.broken.wait()
    await asyncio.sleep(0.02)
    await stream.add(a_batch(2))
    await stream.close()
    assert await running is Outcome.ACKNOWLEDGED
    assert ledger.numbers == [1, 2]


@pytest.mark.parametrize(
    ("last", "outcome"),
    [
        (ReportAck(1, stale=True), Outcome.STALE),
        (ReportAck(1, cancelled=True), Outcome.CANCELLED),
    ],
)
async def test_a_ledger_that_wants_no_more_ends_the_stream(
    last: ReportAck, outcome: Outcome
) -> None:
    stream = ReportStream(FlakyLedger(last=last), COHORT, 1, on_stop)
    await stream.add(a_batch(1))
    assert await stream.run() is outcome


async def test_lanes_to_stop_are_passed_on() -> None:
    stopped: list[tuple[int, ...]] = []

    async def note(numbers: tuple[int, ...]) -> None:
        stopped.append(numbers)

    ledger = FlakyLedger(stop_at=2)
    stream = ReportStream(ledger, COHORT, 1, note)
    running = asyncio.create_task(stream.run())
    for epoch in (1, 2, 3):
        await stream.add(a_batch(epoch))
        while len(ledger.kept) < epoch:  # noqa: ASYNC110  # So that each goes in a batch of its own.
            await asyncio.sleep(0)
    await stream.close()
    assert await running is Outcome.ACKNOWLEDGED
    assert stopped == [(7,)]


async def test_the_buffer_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "_MAX_PENDING", 3)
    ledger = FlakyLedger()
    ledger.gate.clear()
    stream = ReportStream(ledger, COHORT, 1, on_stop)
    running = asyncio.create_task(stream.run())
    for epoch in (1, 2, 3):
        await stream.add(a_batch(epoch))
    fourth = asyncio.create_task(stream.add(a_batch(4)))
    await asyncio.sleep(0.02)
    assert not fourth.done()
    ledger.gate.set()
    await fourth
    await stream.close()
    assert await running is Outcome.ACKNOWLEDGED
    assert ledger.epochs == [1, 2, 3, 4]


async def test_a_refusal_is_not_repeated() -> None:
    class Refusing(FlakyLedger):
        async def report_cohort(
            self, cohort: CohortRef, attempt: int, batches: AsyncIterator[ReportBatch]
        ) -> AsyncIterator[ReportAck]:
            raise Conflict("epoch_gap", "No.")
            yield

    stream = ReportStream(Refusing(), COHORT, 1, on_stop)
    with pytest.raises(Conflict):
        await stream.run()


async def test_a_call_is_repeated_while_the_other_side_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reporting, "_FIRST_PAUSE_SECONDS", 0.001)
    calls = 0

    async def call() -> int:
        nonlocal calls
        calls += 1
        if calls < 4:
            raise Unavailable("x", "Not now.")
        return calls

    assert await retry_while_unavailable(call, "x") == 4
