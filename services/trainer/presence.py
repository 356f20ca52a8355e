"""Tells the ledger who this is and what it trains; the lease on what it trains lives by that."""

from __future__ import annotations

import asyncio
import os
import random
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final

import structlog

from layerlab.domain.problem import Problem
from layerlab.domain.worker import Worker
from layerlab.intake import Intake
from layerlab.ports import CohortLedger
from services.trainer.executor import JobExecutor
from services.trainer.memory import available_bytes
from services.trainer.runner import CohortRunner, WorkerName

log = structlog.get_logger()

# Between two tries to reach the ledger. Soon, or a worker that lives is taken for one that is
# gone; not all at once, when it is the gateway that was away.
_LEAST_PAUSE_SECONDS: Final = 0.2
_MOST_PAUSE_SECONDS: Final = 1.0
# Until the ledger has said how often it wants to hear.
_FIRST_DUE_SECONDS: Final = 3.0
# Between two reports: tiny cohorts change many times a second, and each report is a write.
_LEAST_SECONDS: Final = 1.0
_GOODBYE_SECONDS: Final = 1.0


class Presence:
    """One stream to the ledger for as long as this trainer lives; opened again when it breaks."""

    def __init__(
        self,
        name: WorkerName,
        ledger: CohortLedger,
        runner: CohortRunner,
        executor: JobExecutor,
        threads: int,
        intake: Intake,
    ) -> None:
        """`intake` is paused while the ledger wants this trainer drained."""
        self._name, self._ledger, self._threads = name, ledger, threads
        self._runner, self._executor, self._intake = runner, executor, intake
        self._due_seconds = _FIRST_DUE_SECONDS
        self._leaving = asyncio.Event()

    async def keep(self) -> None:
        """Returns after `leave`, when the ledger has heard of it."""
        while not self._leaving.is_set():
            try:
                await self._attend()
            except Problem as problem:
                log.warning("the ledger does not hear us", problem=str(problem))
            if not self._leaving.is_set():
                await asyncio.sleep(random.uniform(_LEAST_PAUSE_SECONDS, _MOST_PAUSE_SECONDS))

    async def leave(self, keeping: asyncio.Task[None]) -> None:
        """Says goodbye, and ends `keeping`. Best effort: without it the lease just ends."""
        self._leaving.set()
        self._runner.changed.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(keeping, _GOODBYE_SECONDS)

    async def _attend(self) -> None:
        """One connection."""
        answers = self._ledger.attend(self._reports())
        async with aclosing(answers):  # type: ignore[type-var]  # Every adapter's is a generator.
            async for answer in answers:
                self._due_seconds = answer.next_report_seconds
                self._obey(answer.drain)

    def _obey(self, drain: bool) -> None:
        if drain is self._intake.paused.is_set():
            return
        log.info("draining" if drain else "taking cohorts again")
        if drain:
            self._intake.pause()
        else:
            self._intake.resume()
        self._runner.changed.set()

    async def _reports(self) -> AsyncIterator[Worker]:
        """At once, soon after what is trained has changed, and when it is due."""
        while True:
            self._runner.changed.clear()
            last = self._leaving.is_set()
            yield self._worker()
            if last:
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(self._leaving.wait(), _LEAST_SECONDS)
            if self._leaving.is_set():
                # `changed` may have been cleared by the reports of a stream that broke.
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(self._runner.changed.wait(), self._due_seconds)

    def _worker(self) -> Worker:
        trained, *others = self._runner.held or (None,)
        return Worker(
            worker_id=self._name.worker_id,
            incarnation=self._name.incarnation,
            host=socket.gethostname(),
            pid=os.getpid(),
            device=self._executor.device,
            threads=self._threads,
            version=version("layerlab"),
            heartbeat_at=datetime.now(UTC),
            study_id=trained.study_id if trained else "",
            cohort_id=trained.cohort_id if trained else "",
            attempt=trained.attempt if trained else 0,
            # What the ledger wants of it, the ledger knows.
            draining=self._leaving.is_set(),
            also_holds=tuple(others),
            memory_bytes=None if self._executor.device == "cuda" else available_bytes(),
        )
