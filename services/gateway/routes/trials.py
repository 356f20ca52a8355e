"""Trials of a study: the leaderboard, and one of them with its curve."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import JSONResponse

from layerlab.domain.json_value import JsonValue
from layerlab.domain.trial import TrialState
from services.gateway.application import MAX_PAGE, Application
from services.gateway.documents import trial_with_curve_to_json
from services.gateway.ledger import TrialQuery
from services.gateway.ledger.documents import trial_to_json
from services.gateway.models import TrialPageDocument, TrialWithCurve
from services.gateway.routes.answers import answer, failures


def build_router(app: Application) -> APIRouter:
    router = APIRouter(prefix="/v1/studies/{study_id}/trials", tags=["trials"])

    @router.get("", response_model=TrialPageDocument, responses=failures(404))
    async def list_trials(
        study_id: str,
        order_by: Annotated[
            str,
            Query(description="A field of a trial or of its design; `-` before it: descending."),
        ] = "-score_val",
        page_size: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
        page_token: str = "",
        state: Annotated[
            list[TrialState] | None, Query(description="Only these states; may be repeated.")
        ] = None,
    ) -> JSONResponse:
        """Trials without a value to order by come last; equals come by number."""
        query = TrialQuery(order_by, page_size, page_token, frozenset(state or ()))
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

    return router
