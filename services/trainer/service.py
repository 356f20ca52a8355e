"""A trainer, put together from its ports."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final
from uuid import uuid4

import structlog

from layerlab.domain.problem import Problem
from layerlab.domain.study import Worker
from layerlab.ports import CohortLedger, JobQueue, MatrixSource
from services.trainer.child_process import training_child
from services.trainer.executor import JobExecutor, OpenExecutor
from services.trainer.matrices import MatrixCache
from services.trainer.runner import CohortRunner
from services.trainer.settings import TrainerSettings

log = structlog.get_logger()

_RETRY_SECONDS: Final = 1.0
_GOODBYE_SECONDS: Final = 1.0


async def trainer_service(
    settings: TrainerSettings,
    queue: JobQueue,
    ledger: CohortLedger,
    matrices: MatrixSource,
    cache_dir: Path,
    open_executor: OpenExecutor = training_child,
) -> None:
    """Trains what the queue brings until cancelled; then hands back what it was training.

    `open_executor` opens what carries out the jobs.
    """
    worker_id = settings.worker_id or f"{socket.gethostname()}-{os.getpid()}"
    incarnation = uuid4().hex
    cache = MatrixCache(matrices, cache_dir, settings.cache_bytes)
    async with open_executor(settings) as executor:
        runner = CohortRunner(ledger, cache, executor, worker_id, incarnation)
        heart = _Heart(settings, ledger, runner, executor, worker_id, incarnation)
        async with asyncio.TaskGroup() as tasks:
            beating = tasks.create_task(heart.beat_on())
            try:
                await queue.consume(runner.run)
            finally:
                beating.cancel()
                await heart.say_goodbye()


class _Heart:
    """Tells the ledger who this is and what it trains; the ledger's lease on it lives by that."""

    def __init__(
        self,
        settings: TrainerSettings,
        ledger: CohortLedger,
        runner: CohortRunner,
        executor: JobExecutor,
        worker_id: str,
        incarnation: str,
    ) -> None:
        self._settings, self._ledger = settings, ledger
        self._runner, self._executor = runner, executor
        self._worker_id, self._incarnation = worker_id, incarnation

    async def beat_on(self) -> None:
        while True:
            try:
                pause = await self._ledger.report_worker(self._worker())
                pause = pause or self._settings.heartbeat_seconds
            except Problem as problem:
                log.warning("the ledger does not hear us", problem=str(problem))
                pause = _RETRY_SECONDS
            await asyncio.sleep(pause)

    async def say_goodbye(self) -> None:
        """Best effort: without it the lease just ends."""
        with suppress(Problem, TimeoutError):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await self._ledger.report_worker(self._worker(draining=True))

    def _worker(self, draining: bool = False) -> Worker:
        current = self._runner.current
        return Worker(
            worker_id=self._worker_id,
            incarnation=self._incarnation,
            host=socket.gethostname(),
            pid=os.getpid(),
            device=self._executor.device,
            threads=self._settings.thread_count,
            version=version("layerlab"),
            heartbeat_at=datetime.now(UTC),
            study_id=current.study_id if current else "",
            cohort_id=current.cohort_id if current else "",
            attempt=current.attempt if current else 0,
            draining=draining,
        )
