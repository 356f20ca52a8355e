"""For those who run the gateway: is it alive, is it ready, how is it doing?"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import JSONResponse, Response

from layerlab.domain.problem import Unavailable
from layerlab.readiness import Readiness
from services.gateway.application import Application
from services.gateway.observer import Observer
from services.gateway.problems import RETRY_AFTER_SECONDS
from services.gateway.routes.answers import answer, failures
from services.gateway.service_models import AliveDocument, ReadyDocument


def build_router(app: Application, observer: Observer, readiness: Readiness) -> APIRouter:
    router = APIRouter(tags=["operations"])

    @router.get("/healthz", response_model=AliveDocument)
    async def healthz() -> JSONResponse:
        """The process answers; nothing is said about what it depends on."""
        return answer({"status": "alive"})

    @router.get(
        "/readyz",
        response_model=ReadyDocument,
        responses={
            **failures(),
            503: {"model": ReadyDocument, "description": "Something can't be reached."},
        },
    )
    async def readyz(
        exclude: Annotated[list[str], Query(description="Parts that don't matter here.")] = [],  # noqa: B006  # Never changed.
    ) -> JSONResponse:
        """Whether everything that a request may need can be reached, or what can't."""
        report = await readiness.report(exclude)
        if report.is_ready:
            return answer(report.to_json())
        return answer(report.to_json(), 503, {"Retry-After": str(RETRY_AFTER_SECONDS)})

    @router.get(
        "/metrics",
        response_class=Response,
        responses={
            200: {"content": {"text/plain": {}}, "description": "Prometheus's text format."}
        },
    )
    async def metrics() -> Response:
        try:
            workers = await app.list_workers()
        except Unavailable:
            # The counters are worth scraping most of all while the store is down.
            workers = []
        return Response(observer.metrics(workers), media_type=CONTENT_TYPE_LATEST)

    return router
