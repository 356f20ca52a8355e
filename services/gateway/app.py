"""The HTTP side, put together from its parts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

import layerlab
from layerlab.readiness import Readiness
from services.gateway.access import Access
from services.gateway.application import Application
from services.gateway.fleet import Fleet
from services.gateway.observer import Observer
from services.gateway.page import Page
from services.gateway.problems import install_problem_handlers
from services.gateway.routes import (
    cohorts,
    datasets,
    evaluations,
    events,
    health,
    samples,
    studies,
    trials,
    verifications,
    workers,
)
from services.gateway.schema import complete_schema
from services.gateway.security import OurPageOnly, SecureHeaders
from services.gateway.settings import GatewaySettings
from services.gateway.uploads import UploadLimits

_SMALLEST_ZIPPED: Final = 1024
# Half the time of the usual 9, and hardly larger.
_ZIP_LEVEL: Final = 5

DESCRIPTION = (
    "Which neural network should I use for this table, and how sure can I be? "
    "Upload a CSV, name the target, and watch designs train and compete. "
    "Errors are `application/problem+json` with a stable `code`."
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the HTTP side is made of. `closing` is set when the service is about to stop."""

    application: Application
    fleet: Fleet
    observer: Observer
    readiness: Readiness
    closing: asyncio.Event


def build_app(settings: GatewaySettings, parts: Parts) -> FastAPI:
    app = FastAPI(
        title="LayerLab",
        version=layerlab.__version__,
        description=DESCRIPTION,
        # Their scripts come from elsewhere, which the content policy forbids.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    install_problem_handlers(app)
    # Not of streams of events, which it leaves out by itself.
    app.add_middleware(GZipMiddleware, minimum_size=_SMALLEST_ZIPPED, compresslevel=_ZIP_LEVEL)
    app.add_middleware(OurPageOnly, only_local_names=settings.is_local)
    app.add_middleware(SecureHeaders)
    app.add_middleware(Access, registry=parts.observer.registry)
    documents, uploads = upload_limits(settings)
    application = parts.application
    streams = events.StreamSettings(settings.heartbeat_seconds, settings.slow_client_seconds)
    for router in (
        datasets.build_router(application, uploads),
        samples.build_router(),
        studies.build_router(application, documents),
        trials.build_router(application, documents),
        verifications.build_router(application),
        evaluations.build_router(application),
        cohorts.build_router(application),
        events.build_router(application, streams, parts.closing),
        workers.build_router(parts.fleet, parts.observer),
        health.build_router(application, parts.observer, parts.readiness),
    ):
        app.include_router(router)
    app.router.default = Page(settings.page, app.router.default)
    complete_schema(app)
    return app


def upload_limits(settings: GatewaySettings) -> tuple[UploadLimits, UploadLimits]:
    """Of JSON documents, and of tables."""
    patience, floor = settings.patience_seconds, settings.min_bytes_per_second
    return (
        UploadLimits(settings.max_document_bytes, patience, floor),
        UploadLimits(settings.max_upload_bytes, patience, floor),
    )
