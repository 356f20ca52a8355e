"""A trainer in a process of its own: `python -m services.trainer`."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack

from layerlab.adapters.grpc_ingest import GrpcIngest
from layerlab.adapters.grpc_ledger import GrpcLedger
from layerlab.adapters.opening import UnknownUrl, open_job_queue
from layerlab.lifecycle import run_until_signal
from layerlab.logs import configure_logs
from layerlab.serving import grpc_channel, grpc_server
from layerlab.settings import read_settings
from services.trainer.service import trainer_service
from services.trainer.settings import Settings


class QueueNotShared(Exception):
    """The queue lives in the memory of another process."""


async def serve(settings: Settings) -> None:
    """Trains until a signal; health is served meanwhile."""
    if settings.broker.url.startswith("memory:"):
        raise QueueNotShared(
            "LAYERLAB_BROKER__URL is `memory:`, a queue within one process, so a trainer of its "
            "own would never get work. Use `layerlab up`, which runs all services in one process, "
            "or set LAYERLAB_BROKER__URL to a broker that processes share."
        )
    async with AsyncExitStack() as stack:
        queue = await stack.enter_async_context(open_job_queue(settings.broker.url, "trainer"))
        gateway = await stack.enter_async_context(grpc_channel(settings.gateway.grpc))
        ingest = await stack.enter_async_context(grpc_channel(settings.ingest.grpc))
        await stack.enter_async_context(grpc_server(settings.trainer.grpc, lambda server: None))
        await run_until_signal(
            trainer_service(
                settings.trainer,
                queue,
                GrpcLedger(gateway),
                GrpcIngest(ingest),
                settings.cache_dir,
            )
        )


def main() -> None:
    settings = read_settings(Settings)
    configure_logs("trainer", settings.log_level)
    try:
        asyncio.run(serve(settings))
    except (QueueNotShared, UnknownUrl) as error:
        sys.exit(f"layerlab: {error}")


if __name__ == "__main__":
    main()
