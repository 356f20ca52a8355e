"""Ingest, put together from its parts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
from prometheus_client import CollectorRegistry

from layerlab.ports import DatasetStore
from layerlab.readiness import Readiness
from layerlab.serving import grpc_server
from layerlab.v1 import ingest_pb2_grpc
from services.ingest.library import Library
from services.ingest.metrics import MeasuredIngest
from services.ingest.rpc import SERVICE_NAME, IngestServicer
from services.ingest.sandbox import Sandbox
from services.ingest.service import TableIngest
from services.ingest.settings import IngestSettings
from services.ingest.spool import open_spool


@asynccontextmanager
async def serve_ingest(
    settings: IngestSettings,
    store: DatasetStore,
    spool_dir: Path,
    readiness: Readiness | None = None,
    registry: CollectorRegistry | None = None,
) -> AsyncIterator[int]:
    """Serves IngestService while the context is open; the bound port.

    :raises OSError: when the port is taken.
    """
    async with open_spool(spool_dir) as spool:
        ingest = TableIngest(
            Library(store),
            spool,
            Sandbox(settings.limits, settings.children),
            settings.max_upload_bytes,
        )

        def register(server: grpc.aio.Server) -> None:
            measured = MeasuredIngest(ingest, registry)
            ingest_pb2_grpc.add_IngestServiceServicer_to_server(IngestServicer(measured), server)

        async with grpc_server(
            settings.grpc, register, [SERVICE_NAME], readiness=readiness
        ) as port:
            yield port
