"""Tables: uploaded, listed, looked at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import JSONResponse

from layerlab.domain.problem import UnsupportedMedia
from services.gateway.application import MAX_PAGE, MAX_ROWS, Application
from services.gateway.dataset_models import DatasetDocument, DatasetList, TableRowsDocument
from services.gateway.documents import dataset_to_json, rows_to_json
from services.gateway.routes.answers import answer, failures
from services.gateway.uploads import UploadLimits, limited

# What browsers and tools call a CSV, Windows with Excel among them.
_CSV_TYPES: Final = frozenset(
    {"text/csv", "application/csv", "text/plain", "application/vnd.ms-excel"}
)
_BODY: Final = {
    "required": True,
    "content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}},
}


def build_router(app: Application, limits: UploadLimits) -> APIRouter:
    router = APIRouter(prefix="/v1/datasets", tags=["datasets"])

    @router.post(
        "",
        status_code=201,
        response_model=DatasetDocument,
        responses=failures(400, 408, 409, 413, 415, 507),
        openapi_extra={"requestBody": _BODY},
    )
    async def upload_dataset(
        request: Request,
        name: Annotated[str, Query(description="A display name.", max_length=10_000)] = "",
        idempotency_key: Annotated[str, Header()] = "",
    ) -> JSONResponse:
        """Streams a CSV in. The same bytes give the same dataset."""
        check_content(request, _CSV_TYPES, "text/csv")
        chunks: AsyncIterator[bytes] = limited(request.stream(), limits)
        dataset = await app.upload_dataset(name, chunks, idempotency_key)
        location = {"Location": f"/v1/datasets/{dataset.dataset_id}"}
        return answer(dataset_to_json(dataset), 201, location)

    @router.get("", response_model=DatasetList, responses=failures())
    async def list_datasets(
        page_size: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
    ) -> JSONResponse:
        """Newest first."""
        datasets = await app.list_datasets(page_size)
        return answer({"datasets": [dataset_to_json(each) for each in datasets]})

    @router.get("/{dataset_id}", response_model=DatasetDocument, responses=failures(404))
    async def get_dataset(dataset_id: str) -> JSONResponse:
        return answer(dataset_to_json(await app.get_dataset(dataset_id)))

    @router.get("/{dataset_id}/rows", response_model=TableRowsDocument, responses=failures(404))
    async def list_rows(
        dataset_id: str, limit: Annotated[int, Query(ge=1, le=MAX_ROWS)] = 50
    ) -> JSONResponse:
        """The first rows, as their cells were read. Long cells are cut and end in "…"; of a wide
        table it is fewer rows than were asked for."""
        return answer(rows_to_json(await app.list_rows(dataset_id, limit)))

    return router


def check_content(request: Request, allowed: frozenset[str], expected: str) -> None:
    """:raises UnsupportedMedia: `content_type`, `content_encoding`."""
    given = request.headers.get("content-type", "")
    if given.partition(";")[0].strip().lower() not in allowed:
        raise UnsupportedMedia(
            "content_type",
            f"The body is said to be {given[:100] or 'of no kind'!r}; it must be {expected}.",
            hint=f"Send the header `Content-Type: {expected}`.",
        )
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.strip().lower() != "identity":
        raise UnsupportedMedia(
            "content_encoding",
            f"The body is encoded as {encoding[:100]!r}, which is not read here.",
            hint="Send it uncompressed.",
        )
