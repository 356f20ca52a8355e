"""`python -m services.gateway`: the gateway as a process of its own."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from functools import partial

import structlog

from layerlab.adapters.grpc_ingest import GrpcIngest
from layerlab.adapters.opening import (
    UnknownUrl,
    open_dataset_store,
    open_event_feed,
    open_run_store,
)
from layerlab.adapters.refusals import NewerSchema
from layerlab.lifecycle import collect_garbage_seldom, wait_for_signal
from layerlab.logs import configure_logs
from layerlab.operations import new_registry
from layerlab.readiness import Readiness
from layerlab.serving import check_serving, grpc_channel
from layerlab.settings import read_settings
from services.gateway.server import gateway_service
from services.gateway.settings import RemoteWithoutLogin, Settings

log = structlog.get_logger()


async def serve(settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM.

    :raises RemoteWithoutLogin: for an address that other machines can reach.
    :raises UnknownUrl: for a setting that names a technology without an adapter.
    :raises OSError: when an address can't be listened on.
    """
    settings.gateway.check_addresses()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    # Before anything is opened: a signal that comes early must close in order, too.
    signaled = asyncio.create_task(wait_for_signal())
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_run_store(settings.store_url))
        feed = await stack.enter_async_context(open_event_feed(settings.store_url))
        channel = await stack.enter_async_context(grpc_channel(settings.ingest.grpc))
        datasets = open_dataset_store(settings.datasets_url)
        readiness = Readiness(
            {
                "store": store.now,
                "ingest": partial(check_serving, channel),
                "datasets": partial(datasets.exists, "readiness"),
            }
        )
        gateway = await stack.enter_async_context(
            gateway_service(
                settings.gateway,
                store,
                feed,
                GrpcIngest(channel),
                datasets,
                readiness,
                new_registry("gateway"),
            )
        )
        log.info("ready", http=gateway.http.url, grpc=gateway.grpc)
        await signaled
        readiness.close()
        log.info("closing")


def main() -> int:
    """The exit code: 1 can't run, 2 a setting can't be met."""
    settings = read_settings(Settings)
    configure_logs("gateway", settings.log_level)
    collect_garbage_seldom()
    try:
        asyncio.run(serve(settings))
    except (RemoteWithoutLogin, UnknownUrl) as error:
        # What the operator can mend needs a sentence, not a trace.
        log.error("the gateway can't start", reason=str(error))
        return 2
    except (NewerSchema, OSError) as error:
        log.error("the gateway can't run", reason=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
