"""JSON bodies: read by ourselves, strictly, and described to /openapi.json."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from pydantic import BaseModel

from layerlab.domain.json_value import JsonObject
from services.gateway.routes.datasets import check_content
from services.gateway.strict_json import parse_object
from services.gateway.uploads import UploadLimits, limited, read_all


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """The `requestBody` of a route; `schema` adds the model itself."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"required": True, "content": {"application/json": {"schema": schema}}}


async def read_document(request: Request, limits: UploadLimits) -> JsonObject:
    """:raises Problem: what is wrong with the body's kind, size or JSON."""
    check_content(request, frozenset({"application/json"}), "application/json")
    return parse_object(await read_all(limited(request.stream(), limits)))
