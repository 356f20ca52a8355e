"""Studies: created, listed, looked at, and the four verbs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import JSONResponse

from layerlab.domain.json_value import JsonValue
from layerlab.domain.trial import StudyState
from services.gateway.application import MAX_PAGE, Application
from services.gateway.documents import activity_to_json, split_to_json
from services.gateway.estimate_models import EstimateDocument
from services.gateway.estimating import prediction_to_json
from services.gateway.ledger import StudyQuery, StudyVerb
from services.gateway.models import (
    ActivityPageDocument,
    SplitDocument,
    StudyDocument,
    StudyPageDocument,
)
from services.gateway.routes.answers import answer, failures
from services.gateway.routes.bodies import body_of, read_document
from services.gateway.study_description import DescriptionRequest, parse_description
from services.gateway.study_request import StudyRequest
from services.gateway.uploads import UploadLimits
from services.gateway.verdict_models import VerdictDocument
from services.gateway.verdicts import verdict_document

_BODY: Final = body_of(StudyRequest)
_SUMMARIES: Final = {
    StudyVerb.SUSPEND: "No new trials; those under way go on.",
    StudyVerb.RESUME: "Goes on after a suspension.",
    StudyVerb.STOP: "No new trials; those under way end, then the study does.",
    StudyVerb.CANCEL: "Ends the study and everything under way at once.",
}


def build_router(app: Application, limits: UploadLimits) -> APIRouter:
    """`limits` are those of a JSON document."""
    router = APIRouter(prefix="/v1/studies", tags=["studies"])

    @router.post(
        "",
        status_code=201,
        response_model=StudyDocument,
        responses=failures(400, 404, 408, 409, 413, 415),
        openapi_extra={"requestBody": _BODY},
    )
    async def create_study(
        request: Request, idempotency_key: Annotated[str, Header()] = ""
    ) -> JSONResponse:
        """Records a study; the scheduler starts it as soon as it can."""
        document = await read_document(request, limits)
        study = await app.create_study(document, idempotency_key)
        location = {"Location": f"/v1/studies/{study.view.study.study_id}"}
        return answer(study.to_json(), 201, location)

    @router.post(
        ":estimate",
        response_model=EstimateDocument,
        responses=failures(400, 404, 408, 413, 415),
        openapi_extra={"requestBody": _BODY},
    )
    async def estimate_study(request: Request) -> JSONResponse:
        """What such a study would take, as ranges, from a probe of at most 3 s."""
        document = await read_document(request, limits)
        return answer(prediction_to_json(await app.estimate_study(document)))

    @router.get("", response_model=StudyPageDocument, responses=failures())
    async def list_studies(
        page_size: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
        page_token: str = "",
        query: Annotated[
            str, Query(max_length=200, description="Part of a name, a target, a note or a tag.")
        ] = "",
        state: Annotated[
            list[StudyState] | None, Query(description="Only these states; may be repeated.")
        ] = None,
        tag: Annotated[
            list[str] | None, Query(description="With all of these tags; may be repeated.")
        ] = None,
        deleted: Annotated[
            bool, Query(description="Those that were deleted, instead of the others.")
        ] = False,
    ) -> JSONResponse:
        """Newest first."""
        states, tags = frozenset(state or ()), frozenset(tag or ())
        asked = StudyQuery(page_size, page_token, query.strip(), states, tags, deleted)
        studies, token = await app.list_studies(asked)
        return answer({"studies": [each.to_json() for each in studies], "next_page_token": token})

    @router.get("/{study_id}", response_model=StudyDocument, responses=failures(404))
    async def get_study(study_id: str) -> JSONResponse:
        return answer((await app.get_study(study_id)).to_json())

    @router.patch(
        "/{study_id}",
        response_model=StudyDocument,
        responses=failures(400, 404, 408, 413, 415),
        openapi_extra={"requestBody": body_of(DescriptionRequest)},
    )
    async def describe_study(request: Request, study_id: str) -> JSONResponse:
        """Another name, a note, tags: what is left out stays as it is."""
        description = parse_description(await read_document(request, limits))
        return answer((await app.describe_study(study_id, description)).to_json())

    @router.delete("/{study_id}", response_model=StudyDocument, responses=failures(404, 409))
    async def delete_study(study_id: str) -> JSONResponse:
        """Takes a study that has ended from all lists; `:restore` brings it back."""
        return answer((await app.delete_study(study_id)).to_json())

    @router.post("/{study_id}:restore", response_model=StudyDocument, responses=failures(404))
    async def restore_study(study_id: str) -> JSONResponse:
        """Lists a deleted study again."""
        return answer((await app.restore_study(study_id)).to_json())

    @router.get("/{study_id}/split", response_model=SplitDocument, responses=failures(404))
    async def get_split(study_id: str) -> JSONResponse:
        """Which rows of the file train, steer the search, and are touched once, at the end."""
        return answer(split_to_json(await app.get_split(study_id)))

    @router.get(
        "/{study_id}/activity", response_model=ActivityPageDocument, responses=failures(404)
    )
    async def list_activity(
        study_id: str,
        page_size: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
        page_token: str = "",
    ) -> JSONResponse:
        """What happened, newest first, without reports of epochs. A page may be short."""
        page = await app.list_activity(study_id, page_size, page_token)
        entries: list[JsonValue] = [activity_to_json(each) for each in page.events]
        return answer({"entries": entries, "next_page_token": page.next_page_token})

    @router.get("/{study_id}/verdict", response_model=VerdictDocument, responses=failures(404))
    async def get_verdict(study_id: str) -> JSONResponse:
        """Which design to use, and how sure one can be: the last verdict reached. While there is
        none: 404, `no_verdict_yet`; when there will be none: 404, `no_verdict`."""
        return answer(verdict_document((await app.get_study(study_id)).view.study))

    _add_verbs(router, app)
    return router


def _add_verbs(router: APIRouter, app: Application) -> None:
    for verb in StudyVerb:
        router.post(
            f"/{{study_id}}:{verb}",
            name=f"{verb}_study",
            description=_SUMMARIES[verb],
            response_model=StudyDocument,
            responses=failures(404, 409),
        )(_mover(app, verb))


def _mover(app: Application, verb: StudyVerb) -> Callable[[str], Awaitable[JSONResponse]]:
    async def move_study(study_id: str) -> JSONResponse:
        return answer((await app.move_study(study_id, verb)).to_json())

    return move_study
