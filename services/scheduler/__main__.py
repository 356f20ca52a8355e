"""`python -m services.scheduler`: the scheduler as a process of its own."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import partial
from urllib.parse import urlsplit

import structlog

from layerlab.adapters.grpc_ledger import SERVICE_NAME as LEDGER
from layerlab.adapters.grpc_ledger import GrpcLedger
from layerlab.adapters.opening import UnknownUrl, open_job_queue
from layerlab.lifecycle import collect_garbage_seldom, run_until_signal
from layerlab.logs import configure_logs
from layerlab.operations import new_registry, observable
from layerlab.ports import JobQueue, StudyLedger
from layerlab.readiness import Check, Readiness
from layerlab.serving import check_serving, grpc_channel
from layerlab.settings import read_settings
from services.scheduler.clock import LoopClock
from services.scheduler.metrics import QueueMetrics
from services.scheduler.scheduler import Scheduler
from services.scheduler.settings import SchedulerSettings, Settings
from services.scheduler.thinking import thinking_child

log = structlog.get_logger()


class QueueWithinProcess(ValueError):
    """A queue in this process's memory: no trainer would ever see what is put there."""


async def run(settings: Settings) -> None:
    """Schedules until SIGINT or SIGTERM.

    :raises QueueWithinProcess: for a queue in memory.
    :raises UnknownUrl: for a queue of a technology without an adapter.
    :raises OSError: when an address can't be listened on.
    """
    if urlsplit(settings.broker.url).scheme == "memory":
        raise QueueWithinProcess(
            "LAYERLAB_BROKER__URL is `memory:`, a queue that no other process can see. Name a "
            "broker that the trainers share, or run everything in one process: layerlab up."
        )
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        queue = await enter(open_job_queue(settings.broker.url, "scheduler"))
        channel = await enter(grpc_channel(settings.gateway.grpc))
        checks: dict[str, Check] = {
            "ledger": partial(check_serving, channel, LEDGER),
            "broker": queue.ping,
        }
        await serve(settings.scheduler, GrpcLedger(channel), queue, checks)


async def serve(
    settings: SchedulerSettings, ledger: StudyLedger, queue: JobQueue, checks: Mapping[str, Check]
) -> None:
    """The scheduler, and what its process says of itself."""
    readiness, registry = Readiness(checks), new_registry("scheduler")
    async with observable(settings, readiness, registry), thinking_child() as thinker:
        scheduler = Scheduler(settings, ledger, queue, thinker, LoopClock())
        metrics = QueueMetrics(queue, registry)
        await run_until_signal(scheduler.run(), metrics.run(), on_signal=readiness.close)


def main() -> int:
    settings = read_settings(Settings)
    configure_logs("scheduler", settings.log_level)
    collect_garbage_seldom()
    try:
        asyncio.run(run(settings))
    except (QueueWithinProcess, UnknownUrl, OSError) as error:
        # What the operator can mend needs a sentence, not a trace.
        log.error("the scheduler can't start", reason=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
