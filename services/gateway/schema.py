"""/openapi.json: FastAPI's, with what it can't see for itself."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from services.gateway.models import (
    EventDocument,
    HeartbeatFrame,
    HelloFrame,
    ProblemDocument,
    ResetFrame,
)
from services.gateway.study_description import DescriptionRequest
from services.gateway.study_request import DesignsRequest, StudyRequest

_REQUESTS: Final[tuple[type[BaseModel], ...]] = (
    StudyRequest,
    DesignsRequest,
    DescriptionRequest,
)
# Bodies that we read ourselves, frames of streams, and the one shape of every failure.
_EXTRA: Final[tuple[type[BaseModel], ...]] = (
    *_REQUESTS,
    ProblemDocument,
    EventDocument,
    HelloFrame,
    HeartbeatFrame,
    ResetFrame,
)
# FastAPI describes its own 422; ours is a problem document.
_UNUSED: Final = ("HTTPValidationError", "ValidationError")


def complete_schema(app: FastAPI) -> None:
    """Makes `app.openapi` answer with the whole document, made once."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
            )
            _add_models(document["components"]["schemas"])
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend it.


def _add_models(schemas: dict[str, Any]) -> None:
    for name in _UNUSED:
        schemas.pop(name, None)
    for model in _EXTRA:
        own = model.model_json_schema(
            mode="validation" if model in _REQUESTS else "serialization",
            ref_template="#/components/schemas/{model}",
        )
        for name, schema in own.pop("$defs", {}).items():
            schemas.setdefault(name, schema)
        schemas[model.__name__] = own
