"""Who trains, and what waits."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse

from services.gateway.application import Application
from services.gateway.documents import queue_to_json, worker_to_json
from services.gateway.observer import Observer
from services.gateway.routes.answers import answer, failures
from services.gateway.service_models import WorkerList


def build_router(app: Application, observer: Observer) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["workers"])

    @router.get("/workers", response_model=WorkerList, responses=failures())
    async def list_workers() -> JSONResponse:
        """Workers heard of in the last minute, and the cohorts of studies that go on."""
        workers = await app.list_workers()
        return answer(
            {
                "workers": [worker_to_json(worker) for worker in workers],
                "queue": queue_to_json(observer.queue_counts()),
            }
        )

    return router
