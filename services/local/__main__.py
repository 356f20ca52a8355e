"""`python -m services.local`, and `layerlab up`: all four services in one process.

They meet over the same gRPC as on many machines; only the queue and the event feed are in memory.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from prometheus_client import CollectorRegistry

from layerlab.adapters.grpc_ingest import GrpcIngest
from layerlab.adapters.grpc_ledger import GrpcLedger
from layerlab.adapters.opening import (
    UnknownUrl,
    open_dataset_store,
    open_event_feed,
    open_job_queue,
    open_run_store,
)
from layerlab.adapters.refusals import NewerSchema
from layerlab.addresses import with_port
from layerlab.lifecycle import run_until_signal
from layerlab.logs import configure_logs
from layerlab.operations import new_registry
from layerlab.readiness import Readiness
from layerlab.serving import check_serving, grpc_channel
from layerlab.settings import read_settings
from services.gateway.server import Gateway, gateway_service
from services.gateway.settings import RemoteWithoutLogin
from services.ingest.app import serve_ingest
from services.local.lock import FolderInUse, FolderLock, folder_lock
from services.local.settings import Settings
from services.local.stdin import end_with_stdin
from services.local.words import attend
from services.scheduler.clock import LoopClock
from services.scheduler.scheduler import Scheduler
from services.scheduler.thinking import thinking_child
from services.trainer.metrics import TrainerMetrics
from services.trainer.service import trainer_service


@dataclass(frozen=True, slots=True)
class _Front:
    """What the scheduler and the trainers call; `ingest` is an address."""

    gateway: Gateway
    ingest: str
    readiness: Readiness


async def serve(settings: Settings, lock: FolderLock) -> None:
    """Serves until SIGINT or SIGTERM; whatever was opened is closed in reverse order.

    :raises UnknownUrl: for a setting that names a technology without an adapter.
    :raises OSError: when an address can't be listened on.
    """
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        queue = await enter(open_job_queue(settings.broker.url))
        registry = new_registry("local")
        front = await enter(_open_front(settings, registry))
        # One channel for each who calls, as on many machines.
        ledger = GrpcLedger(await enter(grpc_channel(front.gateway.grpc)))
        thinker = await enter(thinking_child())
        scheduler = Scheduler(settings.scheduler, ledger, queue, thinker, LoopClock())
        metrics = TrainerMetrics(registry)
        trainers = [
            trainer_service(
                each,
                queue,
                GrpcLedger(await enter(grpc_channel(front.gateway.grpc))),
                GrpcIngest(await enter(grpc_channel(front.ingest))),
                settings.cache_dir,
                metrics=metrics,
            )
            for each in settings.trainer_settings()
        ]
        with end_with_stdin(settings.until_stdin_closes):
            await run_until_signal(
                scheduler.run(),
                *trainers,
                attend(settings, lock, front.gateway.http.url, front.gateway.grpc),
                on_signal=front.readiness.close,
            )


@asynccontextmanager
async def _open_front(settings: Settings, registry: CollectorRegistry) -> AsyncIterator[_Front]:
    """Ingest, the stores, and the gateway before them."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        store = await enter(open_run_store(settings.store_url))
        feed = await enter(open_event_feed(settings.store_url))
        datasets = open_dataset_store(settings.datasets_url, settings.spool_dir)
        own = settings.ingest_settings()
        port = await enter(serve_ingest(own, datasets, settings.spool_dir, registry=registry))
        ingest = with_port(own.grpc, port)
        line = await enter(grpc_channel(ingest))
        readiness = Readiness(
            {
                "store": store.now,
                "ingest": partial(check_serving, line),
                "datasets": partial(datasets.exists, "readiness"),
            }
        )
        gateway = await enter(
            gateway_service(
                settings.gateway_settings(),
                store,
                feed,
                GrpcIngest(line),
                datasets,
                readiness,
                registry,
            )
        )
        yield _Front(gateway, ingest, readiness)


def run(flags: Sequence[str] | Mapping[str, Any] | None = None) -> int:
    """Serves until it is stopped; the exit code: 1 can't run, 2 a setting can't be met."""
    settings = read_settings(Settings, flags)
    configure_logs("local", settings.log_level)
    try:
        settings.gateway.check_addresses()
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with folder_lock(settings.data_dir) as lock:
            asyncio.run(serve(settings, lock))
    except (RemoteWithoutLogin, UnknownUrl) as error:
        return _refuse(error, 2)
    except (FolderInUse, NewerSchema, OSError) as error:
        return _refuse(error, 1)
    except KeyboardInterrupt:
        return 130  # Before it was ready; afterwards a signal closes it in good order.
    return 0


def _refuse(error: Exception, code: int) -> int:
    # What the operator can mend needs a sentence, not a trace.
    sys.stderr.write(f"Error: {error}\n")
    return code


if __name__ == "__main__":
    sys.exit(run())
