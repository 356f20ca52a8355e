"""What the ledger, the scheduler and the trainers say to each other."""

from __future__ import annotations

from layerlab.domain.baseline import Baseline
from layerlab.domain.exchange import (
    Claim,
    ClaimOutcome,
    QueueReport,
    ReportAck,
    ReportBatch,
    StudyDelta,
)
from layerlab.domain.study import (
    Assignment,
    CohortRef,
    EpochReport,
    Proposal,
    Purpose,
    Standing,
    TestScore,
    TrialEnd,
)
from layerlab.domain.trial import FailureReason, StopReason, TrialState
from layerlab.domain.worker import HeldCohort, Worker
from layerlab.v1 import cohort_pb2, study_pb2
from layerlab.v1 import ledger_pb2 as pb
from layerlab.wire.cohort import (
    cohort_from_proto,
    cohort_to_proto,
    receipt_from_proto,
    receipt_to_proto,
    rung_from_proto,
    rung_to_proto,
    stats_from_proto,
    stats_to_proto,
)
from layerlab.wire.design import design_from_proto, design_to_proto
from layerlab.wire.enums import enum_from_proto, enum_to_proto, required_enum
from layerlab.wire.evaluation import evaluated_from_proto, evaluated_to_proto
from layerlab.wire.spec import spec_from_proto, spec_to_proto
from layerlab.wire.study import (
    study_from_proto,
    study_to_proto,
    trial_from_proto,
    trial_to_proto,
)
from layerlab.wire.values import optional, optional_time, time_from_proto, time_to_proto


def proposal_to_proto(proposal: Proposal) -> pb.Proposal:
    return pb.Proposal(
        number=proposal.number,
        design=design_to_proto(proposal.design),
        seed=proposal.seed,
        repeat=proposal.repeat,
        share=proposal.share,
        baseline=enum_to_proto(proposal.baseline, study_pb2.Baseline),
    )


def proposal_from_proto(message: pb.Proposal) -> Proposal:
    return Proposal(
        message.number,
        design_from_proto(message.design),
        message.seed,
        message.repeat,
        message.share if message.HasField("share") else 1.0,
        enum_from_proto(message.baseline, study_pb2.Baseline, Baseline),
    )


def delta_to_proto(delta: StudyDelta) -> pb.WatchStudiesResponse:
    return pb.WatchStudiesResponse(
        study=study_to_proto(delta.study),
        trials=[trial_to_proto(trial) for trial in delta.trials],
        cohorts=[cohort_to_proto(cohort) for cohort in delta.cohorts],
        seq=delta.seq,
        complete=delta.complete,
        seconds_left=delta.seconds_left,
    )


def delta_from_proto(message: pb.WatchStudiesResponse) -> StudyDelta:
    return StudyDelta(
        study=study_from_proto(message.study),
        trials=tuple(trial_from_proto(trial) for trial in message.trials),
        cohorts=tuple(cohort_from_proto(cohort) for cohort in message.cohorts),
        seq=message.seq,
        complete=message.complete,
        seconds_left=optional(message, "seconds_left"),
    )


def claim_to_proto(claim: Claim) -> pb.ClaimCohortResponse:
    return pb.ClaimCohortResponse(
        outcome=enum_to_proto(claim.outcome, pb.ClaimOutcome),
        retry_after_seconds=claim.retry_after_seconds,
        assignment=_assignment_to_proto(claim.assignment) if claim.assignment else None,
        holder_is_gone=claim.holder_is_gone,
    )


def claim_from_proto(message: pb.ClaimCohortResponse) -> Claim:
    return Claim(
        outcome=required_enum(message.outcome, pb.ClaimOutcome, ClaimOutcome),
        retry_after_seconds=message.retry_after_seconds,
        assignment=(
            _assignment_from_proto(message.assignment) if message.HasField("assignment") else None
        ),
        holder_is_gone=message.holder_is_gone,
    )


def _assignment_to_proto(assignment: Assignment) -> pb.Assignment:
    return pb.Assignment(
        study_id=assignment.study_id,
        cohort_id=assignment.cohort_id,
        purpose=enum_to_proto(assignment.purpose, cohort_pb2.Purpose),
        attempt=assignment.attempt,
        lease_seconds=assignment.lease_seconds,
        spec=spec_to_proto(assignment.spec),
        lanes=[proposal_to_proto(lane) for lane in assignment.lanes],
        seconds_left=assignment.seconds_left,
        best=_standing_to_proto(assignment.best),
        rungs=[rung_to_proto(rung) for rung in assignment.rungs],
    )


def _standing_to_proto(standing: Standing | None) -> pb.Standing | None:
    if standing is None:
        return None
    return pb.Standing(score=standing.score, n_params=standing.n_params, number=standing.number)


def _assignment_from_proto(message: pb.Assignment) -> Assignment:
    best = message.best
    return Assignment(
        study_id=message.study_id,
        cohort_id=message.cohort_id,
        purpose=required_enum(message.purpose, cohort_pb2.Purpose, Purpose),
        attempt=message.attempt,
        lease_seconds=message.lease_seconds,
        spec=spec_from_proto(message.spec),
        lanes=tuple(proposal_from_proto(lane) for lane in message.lanes),
        seconds_left=optional(message, "seconds_left"),
        best=(
            Standing(best.score, best.n_params, best.number) if message.HasField("best") else None
        ),
        rungs=tuple(rung_from_proto(rung) for rung in message.rungs),
    )


def batch_to_proto(cohort: CohortRef, attempt: int, batch: ReportBatch) -> pb.ReportCohortRequest:
    return pb.ReportCohortRequest(
        study_id=cohort.study_id,
        cohort_id=cohort.cohort_id,
        attempt=attempt,
        message_number=batch.message_number,
        epochs=[_epoch_to_proto(report) for report in batch.epochs],
        ends=[_end_to_proto(end) for end in batch.ends],
        test_scores=[
            pb.TestScore(number=each.number, score=each.score, rows=each.rows)
            for each in batch.test_scores
        ],
        stats=stats_to_proto(batch.stats),
        receipt=receipt_to_proto(batch.receipt),
        evaluated=[evaluated_to_proto(each) for each in batch.evaluated],
    )


def batch_from_proto(message: pb.ReportCohortRequest) -> tuple[CohortRef, int, ReportBatch]:
    """The cohort and the attempt that the batch is of, and the batch."""
    batch = ReportBatch(
        message_number=message.message_number,
        epochs=tuple(_epoch_from_proto(report) for report in message.epochs),
        ends=tuple(_end_from_proto(end) for end in message.ends),
        test_scores=tuple(
            TestScore(each.number, each.score, each.rows) for each in message.test_scores
        ),
        stats=stats_from_proto(message.stats) if message.HasField("stats") else None,
        receipt=receipt_from_proto(message.receipt) if message.HasField("receipt") else None,
        evaluated=tuple(evaluated_from_proto(each) for each in message.evaluated),
    )
    return CohortRef(message.study_id, message.cohort_id), message.attempt, batch


def _epoch_to_proto(report: EpochReport) -> pb.EpochReport:
    return pb.EpochReport(
        number=report.number,
        epoch=report.epoch,
        train_loss=report.train_loss,
        val_loss=report.val_loss,
        score_val=report.score_val,
        elapsed_seconds=report.elapsed_seconds,
    )


def _epoch_from_proto(message: pb.EpochReport) -> EpochReport:
    return EpochReport(
        number=message.number,
        epoch=message.epoch,
        train_loss=optional(message, "train_loss"),
        val_loss=optional(message, "val_loss"),
        score_val=optional(message, "score_val"),
        elapsed_seconds=message.elapsed_seconds,
    )


def _end_to_proto(end: TrialEnd) -> pb.TrialEnd:
    return pb.TrialEnd(
        number=end.number,
        state=enum_to_proto(end.state, study_pb2.TrialState),
        reason=enum_to_proto(end.reason, study_pb2.FailureReason),
        stop_reason=enum_to_proto(end.stop_reason, study_pb2.StopReason),
        detail=end.detail,
        score_val=end.score_val,
        val_loss=end.val_loss,
        best_epoch=end.best_epoch,
        epochs=end.epochs,
        fit_time_seconds=end.fit_time_seconds,
        n_params=end.n_params,
        has_model=end.has_model,
    )


def _end_from_proto(message: pb.TrialEnd) -> TrialEnd:
    return TrialEnd(
        number=message.number,
        state=required_enum(message.state, study_pb2.TrialState, TrialState),
        reason=enum_from_proto(message.reason, study_pb2.FailureReason, FailureReason),
        stop_reason=enum_from_proto(message.stop_reason, study_pb2.StopReason, StopReason),
        detail=message.detail,
        score_val=optional(message, "score_val"),
        val_loss=optional(message, "val_loss"),
        best_epoch=optional(message, "best_epoch"),
        epochs=message.epochs,
        fit_time_seconds=message.fit_time_seconds,
        n_params=optional(message, "n_params"),
        has_model=message.has_model,
    )


def ack_to_proto(ack: ReportAck) -> pb.ReportCohortResponse:
    return pb.ReportCohortResponse(
        acknowledged=ack.acknowledged,
        stale=ack.stale,
        cancelled=ack.cancelled,
        stop_trials=ack.stop_trials,
    )


def ack_from_proto(message: pb.ReportCohortResponse) -> ReportAck:
    return ReportAck(
        message.acknowledged, message.stale, message.cancelled, tuple(message.stop_trials)
    )


def worker_to_proto(worker: Worker) -> pb.Worker:
    return pb.Worker(
        worker_id=worker.worker_id,
        incarnation=worker.incarnation,
        host=worker.host,
        pid=worker.pid,
        device=worker.device,
        threads=worker.threads,
        version=worker.version,
        heartbeat_at=time_to_proto(worker.heartbeat_at),
        study_id=worker.study_id,
        cohort_id=worker.cohort_id,
        attempt=worker.attempt,
        draining=worker.draining,
        disconnected_at=time_to_proto(worker.disconnected_at),
        also_holds=[
            pb.HeldCohort(study_id=each.study_id, cohort_id=each.cohort_id, attempt=each.attempt)
            for each in worker.also_holds
        ],
        memory_bytes=worker.memory_bytes,
    )


def worker_from_proto(message: pb.Worker) -> Worker:
    return Worker(
        worker_id=message.worker_id,
        incarnation=message.incarnation,
        host=message.host,
        pid=message.pid,
        device=message.device,
        threads=message.threads,
        version=message.version,
        heartbeat_at=time_from_proto(message.heartbeat_at),
        study_id=message.study_id,
        cohort_id=message.cohort_id,
        attempt=message.attempt,
        draining=message.draining,
        disconnected_at=optional_time(message, "disconnected_at"),
        also_holds=tuple(
            HeldCohort(each.study_id, each.cohort_id, each.attempt) for each in message.also_holds
        ),
        memory_bytes=optional(message, "memory_bytes"),
    )


def queue_report_to_proto(report: QueueReport) -> pb.QueueReport:
    return pb.QueueReport(
        broker=report.broker,
        ready=report.ready,
        dead=report.dead,
        consumers=report.consumers,
    )


def queue_report_from_proto(message: pb.QueueReport) -> QueueReport:
    return QueueReport(message.broker, message.ready, message.dead, message.consumers)
