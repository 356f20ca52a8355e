"""`python -m services.ingest`: ingest as a process of its own."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from functools import partial

import structlog

from layerlab.adapters.opening import UnknownUrl, open_dataset_store
from layerlab.addresses import with_port
from layerlab.lifecycle import wait_for_signal
from layerlab.logs import configure_logs
from layerlab.operations import new_registry, operations_server
from layerlab.readiness import Readiness
from layerlab.settings import read_settings
from services.ingest.app import serve_ingest
from services.ingest.settings import Settings

log = structlog.get_logger()


async def serve(settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM.

    :raises UnknownUrl: for a dataset store of a technology without an adapter.
    :raises OSError: when the address can't be listened on.
    """
    # Before anything is opened: a signal that comes early must close in order, too.
    signaled = asyncio.create_task(wait_for_signal())
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        own, registry = settings.ingest, new_registry("ingest")
        store = open_dataset_store(settings.datasets_url, settings.spool_dir)
        readiness = Readiness({"datasets": partial(store.exists, "readiness")})
        port = await enter(serve_ingest(own, store, settings.spool_dir, readiness, registry))
        may_move = "http" not in own.model_fields_set
        http = await enter(operations_server(own.http, readiness, registry, may_move))
        log.info("ready", http=f"http://{http}", grpc=with_port(own.grpc, port))
        await signaled
        readiness.close()
        log.info("closing")


def main() -> int:
    settings = read_settings(Settings)
    configure_logs("ingest", settings.log_level)
    try:
        asyncio.run(serve(settings))
    except (UnknownUrl, OSError) as error:
        # What the operator can mend needs a sentence, not a trace.
        log.error("ingest can't start", reason=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
