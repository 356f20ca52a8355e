"""What a trial's result depends on, and whether training it again gives the same."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import APIRouter, Header, Path, Query
from starlette.responses import JSONResponse

from services.gateway.application import Application
from services.gateway.receipts import trial_receipt_to_json
from services.gateway.routes.answers import answer, failures
from services.gateway.trial_models import TrialReceiptDocument, VerificationDocument
from services.gateway.verifying import DEFAULT_WAIT_SECONDS, MAX_WAIT_SECONDS, verification_to_json

Number: TypeAlias = Annotated[int, Path(ge=1, le=2**53 - 1)]
Wait: TypeAlias = Annotated[
    float, Query(ge=0, le=MAX_WAIT_SECONDS, description="Seconds to wait for the end.")
]


def build_router(app: Application) -> APIRouter:
    router = APIRouter(prefix="/v1/studies/{study_id}/trials/{number}", tags=["trials"])

    @router.get("/receipt", response_model=TrialReceiptDocument, responses=failures(404))
    async def get_receipt(study_id: str, number: Number) -> JSONResponse:
        """Dataset, split, recipe, design, seed, versions and machine of a trial; 404,
        `no_receipt`, before its cohort has ended."""
        return answer(trial_receipt_to_json(await app.get_receipt(study_id, number)))

    @router.post(
        ":verify",
        status_code=202,
        response_model=VerificationDocument,
        responses=failures(404, 409),
    )
    async def verify_trial(
        study_id: str,
        number: Number,
        wait: Wait = DEFAULT_WAIT_SECONDS,
        idempotency_key: Annotated[str, Header()] = "",
    ) -> JSONResponse:
        """Trains the trial again, and compares."""
        verification = await app.verifier.verify(study_id, number, wait, idempotency_key)
        path = f"/v1/studies/{study_id}/trials/{number}/verifications"
        location = {"Location": f"{path}/{verification.verification_id}"}
        return answer(verification_to_json(verification), 202, location)

    @router.get(
        "/verifications/{verification_id}",
        response_model=VerificationDocument,
        responses=failures(404),
    )
    async def get_verification(
        study_id: str, number: Number, verification_id: str, wait: Wait = 0.0
    ) -> JSONResponse:
        return answer(
            verification_to_json(await app.verifier.look(study_id, number, verification_id, wait))
        )

    return router
