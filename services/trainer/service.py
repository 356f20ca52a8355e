"""A trainer, put together from its ports."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path
from uuid import uuid4

from layerlab.intake import Intake
from layerlab.ports import CohortLedger, JobQueue, MatrixSource
from services.trainer.baselines.process import BaselineProcess
from services.trainer.child_process import training_child
from services.trainer.executor import OpenExecutor
from services.trainer.matrices import MatrixCache
from services.trainer.metrics import TrainerMetrics
from services.trainer.presence import Presence
from services.trainer.runner import CohortRunner, WorkerName
from services.trainer.settings import TrainerSettings


async def trainer_service(
    settings: TrainerSettings,
    queue: JobQueue,
    ledger: CohortLedger,
    matrices: MatrixSource,
    cache_dir: Path,
    open_executor: OpenExecutor = training_child,
    metrics: TrainerMetrics | None = None,
) -> None:
    """Trains what the queue brings until cancelled; then hands back what it was training.

    `open_executor` opens what carries out the jobs.
    """
    metrics = metrics or TrainerMetrics()
    worker_id = settings.worker_id or f"{socket.gethostname()}-{os.getpid()}"
    name = WorkerName(worker_id, uuid4().hex)
    cache = MatrixCache(matrices, cache_dir, settings.cache_bytes)
    async with (
        metrics.executing(open_executor)(settings) as executor,
        BaselineProcess(settings.thread_count, settings.memory_bytes) as baselines,
    ):
        intake = Intake()
        limit = settings.max_cohort_seconds
        runner = CohortRunner(ledger, cache, executor, name, limit, intake, baselines)
        presence = Presence(name, ledger, runner, executor, settings.thread_count, intake)
        async with asyncio.TaskGroup() as tasks:
            keeping = tasks.create_task(presence.keep())
            try:
                await queue.consume(metrics.handling(runner.run), intake)
            finally:
                await presence.leave(keeping)
