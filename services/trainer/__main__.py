"""A trainer in a process of its own: `python -m services.trainer`."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from functools import partial

import structlog

from layerlab.adapters.grpc_ingest import GrpcIngest
from layerlab.adapters.grpc_ledger import SERVICE_NAME as LEDGER
from layerlab.adapters.grpc_ledger import GrpcLedger
from layerlab.adapters.opening import UnknownUrl, open_job_queue
from layerlab.lifecycle import run_until_signal
from layerlab.logs import configure_logs
from layerlab.operations import new_registry, observable
from layerlab.readiness import Readiness
from layerlab.serving import check_serving, grpc_channel
from layerlab.settings import read_settings
from services.trainer.metrics import TrainerMetrics
from services.trainer.service import trainer_service
from services.trainer.settings import Settings

log = structlog.get_logger()


class QueueNotShared(Exception):
    """The queue lives in the memory of another process."""


async def serve(settings: Settings) -> None:
    """Trains until a signal; health and metrics are served meanwhile.

    :raises QueueNotShared: for a queue in memory.
    :raises UnknownUrl: for a queue of a technology without an adapter.
    :raises OSError: when an address can't be listened on.
    """
    if settings.broker.url.startswith("memory:"):
        raise QueueNotShared(
            "LAYERLAB_BROKER__URL is `memory:`, a queue within one process, so a trainer of its "
            "own would never get work. Use `layerlab up`, which runs all services in one process, "
            "or set LAYERLAB_BROKER__URL to a broker that processes share."
        )
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        queue = await enter(open_job_queue(settings.broker.url, "trainer"))
        gateway = await enter(grpc_channel(settings.gateway.grpc))
        ingest = await enter(grpc_channel(settings.ingest.grpc))
        registry = new_registry("trainer")
        readiness = Readiness(
            {"ledger": partial(check_serving, gateway, LEDGER), "broker": queue.ping}
        )
        await enter(observable(settings.trainer, readiness, registry))
        trainer = trainer_service(
            settings.trainer,
            queue,
            GrpcLedger(gateway),
            GrpcIngest(ingest),
            settings.cache_dir,
            metrics=TrainerMetrics(registry),
        )
        await run_until_signal(trainer, on_signal=readiness.close)


def main() -> int:
    settings = read_settings(Settings)
    configure_logs("trainer", settings.log_level)
    try:
        asyncio.run(serve(settings))
    except (QueueNotShared, UnknownUrl, OSError) as error:
        # What the operator can mend needs a sentence, not a trace.
        log.error("the trainer can't start", reason=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
