"""The tables that come with LayerLab, and the search spaces that do."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from services.gateway.dataset_models import PresetList, SampleList
from services.gateway.documents import presets_to_json, sample_to_json
from services.gateway.routes.answers import answer, failures
from services.gateway.samples import SAMPLES, get_sample


def build_router() -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["samples"])

    @router.get("/samples", response_model=SampleList)
    async def list_samples() -> JSONResponse:
        return answer({"samples": [sample_to_json(sample) for sample in SAMPLES]})

    @router.get(
        "/samples/{name}",
        response_class=Response,
        responses={200: {"content": {"text/csv": {}}}, **failures(404)},
    )
    async def get_sample_csv(name: str) -> Response:
        """The CSV itself, to upload like any other."""
        return Response(get_sample(name).read(), media_type="text/csv")

    @router.get("/presets", response_model=PresetList, responses=failures())
    async def list_presets(
        rows: Annotated[int, Query(ge=0, le=10**12, description="Of the table.")] = 1000,
    ) -> JSONResponse:
        """Search spaces for those who have none of their own, for a table of `rows` rows."""
        return answer({"presets": presets_to_json(rows)})

    return router
