"""`python -m services.ingest`: ingest as a process of its own."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import structlog
from pydantic_settings import CliApp

from layerlab.adapters.opening import open_dataset_store
from layerlab.lifecycle import wait_for_signal
from layerlab.logs import configure_logs
from services.ingest.app import serve_ingest
from services.ingest.settings import Settings

log = structlog.get_logger()


async def serve(settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM."""
    # Before anything is opened: a signal that comes early must close in order, too.
    signaled = asyncio.create_task(wait_for_signal())
    async with AsyncExitStack() as stack:
        store = open_dataset_store(settings.datasets_url)
        port = await stack.enter_async_context(
            serve_ingest(settings.ingest, store, settings.spool_dir)
        )
        log.info("ready", grpc_port=port)
        await signaled
        log.info("closing")


def main() -> None:
    settings = CliApp.run(Settings)
    configure_logs("ingest", settings.log_level)
    asyncio.run(serve(settings))


if __name__ == "__main__":
    main()
