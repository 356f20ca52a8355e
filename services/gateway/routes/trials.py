"""Trials of a study: the leaderboard, and one of them with its curve."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Final, TypeAlias

from fastapi import APIRouter, Header, Path, Query, Request
from starlette.responses import JSONResponse, Response

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
from services.gateway.trial_models import AddedDesignsDocument, TrialColumnsDocument
from services.gateway.trial_table import to_columns, to_csv, to_json_text
from services.gateway.uploads import UploadLimits


class PurposeFilter(StrEnum):
    """Why a trial trains, or whatever for. No trial is there to test: that trains nothing."""

    SEARCH = "search"
    CONFIRM = "confirm"
    BASELINE = "baseline"
    ABLATION = "ablation"
    ROWS = "rows"
    ALL = "all"


class TableFormat(StrEnum):
    """A file of many trials."""

    CSV = "csv"
    JSON = "json"


_MEDIA_TYPES: Final = {
    TableFormat.CSV: "text/csv; charset=utf-8",
    TableFormat.JSON: "application/json",
}
_MOST_SKIPPED: Final = 10_000_000

States: TypeAlias = Annotated[
    list[TrialState] | None, Query(description="Only these states; may be repeated.")
]
Purposes: TypeAlias = Annotated[
    list[PurposeFilter],
    Query(description="Why they train; may be repeated. `all`: every trial of the study."),
]
Where: TypeAlias = Annotated[
    list[str] | None,
    Query(
        description="Conditions that all must hold, like `n_params<10000`, `score_val>=0.9` or "
        "`activation=relu,gelu`: a field of a trial or its design, one of `= != < <= > >=`, a "
        "value, or several by commas; may be repeated."
    ),
]
Words: TypeAlias = Annotated[
    str, Query(max_length=200, description="Words of a design, like `64-32 relu`, or a number.")
]


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
        skip: Annotated[
            int, Query(ge=0, le=_MOST_SKIPPED, description="Leaves out so many first ones.")
        ] = 0,
        state: States = None,
        purpose: Purposes = [PurposeFilter.SEARCH],  # noqa: B006  # FastAPI copies defaults.
        where: Where = None,
        query: Words = "",
    ) -> JSONResponse:
        """Trials without a value to order by come last; equals come by number."""
        filters = _filters(state, purpose, where, query)
        asked = replace(
            filters, order_by=order_by, page_size=page_size, page_token=page_token, skip=skip
        )
        page = await app.list_trials(study_id, asked)
        trials: list[JsonValue] = [trial_to_json(trial) for trial in page.trials]
        return answer(
            {
                "trials": trials,
                "next_page_token": page.next_page_token,
                "total_size": page.total_size,
            }
        )

    @router.get(":columns", response_model=TrialColumnsDocument, responses=failures(404))
    async def list_trial_columns(
        study_id: str,
        state: States = None,
        purpose: Purposes = [PurposeFilter.SEARCH],  # noqa: B006  # FastAPI copies defaults.
        where: Where = None,
        query: Words = "",
    ) -> JSONResponse:
        """Every trial at once, by number, one array a field: for charts."""
        asked = replace(_filters(state, purpose, where, query), order_by="number")
        return answer(to_columns(await app.select_trials(study_id, asked)))

    @router.get(
        ":export",
        response_class=Response,
        responses={200: {"content": {"text/csv": {}, "application/json": {}}}, **failures(404)},
    )
    async def export_trials(
        study_id: str,
        format: Annotated[TableFormat, Query(description="What kind of file.")] = TableFormat.CSV,
        order_by: Annotated[str, Query(description="As of the list.")] = "number",
        state: States = None,
        purpose: Purposes = [PurposeFilter.SEARCH],  # noqa: B006  # FastAPI copies defaults.
        where: Where = None,
        query: Words = "",
    ) -> Response:
        """Every trial at once, as a file to keep."""
        asked = replace(_filters(state, purpose, where, query), order_by=order_by)
        selection = await app.select_trials(study_id, asked)
        text = (to_csv if format is TableFormat.CSV else to_json_text)(selection.trials)
        name = f"layerlab-{study_id}-trials.{format}"
        disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(text, media_type=_MEDIA_TYPES[format], headers=disposition)

    @router.get("/{number}", response_model=TrialWithCurve, responses=failures(404))
    async def get_trial(
        study_id: str,
        number: Annotated[int, Path(ge=1, le=2**53 - 1)],
        max_points: Annotated[
            int,
            Query(
                ge=0,
                le=2**31 - 1,
                description="At most so many points of the curve, evenly chosen, with its ends and "
                "its best epoch; 0: all, else 3 or more.",
            ),
        ] = 0,
    ) -> JSONResponse:
        trial, curve = await app.get_trial(study_id, number, max_points)
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


def _filters(
    state: list[TrialState] | None,
    purpose: list[PurposeFilter],
    where: list[str] | None,
    query: str,
) -> TrialQuery:
    return TrialQuery(
        states=frozenset(state or ()),
        purposes=_purposes(purpose),
        where=tuple(where or ()),
        text=query.strip(),
    )


def _purposes(asked: list[PurposeFilter]) -> frozenset[Purpose]:
    """None of them means all."""
    if PurposeFilter.ALL in asked:
        return frozenset()
    return frozenset(Purpose(each) for each in asked)
