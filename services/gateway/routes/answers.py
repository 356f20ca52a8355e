"""What all routes share: how they answer, and how failures look in /openapi.json."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import JSONResponse

from layerlab.domain.json_value import JsonValue
from services.gateway.models import ProblemDocument
from services.gateway.problems import MEDIA_TYPE

_PROBLEM: Final = {"$ref": f"#/components/schemas/{ProblemDocument.__name__}"}
_MEANINGS: Final = {
    400: "The request can't be read.",
    404: "There is no such thing.",
    408: "The request came too slowly.",
    409: "Not possible in this state.",
    413: "Too large.",
    415: "Another kind of content is needed.",
    422: "Understood, and not acceptable: `code` and `field` say what and where.",
    503: "A part of LayerLab is unavailable; try again after `Retry-After` seconds.",
    507: "The disk is full; nothing was kept.",
}


def failures(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that can fail with these statuses."""
    return {
        status: {"description": _MEANINGS[status], "content": {MEDIA_TYPE: {"schema": _PROBLEM}}}
        for status in (*statuses, 422, 503)
    }


def answer(
    document: JsonValue, status: int = 200, headers: dict[str, str] | None = None
) -> JSONResponse:
    """Documents are made by us, in the shapes of `models`; they are not checked again here."""
    return JSONResponse(document, status, headers=headers)
