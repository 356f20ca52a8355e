"""`python -m services.gateway`: the gateway as a process of its own."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack

import structlog
from pydantic_settings import CliApp

from layerlab.adapters.grpc_ingest import GrpcIngest
from layerlab.adapters.memory import MemoryEventFeed
from layerlab.adapters.opening import UnknownUrl, open_dataset_store, open_run_store
from layerlab.lifecycle import wait_for_signal
from layerlab.logs import configure_logs
from layerlab.serving import grpc_channel
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
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_run_store(settings.store_url))
        channel = await stack.enter_async_context(grpc_channel(settings.ingest.grpc))
        gateway = await stack.enter_async_context(
            gateway_service(
                settings.gateway,
                store,
                MemoryEventFeed(),
                GrpcIngest(channel),
                open_dataset_store(settings.datasets_url),
            )
        )
        log.info("ready", http=gateway.http.url, grpc=gateway.grpc)
        await wait_for_signal()
        log.info("closing")


def main() -> int:
    settings = CliApp.run(Settings)
    configure_logs("gateway", settings.log_level)
    try:
        asyncio.run(serve(settings))
    except (RemoteWithoutLogin, UnknownUrl, OSError) as error:
        # What the operator can mend needs a sentence, not a trace.
        log.error("the gateway can't start", reason=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
