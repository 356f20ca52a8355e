"""A stream of reports: read on while what came before is being written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Final

from layerlab.domain.exchange import ReportAck, ReportBatch
from services.gateway.ledger.actor import Job, StudyActor
from services.gateway.ledger.decisions.reports import report

# Batches read and not yet acknowledged: beyond it the trainer waits, and keeps them itself.
_WINDOW: Final = 512


async def acknowledge(
    actor: StudyActor, cohort_id: str, attempt: int, batches: AsyncIterator[ReportBatch]
) -> AsyncIterator[ReportAck]:
    """Acknowledges in order, several at once when they became durable together.

    Ends early, after saying so, when the attempt is stale or the study is over.
    """
    pipe = _Pipe()
    reader = asyncio.create_task(pipe.fill(actor, cohort_id, attempt, batches))
    try:
        while jobs := await pipe.take():
            ack = _merge([await job.done for job in jobs])
            yield ack
            if ack.stale or ack.cancelled:
                return
        # Its trouble, if any, is the sender's.
        await reader
    finally:
        reader.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await reader


class _Pipe:
    """Jobs between the reader of the batches and the writer of the acknowledgements."""

    def __init__(self) -> None:
        self._jobs: list[Job[ReportAck]] = []
        self._free = asyncio.Semaphore(_WINDOW)
        self._changed = asyncio.Event()
        self._ended = False

    async def fill(
        self,
        actor: StudyActor,
        cohort_id: str,
        attempt: int,
        batches: AsyncIterator[ReportBatch],
    ) -> None:
        last: Job[ReportAck] | None = None
        try:
            async for batch in batches:
                await self._free.acquire()
                last = actor.submit(report(cohort_id, attempt, batch), after=last)
                self._jobs.append(last)
                self._changed.set()
        finally:
            self._ended = True
            self._changed.set()

    async def take(self) -> Sequence[Job[ReportAck]]:
        """The next job, with those behind it that are durable already; none: that was all.

        A job that failed comes alone, after the acknowledgements of those before it.
        """
        while not self._jobs:
            if self._ended:
                return []
            self._changed.clear()
            await self._changed.wait()
        first = self._jobs[0]
        await asyncio.wait([first.done])
        count = 1
        if first.error is None:
            while count < len(self._jobs) and self._jobs[count].is_durable:
                count += 1
        taken, self._jobs = self._jobs[:count], self._jobs[count:]
        for _ in taken:
            self._free.release()
        return taken


def _merge(acks: Sequence[ReportAck]) -> ReportAck:
    return ReportAck(
        acknowledged=acks[-1].acknowledged,
        stale=any(ack.stale for ack in acks),
        cancelled=any(ack.cancelled for ack in acks),
        stop_trials=tuple(sorted({number for ack in acks for number in ack.stop_trials})),
    )
