"""For those who run the gateway: is it alive, is it ready, how is it doing?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

import structlog
from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import JSONResponse, Response

from layerlab.domain.problem import Problem, Unavailable
from services.gateway.application import Application
from services.gateway.models import AliveDocument, ReadyDocument
from services.gateway.observer import Observer
from services.gateway.problems import RETRY_AFTER_SECONDS
from services.gateway.routes.answers import answer

log = structlog.get_logger()

Check: TypeAlias = Callable[[], Awaitable[object]]
"""Raises `Unavailable`, or takes too long, when a part can't be reached."""

_CHECK_SECONDS: Final = 3.0


def build_router(app: Application, observer: Observer, checks: Mapping[str, Check]) -> APIRouter:
    """`checks` by the name of the part that they try."""
    router = APIRouter(tags=["operations"])

    @router.get("/healthz", response_model=AliveDocument)
    async def healthz() -> JSONResponse:
        """The process answers; nothing is said about what it depends on."""
        return answer({"status": "alive"})

    @router.get(
        "/readyz",
        response_model=ReadyDocument,
        responses={503: {"model": ReadyDocument, "description": "Something can't be reached."}},
    )
    async def readyz() -> JSONResponse:
        """Whether everything that a request may need can be reached, or what can't."""
        reached = await asyncio.gather(*map(_is_reached, checks.values()))
        missing = [name for name, is_there in zip(checks, reached, strict=True) if not is_there]
        if missing:
            retry = {"Retry-After": str(RETRY_AFTER_SECONDS)}
            return answer({"status": "unavailable", "unavailable": missing}, 503, retry)
        return answer({"status": "ready", "unavailable": []})

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


async def _is_reached(check: Check) -> bool:
    try:
        async with asyncio.timeout(_CHECK_SECONDS):
            await check()
    except (Unavailable, TimeoutError):
        return False
    except Problem:
        # It answered, which is all that is asked.
        return True
    except Exception:
        log.exception("a readiness check failed")
        return False
    return True
