"""Reports to the ledger: numbered, kept until acknowledged, sent again after a break."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from enum import StrEnum
from typing import Final, TypeVar

import structlog

from layerlab.domain.exchange import ReportAck, ReportBatch
from layerlab.domain.problem import OutOfSpace, Unavailable
from layerlab.domain.study import CohortRef
from layerlab.ports import CohortLedger

log = structlog.get_logger()

_T = TypeVar("_T")
PASSING: Final = (Unavailable, OutOfSpace)
"""Not the trials' fault, and mended by somebody sooner or later: worth waiting for."""
_FIRST_PAUSE_SECONDS: Final = 0.1
_MAX_PAUSE_SECONDS: Final = 3.0
# Reports of epochs, and ends, kept while the ledger can't be reached; beyond it, training waits.
_MAX_PENDING: Final = 100_000
# Of one message: far below the megabytes that gRPC allows.
_MAX_BATCH: Final = 2048


class Outcome(StrEnum):
    """ACKNOWLEDGED: all is durable. The others: the ledger wants no more."""

    ACKNOWLEDGED = "acknowledged"
    STALE = "stale"
    CANCELLED = "cancelled"


class Pauses:
    """Growing pauses with jitter, so that many trainers don't come back as one."""

    def __init__(self) -> None:
        self._seconds = _FIRST_PAUSE_SECONDS

    def next(self) -> float:
        seconds, self._seconds = self._seconds, min(2 * self._seconds, _MAX_PAUSE_SECONDS)
        return seconds * random.uniform(0.5, 1.0)


async def retry_while_unavailable(call: Callable[[], Awaitable[_T]], what: str) -> _T:
    """The answer, however long the other side is away. Cancel it to give up."""
    pauses = Pauses()
    while True:
        try:
            return await call()
        except PASSING as error:
            log.warning("unavailable, trying again", what=what, error=str(error))
            await asyncio.sleep(pauses.next())


class ReportStream:
    """One attempt's reports. Somebody adds while `run` sends.

    What waits to be sent goes in one batch, so that a slow ledger has few of them to write.
    """

    def __init__(
        self,
        ledger: CohortLedger,
        cohort: CohortRef,
        attempt: int,
        on_stop: Callable[[tuple[int, ...]], Awaitable[None]],
    ) -> None:
        self._ledger, self._cohort, self._attempt = ledger, cohort, attempt
        self._on_stop = on_stop
        self._pending: deque[ReportBatch] = deque()
        self._number = 0
        self._sent = 0
        self._size = 0
        self._closed = False
        self._changed = asyncio.Condition()

    async def add(self, batch: ReportBatch) -> None:
        """Numbers the batch and takes it; waits while too much is unacknowledged."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._size < _MAX_PENDING)
            self._size += _size(batch)
            # What was sent once keeps its number and its contents.
            if self._number > self._sent and _size(self._pending[-1]) < _MAX_BATCH:
                self._pending[-1] = _joined(self._pending[-1], batch)
            else:
                self._number += 1
                self._pending.append(replace(batch, message_number=self._number))
            self._changed.notify_all()

    async def close(self) -> None:
        """Nothing more will be added: `run` returns when all is acknowledged."""
        async with self._changed:
            self._closed = True
            self._changed.notify_all()

    async def run(self) -> Outcome:
        """Sends until closed and acknowledged, or until the ledger wants no more."""
        pauses = Pauses()
        while not (self._closed and not self._pending):
            before = self._number - len(self._pending)
            try:
                outcome = await self._exchange()
                if outcome:
                    return outcome
                error = "the stream ended early"
            except PASSING as problem:
                error = str(problem)
            if self._closed and not self._pending:
                break
            if self._number - len(self._pending) > before:
                pauses = Pauses()  # It was there: this is a new break.
            log.warning("reports interrupted", error=error, pending=len(self._pending))
            await asyncio.sleep(pauses.next())
        return Outcome.ACKNOWLEDGED

    async def _exchange(self) -> Outcome | None:
        """One connection."""
        acks = self._ledger.report_cohort(self._cohort, self._attempt, self._batches())
        async with aclosing(acks):  # type: ignore[type-var]  # Every adapter's is a generator.
            async for ack in acks:
                if ack.stale or ack.cancelled:
                    return Outcome.STALE if ack.stale else Outcome.CANCELLED
                await self._note(ack)
        return None

    async def _note(self, ack: ReportAck) -> None:
        async with self._changed:
            while self._pending and self._pending[0].message_number <= ack.acknowledged:
                self._size -= _size(self._pending.popleft())
            self._changed.notify_all()
        if ack.stop_trials:
            await self._on_stop(ack.stop_trials)

    async def _batches(self) -> AsyncIterator[ReportBatch]:
        """What is not acknowledged, from its beginning, then whatever is added."""
        sent = 0
        while batch := await self._next_after(sent):
            sent = batch.message_number
            self._sent = max(self._sent, sent)
            yield batch

    async def _next_after(self, number: int) -> ReportBatch | None:
        """The first batch above `number`, once there is one; None when there will be none."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._closed or self._has_after(number))
            if not self._has_after(number):
                return None
            # Numbers have no gap.
            return self._pending[max(0, number + 1 - self._pending[0].message_number)]

    def _has_after(self, number: int) -> bool:
        return bool(self._pending) and self._pending[-1].message_number > number


def _size(batch: ReportBatch) -> int:
    return len(batch.epochs) + len(batch.ends) + len(batch.test_scores)


def _joined(first: ReportBatch, second: ReportBatch) -> ReportBatch:
    return replace(
        first,
        epochs=first.epochs + second.epochs,
        ends=first.ends + second.ends,
        test_scores=first.test_scores + second.test_scores,
        stats=second.stats or first.stats,
        receipt=second.receipt or first.receipt,
    )
