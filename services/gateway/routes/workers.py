"""Who trains, and what waits."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse

from services.gateway.fleet import Fleet
from services.gateway.fleet_documents import counts_to_json, queue_to_json, worker_to_json
from services.gateway.observer import Observer
from services.gateway.routes.answers import answer, failures
from services.gateway.service_models import QueueDocument, WorkerDocument, WorkerList


def build_router(fleet: Fleet, observer: Observer) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["workers"])

    @router.get("/workers", response_model=WorkerList, responses=failures())
    async def list_workers() -> JSONResponse:
        """Workers heard of in the last minute, and the cohorts of studies that go on."""
        workers = await fleet.list_workers()
        return answer(
            {
                "workers": [worker_to_json(worker) for worker in workers],
                "queue": counts_to_json(observer.queue_counts()),
            }
        )

    @router.post(
        "/workers/{worker_id}:drain", response_model=WorkerDocument, responses=failures(404)
    )
    async def drain_worker(worker_id: str) -> JSONResponse:
        """It ends the cohorts that it holds and takes no more, until it is resumed or started
        anew. A repeat changes nothing."""
        return answer(worker_to_json(await fleet.drain_worker(worker_id)))

    @router.post(
        "/workers/{worker_id}:resume", response_model=WorkerDocument, responses=failures(404)
    )
    async def resume_worker(worker_id: str) -> JSONResponse:
        """It takes cohorts again. A repeat changes nothing."""
        return answer(worker_to_json(await fleet.resume_worker(worker_id)))

    @router.get("/queue", response_model=QueueDocument, responses=failures())
    async def get_queue() -> JSONResponse:
        """How much waits, how fast it goes, and how that was over the last 15 minutes."""
        return answer(queue_to_json(await fleet.queue()))

    return router
