"""The document that clients and the page's types are made from."""

from __future__ import annotations

import re
from typing import Any

import pytest

from services.gateway.openapi import openapi_document

_ROUTES = {
    "POST /v1/datasets",
    "GET /v1/datasets",
    "GET /v1/datasets/{dataset_id}",
    "GET /v1/datasets/{dataset_id}/rows",
    "GET /v1/samples",
    "GET /v1/samples/{name}",
    "GET /v1/presets",
    "POST /v1/studies",
    "POST /v1/studies:estimate",
    "GET /v1/studies",
    "GET /v1/studies/{study_id}",
    "PATCH /v1/studies/{study_id}",
    "DELETE /v1/studies/{study_id}",
    "POST /v1/studies/{study_id}:restore",
    "GET /v1/studies/{study_id}/activity",
    "GET /v1/studies/{study_id}/trials:columns",
    "GET /v1/studies/{study_id}/trials:export",
    "GET /v1/studies/{study_id}/cohorts",
    "GET /v1/studies/{study_id}/trials",
    "GET /v1/studies/{study_id}/trials/{number}",
    "POST /v1/studies/{study_id}/trials",
    "GET /v1/studies/{study_id}/trials/{number}/receipt",
    "POST /v1/studies/{study_id}/trials/{number}:verify",
    "GET /v1/studies/{study_id}/trials/{number}/evaluation",
    "POST /v1/studies/{study_id}/trials/{number}:evaluate",
    "GET /v1/studies/{study_id}/trials/{number}/evaluations/{evaluation_id}",
    "GET /v1/studies/{study_id}/trials/{number}/verifications/{verification_id}",
    "GET /v1/studies/{study_id}/verdict",
    "GET /v1/studies/{study_id}/split",
    "GET /v1/studies/{study_id}/events",
    "POST /v1/studies/{study_id}:suspend",
    "POST /v1/studies/{study_id}:resume",
    "POST /v1/studies/{study_id}:stop",
    "POST /v1/studies/{study_id}:cancel",
    "GET /v1/workers",
    "POST /v1/workers/{worker_id}:drain",
    "POST /v1/workers/{worker_id}:resume",
    "GET /v1/queue",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi_document()


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_every_route_of_the_contract_is_in_it_and_no_other(document: dict[str, Any]) -> None:
    assert set(operations(document)) == _ROUTES


def test_every_failure_is_a_problem_document(document: dict[str, Any]) -> None:
    for name, operation in operations(document).items():
        for status, response in operation["responses"].items():
            if int(status) >= 400 and name != "GET /readyz":
                schema = response["content"]["application/problem+json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/ProblemDocument"}


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    names = set(re.findall(r"'#/components/schemas/([^']+)'", str(document)))
    assert names <= set(document["components"]["schemas"])
    assert {"StudyRequest", "EventDocument", "HelloFrame"} <= names


def test_operations_have_short_names_of_their_own(document: dict[str, Any]) -> None:
    names = [each["operationId"] for each in operations(document).values()]
    assert len(set(names)) == len(names)
    assert {"create_study", "list_trials", "suspend_study"} <= set(names)


def test_what_a_document_always_has_is_required(document: dict[str, Any]) -> None:
    for name in ("StudyDocument", "TrialDocument", "DatasetDocument"):
        schema = document["components"]["schemas"][name]
        assert set(schema["required"]) == set(schema["properties"])
