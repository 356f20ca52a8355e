"""The public StudyService: the same functions as REST's /v1/studies."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, TypeAlias

import grpc

from layerlab import wire
from layerlab.domain.dataset import ColumnKind, Task
from layerlab.domain.json_value import JsonObject, JsonValue
from layerlab.domain.recipe import RecipeName
from layerlab.domain.spec import Engine, Search
from layerlab.domain.trial import TrialState
from layerlab.v1 import dataset_pb2, design_pb2, study_pb2_grpc
from layerlab.v1 import study_pb2 as pb
from services.gateway.application import Application, NamedStudy
from services.gateway.halving_request import HalvingMode
from services.gateway.ledger import CurvePoint, StudyVerb, TrialQuery
from services.gateway.streams import closing_stream
from services.gateway.strict_json import check_values

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]

_DEFAULT_PAGE = 100


class StudyServicer(study_pb2_grpc.StudyServiceServicer):
    def __init__(self, app: Application) -> None:
        self._app = app

    async def CreateStudy(
        self, request: pb.CreateStudyRequest, context: Context
    ) -> pb.CreateStudyResponse:
        async with wire.errors_as_status(context):
            document = request_to_json(request)
            check_values(document)
            study = await self._app.create_study(document, request.idempotency_key)
        return pb.CreateStudyResponse(study=view_to_proto(study))

    async def GetStudy(self, request: pb.GetStudyRequest, context: Context) -> pb.GetStudyResponse:
        async with wire.errors_as_status(context):
            study = await self._app.get_study(request.study_id)
        return pb.GetStudyResponse(study=view_to_proto(study))

    async def ListStudies(
        self, request: pb.ListStudiesRequest, context: Context
    ) -> pb.ListStudiesResponse:
        async with wire.errors_as_status(context):
            studies, token = await self._app.list_studies(
                request.page_size or _DEFAULT_PAGE, request.page_token
            )
        return pb.ListStudiesResponse(
            studies=[view_to_proto(each) for each in studies], next_page_token=token
        )

    async def ListTrials(
        self, request: pb.ListTrialsRequest, context: Context
    ) -> pb.ListTrialsResponse:
        async with wire.errors_as_status(context):
            page = await self._app.list_trials(request.study_id, _query(request))
        return pb.ListTrialsResponse(
            trials=[wire.trial_to_proto(trial) for trial in page.trials],
            next_page_token=page.next_page_token,
            total_size=page.total_size,
        )

    async def ListCohorts(
        self, request: pb.ListCohortsRequest, context: Context
    ) -> pb.ListCohortsResponse:
        async with wire.errors_as_status(context):
            page = await self._app.list_cohorts(
                request.study_id, request.page_size or _DEFAULT_PAGE, request.page_token
            )
        return pb.ListCohortsResponse(
            cohorts=[wire.cohort_to_proto(cohort) for cohort in page.cohorts],
            next_page_token=page.next_page_token,
            total_size=page.total_size,
        )

    async def GetTrial(self, request: pb.GetTrialRequest, context: Context) -> pb.GetTrialResponse:
        async with wire.errors_as_status(context):
            trial, curve = await self._app.get_trial(request.study_id, request.number)
        return pb.GetTrialResponse(
            trial=wire.trial_to_proto(trial), curve=[_point_to_proto(point) for point in curve]
        )

    async def WatchStudy(
        self, request: pb.WatchStudyRequest, context: Context
    ) -> AsyncIterator[pb.WatchStudyResponse]:
        async with (
            wire.errors_as_status(context),
            closing_stream(self._app.follow(request.study_id, request.after)) as events,
        ):
            async for event in events:
                yield pb.WatchStudyResponse(event=wire.event_to_proto(event))

    async def SuspendStudy(
        self, request: pb.SuspendStudyRequest, context: Context
    ) -> pb.SuspendStudyResponse:
        study = await self._move(request.study_id, StudyVerb.SUSPEND, context)
        return pb.SuspendStudyResponse(study=study)

    async def ResumeStudy(
        self, request: pb.ResumeStudyRequest, context: Context
    ) -> pb.ResumeStudyResponse:
        study = await self._move(request.study_id, StudyVerb.RESUME, context)
        return pb.ResumeStudyResponse(study=study)

    async def StopStudy(
        self, request: pb.StopStudyRequest, context: Context
    ) -> pb.StopStudyResponse:
        study = await self._move(request.study_id, StudyVerb.STOP, context)
        return pb.StopStudyResponse(study=study)

    async def CancelStudy(
        self, request: pb.CancelStudyRequest, context: Context
    ) -> pb.CancelStudyResponse:
        study = await self._move(request.study_id, StudyVerb.CANCEL, context)
        return pb.CancelStudyResponse(study=study)

    async def _move(self, study_id: str, verb: StudyVerb, context: Context) -> pb.StudyView:
        async with wire.errors_as_status(context):
            study = await self._app.move_study(study_id, verb)
        return view_to_proto(study)


def request_to_json(request: pb.CreateStudyRequest) -> JsonObject:
    """The document that REST would be sent; what the message leaves out is left out.

    :raises Malformed: for an enum's number that this version doesn't know.
    """
    budget: dict[str, JsonValue] = {
        name: getattr(request.budget, name)
        for name in ("max_trials", "max_epochs", "time_seconds")
        if request.budget.HasField(name)
    }
    parts: dict[str, JsonValue] = {
        "dataset_id": request.dataset_id or None,
        "target": request.target or None,
        "name": request.name or None,
        "task": wire.enum_from_proto(request.task, dataset_pb2.Task, Task),
        "preset": request.preset or None,
        "space": wire.struct_to_json(request.space) if request.HasField("space") else None,
        "search": wire.enum_from_proto(request.search, pb.Search, Search),
        "recipe": wire.enum_from_proto(request.recipe, design_pb2.RecipeName, RecipeName),
        "engine": wire.enum_from_proto(request.engine, pb.Engine, Engine),
        "seed": request.seed if request.HasField("seed") else None,
        "column_kinds": {
            name: wire.required_enum(kind, dataset_pb2.ColumnKind, ColumnKind)
            for name, kind in request.column_kinds.items()
        }
        or None,
        "budget": budget or None,
        "halving": _halving_to_json(request),
    }
    return {name: value for name, value in parts.items() if value is not None}


def _halving_to_json(request: pb.CreateStudyRequest) -> JsonValue:
    match request.WhichOneof("halving_choice"):
        case "halving":
            rule = request.halving
            return {"factor": rule.factor, "min_epochs": rule.min_epochs}
        case "halving_mode":
            return wire.enum_from_proto(request.halving_mode, pb.HalvingMode, HalvingMode)
        case _:
            return None


def view_to_proto(study: NamedStudy) -> pb.StudyView:
    view = study.view
    return pb.StudyView(
        # The trace of whoever created it is nobody else's business; the table's shape, an estimate,
        # is the scheduler's.
        study=wire.study_to_proto(replace(view.study, traceparent="", table=None)),
        progress=wire.progress_to_proto(view.progress),
        best=None if view.best is None else wire.trial_to_proto(view.best),
        seq=view.seq,
    )


def _query(request: pb.ListTrialsRequest) -> TrialQuery:
    defaults = TrialQuery()
    return TrialQuery(
        request.order_by or defaults.order_by,
        request.page_size or defaults.page_size,
        request.page_token,
        frozenset(wire.required_enum(each, pb.TrialState, TrialState) for each in request.states),
    )


def _point_to_proto(point: CurvePoint) -> pb.CurvePoint:
    return pb.CurvePoint(
        epoch=point.epoch,
        train_loss=point.train_loss,
        val_loss=point.val_loss,
        score_val=point.score_val,
        elapsed_seconds=point.elapsed_seconds,
    )
