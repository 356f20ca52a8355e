"""What the broker says of the queue reaches the ledger, and nothing that it did not say."""

from __future__ import annotations

import asyncio
from typing import cast

from layerlab.adapters.memory import MemoryJobQueue
from layerlab.domain.exchange import QueueReport
from layerlab.domain.problem import Unavailable
from layerlab.domain.study import CohortRef
from layerlab.lifecycle import background
from layerlab.ports import QueueDepth, StudyLedger
from services.scheduler.queue_report import report_queue
from tests.unit.scheduler.clocks import TurnedClock


class Listener:
    """Of a StudyLedger what hears of the queue; `away` for as many calls."""

    def __init__(self, away: int = 0) -> None:
        self.heard: list[QueueReport] = []
        self.calls = 0
        self._away = away

    async def report_queue(self, report: QueueReport) -> None:
        self.calls += 1
        if self.calls <= self._away:
            raise Unavailable("gone", "The ledger is away.")
        self.heard.append(report)


class SilentQueue(MemoryJobQueue):
    """Its broker can't be asked, `silent` times."""

    silent = 1

    async def depth(self) -> QueueDepth:
        if self.silent:
            self.silent -= 1
            raise Unavailable("broker_unavailable", "The broker does not answer.")
        return await super().depth()


async def heard_after_two_rounds(queue: MemoryJobQueue, listener: Listener) -> list[QueueReport]:
    clock = TurnedClock()
    await queue.put(CohortRef("s", "c"))
    async with background(report_queue(queue, cast(StudyLedger, listener), clock)):
        for _ in range(2):
            for _ in range(5):
                await asyncio.sleep(0)
            clock.turn(5.0)
        for _ in range(5):
            await asyncio.sleep(0)
    return listener.heard


async def test_it_is_told_at_once_and_every_five_seconds() -> None:
    report = QueueReport("memory", ready=1, dead=0, consumers=0)
    assert await heard_after_two_rounds(MemoryJobQueue(), Listener()) == [report] * 3


async def test_of_a_broker_that_does_not_answer_nothing_is_told() -> None:
    listener = Listener()
    assert len(await heard_after_two_rounds(SilentQueue(), listener)) == 2
    assert listener.calls == 2


async def test_a_ledger_that_is_away_hears_of_it_when_it_is_back() -> None:
    assert len(await heard_after_two_rounds(MemoryJobQueue(), Listener(away=2))) == 1
