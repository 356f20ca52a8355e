"""Cohorts of a study: what trained together, and what that took."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse

from layerlab.domain.json_value import JsonValue
from services.gateway.application import MAX_PAGE, Application
from services.gateway.cohort_models import CohortPageDocument
from services.gateway.ledger.cohort_documents import cohort_to_json
from services.gateway.routes.answers import answer, failures


def build_router(app: Application) -> APIRouter:
    router = APIRouter(prefix="/v1/studies/{study_id}/cohorts", tags=["cohorts"])

    @router.get("", response_model=CohortPageDocument, responses=failures(404))
    async def list_cohorts(
        study_id: str,
        page_size: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
        page_token: str = "",
    ) -> JSONResponse:
        """In the order of registration."""
        page = await app.list_cohorts(study_id, page_size, page_token)
        cohorts: list[JsonValue] = [cohort_to_json(cohort) for cohort in page.cohorts]
        return answer(
            {
                "cohorts": cohorts,
                "next_page_token": page.next_page_token,
                "total_size": page.total_size,
            }
        )

    return router
