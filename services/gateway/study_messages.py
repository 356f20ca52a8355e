"""What StudyService answers, as messages."""

from __future__ import annotations

from dataclasses import replace

from layerlab import wire
from layerlab.domain.json_value import JsonObject, JsonValue
from layerlab.domain.study import Purpose
from layerlab.domain.trial import StudyState, TrialState
from layerlab.v1 import cohort_pb2, design_pb2
from layerlab.v1 import study_pb2 as pb
from services.gateway.application import NamedStudy
from services.gateway.estimating import Prediction
from services.gateway.evaluating import EvaluationRun
from services.gateway.ledger import AddedDesigns, CurvePoint, StudyQuery, TrialQuery
from services.gateway.receipts import TrialReceipt
from services.gateway.replaying import TrialResult, Verification


def view_to_proto(study: NamedStudy) -> pb.StudyView:
    view = study.view
    return pb.StudyView(
        # The trace of whoever created it is nobody else's business; the table's shape, an estimate,
        # is the scheduler's.
        study=wire.study_to_proto(replace(view.study, traceparent="", table=None)),
        progress=wire.progress_to_proto(view.progress),
        best=None if view.best is None else wire.trial_to_proto(view.best),
        seq=view.seq,
        note=view.study.note,
        tags=view.study.tags,
        deleted_at=wire.time_to_proto(view.study.deleted_at),
    )


def description_to_json(request: pb.UpdateStudyRequest) -> JsonObject:
    """As REST's body: what is left out is not in it."""
    document: dict[str, JsonValue] = {
        field: getattr(request, field) for field in ("name", "note") if request.HasField(field)
    }
    if request.HasField("tags"):
        document["tags"] = list(request.tags.tags)
    return document


def studies_from_proto(request: pb.ListStudiesRequest) -> StudyQuery:
    defaults = StudyQuery()
    return StudyQuery(
        request.page_size or defaults.page_size,
        request.page_token,
        text=request.query.strip(),
        states=frozenset(
            wire.required_enum(each, pb.StudyState, StudyState) for each in request.states
        ),
        tags=frozenset(request.tags),
        deleted=request.deleted,
    )


def query_from_proto(request: pb.ListTrialsRequest) -> TrialQuery:
    defaults = TrialQuery()
    return TrialQuery(
        request.order_by or defaults.order_by,
        request.page_size or defaults.page_size,
        request.page_token,
        frozenset(wire.required_enum(each, pb.TrialState, TrialState) for each in request.states),
        frozenset(
            wire.required_enum(each, cohort_pb2.Purpose, Purpose) for each in request.purposes
        )
        or defaults.purposes,
        where=tuple(request.where),
        text=request.query.strip(),
    )


def point_to_proto(point: CurvePoint) -> pb.CurvePoint:
    return pb.CurvePoint(
        epoch=point.epoch,
        train_loss=point.train_loss,
        val_loss=point.val_loss,
        score_val=point.score_val,
        elapsed_seconds=point.elapsed_seconds,
    )


def added_to_proto(answer: AddedDesigns) -> pb.AddDesignsResponse:
    return pb.AddDesignsResponse(
        added=[wire.design_to_proto(each) for each in answer.added],
        known=[
            pb.KnownDesign(design=wire.design_to_proto(each.design), number=each.number)
            for each in answer.known
        ],
    )


def receipt_to_proto(entry: TrialReceipt) -> pb.GetReceiptResponse:
    return pb.GetReceiptResponse(
        dataset_id=entry.dataset_id,
        recipe=wire.enum_to_proto(entry.recipe, design_pb2.RecipeName),
        receipt=wire.receipt_to_proto(entry.receipt),
        trial=wire.trial_to_proto(entry.trial),
    )


def verification_to_proto(verification: Verification) -> pb.Verification:
    got = verification.got
    return pb.Verification(
        verification_id=verification.verification_id,
        state=wire.enum_to_proto(verification.state, pb.VerificationState),
        expected=_result_to_proto(verification.expected),
        got=None if got is None else _result_to_proto(got),
        differences=verification.differences,
        same_machine=verification.same_machine,
        detail=verification.detail,
    )


def run_to_proto(run: EvaluationRun) -> pb.EvaluationRun:
    return pb.EvaluationRun(
        evaluation_id=run.evaluation_id,
        state=wire.enum_to_proto(run.state, pb.EvaluationState),
        detail=run.detail,
    )


def _result_to_proto(result: TrialResult) -> pb.TrialResult:
    return pb.TrialResult(
        score_val=result.score_val,
        val_loss=result.val_loss,
        best_epoch=result.best_epoch,
        epochs=result.epochs,
    )


def prediction_to_proto(prediction: Prediction) -> pb.EstimateStudyResponse:
    probe = prediction.probe
    return pb.EstimateStudyResponse(
        estimate=wire.estimate_to_proto(prediction.estimate),
        designs=prediction.designs,
        probe=None
        if probe is None
        else pb.Probe(study_id=probe.study_id, seconds=probe.seconds, trials=probe.trials),
    )
