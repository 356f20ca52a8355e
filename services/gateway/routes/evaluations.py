"""Where a trial is right and where it is wrong."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import APIRouter, Path, Query
from starlette.responses import JSONResponse

from layerlab.domain.evaluation import EvaluatedRows
from layerlab.domain.evaluation_document import evaluation_to_json
from services.gateway.application import Application
from services.gateway.evaluating import run_to_json
from services.gateway.routes.answers import answer, failures
from services.gateway.trial_models import EvaluationDocument, EvaluationRunDocument
from services.gateway.verifying import DEFAULT_WAIT_SECONDS, MAX_WAIT_SECONDS

Number: TypeAlias = Annotated[int, Path(ge=1, le=2**53 - 1)]
Rows: TypeAlias = Annotated[
    EvaluatedRows | None,
    Query(description="By default the test rows, of a finalist; else the validation rows."),
]
Wait: TypeAlias = Annotated[
    float, Query(ge=0, le=MAX_WAIT_SECONDS, description="Seconds to wait for the end.")
]


def build_router(app: Application) -> APIRouter:
    router = APIRouter(prefix="/v1/studies/{study_id}/trials/{number}", tags=["trials"])

    @router.get("/evaluation", response_model=EvaluationDocument, responses=failures(404))
    async def get_evaluation(study_id: str, number: Number, rows: Rows = None) -> JSONResponse:
        """Confusion matrix and ROC curves, or residuals; 404, `no_evaluation`, before there is one.

        The winner and the smallest good design have theirs with the verdict."""
        return answer(evaluation_to_json(await app.evaluator.find(study_id, number, rows)))

    @router.post(
        ":evaluate",
        status_code=202,
        response_model=EvaluationRunDocument,
        responses=failures(404, 409),
    )
    async def evaluate_trial(
        study_id: str, number: Number, wait: Wait = DEFAULT_WAIT_SECONDS
    ) -> JSONResponse:
        """Evaluates a trial that has succeeded on its validation rows: with its weights if they
        were kept; else it is trained again. A repeat asks about the first."""
        run = await app.evaluator.evaluate(study_id, number, wait)
        path = f"/v1/studies/{study_id}/trials/{number}/evaluations/{run.evaluation_id}"
        return answer(run_to_json(run), 202, {"Location": path})

    @router.get(
        "/evaluations/{evaluation_id}",
        response_model=EvaluationRunDocument,
        responses=failures(404),
    )
    async def get_evaluation_run(
        study_id: str, number: Number, evaluation_id: str, wait: Wait = 0.0
    ) -> JSONResponse:
        return answer(run_to_json(await app.evaluator.look(study_id, number, evaluation_id, wait)))

    return router
