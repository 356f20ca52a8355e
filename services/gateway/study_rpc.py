"""The public StudyService: the same functions as REST's /v1/studies."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, TypeAlias

import grpc

from layerlab import wire
from layerlab.domain.evaluation import EvaluatedRows
from layerlab.domain.verdict_document import verdict_to_json
from layerlab.v1 import evaluation_pb2, study_pb2_grpc
from layerlab.v1 import study_pb2 as pb
from services.gateway.application import Application
from services.gateway.create_message import create_request_to_json
from services.gateway.ledger import StudyVerb
from services.gateway.streams import closing_stream
from services.gateway.strict_json import check_values
from services.gateway.study_description import parse_description
from services.gateway.study_messages import (
    added_to_proto,
    description_to_json,
    point_to_proto,
    prediction_to_proto,
    query_from_proto,
    receipt_to_proto,
    run_to_proto,
    studies_from_proto,
    verification_to_proto,
    view_to_proto,
)
from services.gateway.study_request import DesignsRequest, parse_as
from services.gateway.verdicts import verdict_of
from services.gateway.verifying import DEFAULT_WAIT_SECONDS, wait_seconds

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]

_DEFAULT_PAGE = 100


class StudyServicer(study_pb2_grpc.StudyServiceServicer):
    def __init__(self, app: Application) -> None:
        self._app = app

    async def CreateStudy(
        self, request: pb.CreateStudyRequest, context: Context
    ) -> pb.CreateStudyResponse:
        async with wire.errors_as_status(context):
            document = create_request_to_json(request)
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
            studies, token = await self._app.list_studies(studies_from_proto(request))
        return pb.ListStudiesResponse(
            studies=[view_to_proto(each) for each in studies], next_page_token=token
        )

    async def UpdateStudy(
        self, request: pb.UpdateStudyRequest, context: Context
    ) -> pb.UpdateStudyResponse:
        async with wire.errors_as_status(context):
            description = parse_description(description_to_json(request))
            study = await self._app.describe_study(request.study_id, description)
        return pb.UpdateStudyResponse(study=view_to_proto(study))

    async def DeleteStudy(
        self, request: pb.DeleteStudyRequest, context: Context
    ) -> pb.DeleteStudyResponse:
        async with wire.errors_as_status(context):
            study = await self._app.delete_study(request.study_id)
        return pb.DeleteStudyResponse(study=view_to_proto(study))

    async def RestoreStudy(
        self, request: pb.RestoreStudyRequest, context: Context
    ) -> pb.RestoreStudyResponse:
        async with wire.errors_as_status(context):
            study = await self._app.restore_study(request.study_id)
        return pb.RestoreStudyResponse(study=view_to_proto(study))

    async def ListTrials(
        self, request: pb.ListTrialsRequest, context: Context
    ) -> pb.ListTrialsResponse:
        async with wire.errors_as_status(context):
            page = await self._app.list_trials(request.study_id, query_from_proto(request))
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
            trial, curve = await self._app.get_trial(
                request.study_id, request.number, request.max_points
            )
        return pb.GetTrialResponse(
            trial=wire.trial_to_proto(trial), curve=[point_to_proto(point) for point in curve]
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

    async def GetVerdict(
        self, request: pb.GetVerdictRequest, context: Context
    ) -> pb.GetVerdictResponse:
        async with wire.errors_as_status(context):
            study = (await self._app.get_study(request.study_id)).view.study
            verdict = verdict_to_json(verdict_of(study))
        return pb.GetVerdictResponse(
            study_id=study.study_id,
            state=wire.enum_to_proto(study.state, pb.StudyState),
            verdict=wire.struct_from_json(verdict),
        )

    async def AddDesigns(
        self, request: pb.AddDesignsRequest, context: Context
    ) -> pb.AddDesignsResponse:
        async with wire.errors_as_status(context):
            documents = [wire.struct_to_json(each) for each in request.designs]
            asked = parse_as(DesignsRequest, {"designs": documents})
            added = await self._app.designs.add(
                request.study_id, asked.designs, request.idempotency_key
            )
        return added_to_proto(added)

    async def EstimateStudy(
        self, request: pb.EstimateStudyRequest, context: Context
    ) -> pb.EstimateStudyResponse:
        async with wire.errors_as_status(context):
            document = create_request_to_json(request.study)
            check_values(document)
            prediction = await self._app.estimate_study(document)
        return prediction_to_proto(prediction)

    async def GetReceipt(
        self, request: pb.GetReceiptRequest, context: Context
    ) -> pb.GetReceiptResponse:
        async with wire.errors_as_status(context):
            receipt = await self._app.get_receipt(request.study_id, request.number)
        return receipt_to_proto(receipt)

    async def VerifyTrial(
        self, request: pb.VerifyTrialRequest, context: Context
    ) -> pb.VerifyTrialResponse:
        async with wire.errors_as_status(context):
            wait = request.wait_seconds if request.HasField("wait_seconds") else None
            verification = await self._app.verifier.verify(
                request.study_id, request.number, wait_seconds(wait, DEFAULT_WAIT_SECONDS)
            )
        return pb.VerifyTrialResponse(verification=verification_to_proto(verification))

    async def GetVerification(
        self, request: pb.GetVerificationRequest, context: Context
    ) -> pb.GetVerificationResponse:
        async with wire.errors_as_status(context):
            wait = request.wait_seconds if request.HasField("wait_seconds") else None
            verification = await self._app.verifier.look(
                request.study_id, request.number, request.verification_id, wait_seconds(wait, 0.0)
            )
        return pb.GetVerificationResponse(verification=verification_to_proto(verification))

    async def GetEvaluation(
        self, request: pb.GetEvaluationRequest, context: Context
    ) -> pb.GetEvaluationResponse:
        async with wire.errors_as_status(context):
            rows = wire.enum_from_proto(request.rows, evaluation_pb2.EvaluatedRows, EvaluatedRows)
            found = await self._app.evaluator.find(request.study_id, request.number, rows)
        return pb.GetEvaluationResponse(evaluation=wire.evaluation_to_proto(found))

    async def EvaluateTrial(
        self, request: pb.EvaluateTrialRequest, context: Context
    ) -> pb.EvaluateTrialResponse:
        async with wire.errors_as_status(context):
            wait = request.wait_seconds if request.HasField("wait_seconds") else None
            run = await self._app.evaluator.evaluate(
                request.study_id, request.number, wait_seconds(wait, DEFAULT_WAIT_SECONDS)
            )
        return pb.EvaluateTrialResponse(run=run_to_proto(run))

    async def _move(self, study_id: str, verb: StudyVerb, context: Context) -> pb.StudyView:
        async with wire.errors_as_status(context):
            study = await self._app.move_study(study_id, verb)
        return view_to_proto(study)
