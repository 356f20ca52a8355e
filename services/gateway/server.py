"""The gateway as one running thing: ledger, gRPC and HTTP, opened in order, closed in reverse."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc
from prometheus_client import CollectorRegistry

from layerlab import wire
from layerlab.addresses import split_address
from layerlab.lifecycle import background
from layerlab.ports import DatasetStore, EventFeed, Ingest, RunStore
from layerlab.readiness import Readiness
from layerlab.serving import grpc_server
from layerlab.v1 import (
    dataset_pb2,
    dataset_pb2_grpc,
    ledger_pb2,
    ledger_pb2_grpc,
    study_pb2,
    study_pb2_grpc,
    worker_pb2,
    worker_pb2_grpc,
)
from services.gateway.app import Parts, build_app, upload_limits
from services.gateway.application import Application
from services.gateway.dataset_rpc import DatasetServicer
from services.gateway.fleet import Fleet
from services.gateway.http_server import HttpAddress, http_server
from services.gateway.ledger import Ledger
from services.gateway.ledger_rpc import LedgerServicer
from services.gateway.observer import Observer
from services.gateway.queue_history import QueueHistory
from services.gateway.settings import GatewaySettings
from services.gateway.study_rpc import StudyServicer
from services.gateway.worker_rpc import WorkerServicer

_SERVICES = (
    dataset_pb2.DESCRIPTOR.services_by_name["DatasetService"].full_name,
    ledger_pb2.DESCRIPTOR.services_by_name["LedgerService"].full_name,
    study_pb2.DESCRIPTOR.services_by_name["StudyService"].full_name,
    worker_pb2.DESCRIPTOR.services_by_name["WorkerService"].full_name,
)


@dataclass(frozen=True, slots=True)
class Gateway:
    """Where a running gateway listens; the ports are the real ones, never 0."""

    http: HttpAddress
    grpc: str


@asynccontextmanager
async def gateway_service(
    settings: GatewaySettings,
    store: RunStore,
    feed: EventFeed,
    ingest: Ingest,
    models: DatasetStore,
    readiness: Readiness | None = None,
    registry: CollectorRegistry | None = None,
) -> AsyncIterator[Gateway]:
    """Serves HTTP and gRPC in this loop while the context is open. Handles no signals.

    :raises RemoteWithoutLogin: for an address that other machines can reach.
    :raises OSError: when an address can't be listened on.
    """
    settings.check_addresses()
    closing = asyncio.Event()
    observer = Observer(registry)
    async with Ledger(store, feed, models, settings.lease_seconds) as ledger:
        application = Application(ledger, store, ingest)
        history = QueueHistory(observer, ledger.epochs_under_way)
        fleet = Fleet(ledger, store, observer, history, settings.broker_dashboard_url)
        readiness = readiness or Readiness({"store": store.now})
        app = build_app(settings, Parts(application, fleet, observer, readiness, closing))

        def register(server: grpc.aio.Server) -> None:
            _, uploads = upload_limits(settings)
            dataset_pb2_grpc.add_DatasetServiceServicer_to_server(
                DatasetServicer(application, uploads), server
            )
            study_pb2_grpc.add_StudyServiceServicer_to_server(StudyServicer(application), server)
            worker_pb2_grpc.add_WorkerServiceServicer_to_server(WorkerServicer(fleet), server)
            ledger_pb2_grpc.add_LedgerServiceServicer_to_server(LedgerServicer(ledger), server)

        async with (
            background(observer.run(ledger.watch_studies)),
            background(history.run()),
            grpc_server(
                settings.grpc, register, _SERVICES, [wire.MalformedMessages()], readiness
            ) as grpc_port,
            http_server(app, settings.http, settings.patience_seconds, closing) as http,
        ):
            host = split_address(settings.grpc)[0]
            yield Gateway(http, f"{host}:{grpc_port}")
