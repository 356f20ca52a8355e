"""Trials of a study: the leaderboard, and one of them with its curve."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request
from starlette.responses import JSONResponse

from layerlab.domain.json_value import JsonValue
from layerlab.domain.study import Purpose
from layerlab.domain.trial import TrialState
from services.gateway.application import MAX_PAGE, Application
from services.gateway.documents import trial_with_curve_to_json
from services.gateway.ledger import TrialQuery
from services.gateway.ledger.documents import trial_to_json
from services.gateway.models import TrialPageDocument, TrialWithCurve
from services.gateway.own_designs import added_to_json
from services.gateway.routes.answers import answer, failures
from services.gateway.routes.bodies import body_of, read_document
from services.gateway.study_request import DesignsRequest, parse_as
from services.gateway.trial_models import AddedDesignsDocument
from services.gateway.uploads import UploadLimits


class PurposeFilter(StrEnum):
    """Why a trial trains, or whatever for. No trial is there to test: that trains nothing."""

    SEARCH = "search"
    CONFIRM = "confirm"
    BASELINE = "baseline"
    ABLATION = "ablation"
    ROWS = "rows"
    ALL = "all"


def build_router(app: Application, limits: UploadLimits) -> APIRouter:
    """`limits` are those of a JSON document."""
    router = APIRouter(prefix="/v1/studies/{study_id}/trials", tags=["trials"])

    @router.get("", response_model=TrialPageDocument, responses=failures(404))
    async def list_trials(
        study_id: str,
        order_by: Annotated[
            str,
            Query(
                description="A field of a trial or of its design; `-` before it: descending. Of "
                "scores `-` is the best first, whatever the metric."
            ),
        ] = "-score_val",
        page_size: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
        page_token: str = "",
        state: Annotated[
            list[TrialState] | None, Query(description="Only these states; may be repeated.")
        ] = None,
        purpose: Annotated[
            list[PurposeFilter],
            Query(description="Why they train; may be repeated. `all`: every trial of the study."),
        ] = [PurposeFilter.SEARCH],  # noqa: B006  # FastAPI copies defaults.
    ) -> JSONResponse:
        """Trials without a value to order by come last; equals come by number."""
        query = TrialQuery(
            order_by,
            page_size,
            page_token,
            frozenset(state or ()),
            _purposes(purpose),
        )
        page = await app.list_trials(study_id, query)
        trials: list[JsonValue] = [trial_to_json(trial) for trial in page.trials]
        return answer(
            {
                "trials": trials,
                "next_page_token": page.next_page_token,
                "total_size": page.total_size,
            }
        )

    @router.get("/{number}", response_model=TrialWithCurve, responses=failures(404))
    async def get_trial(
        study_id: str, number: Annotated[int, Path(ge=1, le=2**53 - 1)]
    ) -> JSONResponse:
        trial, curve = await app.get_trial(study_id, number)
        return answer(trial_with_curve_to_json(trial, curve))

    @router.post(
        "",
        response_model=AddedDesignsDocument,
        responses=failures(400, 404, 408, 409, 413, 415),
        openapi_extra={"requestBody": body_of(DesignsRequest)},
    )
    async def add_designs(
        request: Request, study_id: str, idempotency_key: Annotated[str, Header()] = ""
    ) -> JSONResponse:
        """Designs of your own, to be tried next; those that were asked for before are named."""
        asked = parse_as(DesignsRequest, await read_document(request, limits))
        added = await app.designs.add(study_id, asked.designs, idempotency_key)
        return answer(added_to_json(added))

    return router


def _purposes(asked: list[PurposeFilter]) -> frozenset[Purpose]:
    """None of them means all."""
    if PurposeFilter.ALL in asked:
        return frozenset()
    return frozenset(Purpose(each) for each in asked)
