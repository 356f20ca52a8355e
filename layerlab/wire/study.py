"""Studies, trials and events."""

from __future__ import annotations

from dataclasses import asdict

from layerlab.domain.baseline import Baseline
from layerlab.domain.estimate import Estimate
from layerlab.domain.event import Event, EventType
from layerlab.domain.problem import Malformed
from layerlab.domain.spec import Engine
from layerlab.domain.study import Progress, Purpose, Study, Trial
from layerlab.domain.table_shape import TableShape
from layerlab.domain.trial import FailureReason, StopReason, StudyState, TrialState
from layerlab.domain.verdict_document import verdict_from_json, verdict_to_json
from layerlab.v1 import cohort_pb2
from layerlab.v1 import study_pb2 as pb
from layerlab.wire.design import design_from_proto, design_to_proto
from layerlab.wire.enums import enum_from_proto, enum_to_proto, required_enum
from layerlab.wire.spec import spec_from_proto, spec_to_proto
from layerlab.wire.values import (
    optional,
    optional_time,
    struct_from_json,
    struct_to_json,
    time_from_proto,
    time_to_proto,
)


def study_to_proto(study: Study) -> pb.Study:
    return pb.Study(
        study_id=study.study_id,
        spec=spec_to_proto(study.spec),
        state=enum_to_proto(study.state, pb.StudyState),
        created_at=time_to_proto(study.created_at),
        started_at=time_to_proto(study.started_at),
        ended_at=time_to_proto(study.ended_at),
        detail=study.detail,
        traceparent=study.traceparent,
        table=_table_to_proto(study.table),
        verdict=struct_from_json(verdict_to_json(study.verdict)) if study.verdict else None,
        estimate=estimate_to_proto(study.estimate) if study.estimate else None,
    )


def study_from_proto(message: pb.Study) -> Study:
    return Study(
        study_id=message.study_id,
        spec=spec_from_proto(message.spec),
        state=required_enum(message.state, pb.StudyState, StudyState),
        created_at=time_from_proto(message.created_at),
        started_at=optional_time(message, "started_at"),
        ended_at=optional_time(message, "ended_at"),
        detail=message.detail,
        traceparent=message.traceparent,
        table=_table_from_proto(message.table) if message.HasField("table") else None,
        verdict=(
            verdict_from_json(struct_to_json(message.verdict))
            if message.HasField("verdict")
            else None
        ),
        estimate=_estimate_from_proto(message.estimate) if message.HasField("estimate") else None,
    )


def estimate_to_proto(estimate: Estimate) -> pb.Estimate:
    return pb.Estimate(**asdict(estimate))


def _estimate_from_proto(message: pb.Estimate) -> Estimate:
    return Estimate(
        message.estimate_id,
        message.seconds_low,
        message.seconds_high,
        message.bytes_low,
        message.bytes_high,
        message.trials,
        message.is_rough,
    )


def _table_to_proto(table: TableShape | None) -> pb.TableShape | None:
    if table is None:
        return None
    return pb.TableShape(
        train_rows=table.train_rows,
        val_rows=table.val_rows,
        n_inputs=table.n_inputs,
        n_outputs=table.n_outputs,
    )


def _table_from_proto(message: pb.TableShape) -> TableShape:
    return TableShape(message.train_rows, message.val_rows, message.n_inputs, message.n_outputs)


def trial_to_proto(trial: Trial) -> pb.Trial:
    return pb.Trial(
        number=trial.number,
        design=design_to_proto(trial.design),
        seed=trial.seed,
        engine=enum_to_proto(trial.engine, pb.Engine),
        cohort_id=trial.cohort_id,
        state=enum_to_proto(trial.state, pb.TrialState),
        attempt=trial.attempt,
        worker_id=trial.worker_id,
        reason=enum_to_proto(trial.reason, pb.FailureReason),
        stop_reason=enum_to_proto(trial.stop_reason, pb.StopReason),
        detail=trial.detail,
        score_val=trial.score_val,
        score_test=trial.score_test,
        val_loss=trial.val_loss,
        best_epoch=trial.best_epoch,
        epochs=trial.epochs,
        fit_time_seconds=trial.fit_time_seconds,
        n_params=trial.n_params,
        created_at=time_to_proto(trial.created_at),
        started_at=time_to_proto(trial.started_at),
        ended_at=time_to_proto(trial.ended_at),
        has_model=trial.has_model,
        purpose=enum_to_proto(trial.purpose, cohort_pb2.Purpose),
        repeat=trial.repeat,
        share=trial.share,
        baseline=enum_to_proto(trial.baseline, pb.Baseline),
    )


def trial_from_proto(message: pb.Trial) -> Trial:
    return Trial(
        number=message.number,
        design=design_from_proto(message.design),
        seed=message.seed,
        engine=required_enum(message.engine, pb.Engine, Engine),
        cohort_id=message.cohort_id,
        state=required_enum(message.state, pb.TrialState, TrialState),
        attempt=message.attempt,
        worker_id=message.worker_id,
        reason=enum_from_proto(message.reason, pb.FailureReason, FailureReason),
        stop_reason=enum_from_proto(message.stop_reason, pb.StopReason, StopReason),
        detail=message.detail,
        score_val=optional(message, "score_val"),
        score_test=optional(message, "score_test"),
        val_loss=optional(message, "val_loss"),
        best_epoch=optional(message, "best_epoch"),
        epochs=message.epochs,
        fit_time_seconds=optional(message, "fit_time_seconds"),
        n_params=optional(message, "n_params"),
        created_at=optional_time(message, "created_at"),
        started_at=optional_time(message, "started_at"),
        ended_at=optional_time(message, "ended_at"),
        has_model=message.has_model,
        purpose=enum_from_proto(message.purpose, cohort_pb2.Purpose, Purpose) or Purpose.SEARCH,
        repeat=message.repeat,
        share=message.share if message.HasField("share") else 1.0,
        baseline=enum_from_proto(message.baseline, pb.Baseline, Baseline),
    )


def progress_to_proto(progress: Progress) -> pb.Progress:
    return pb.Progress(
        done=progress.done,
        total=progress.total,
        running=progress.running,
        elapsed_seconds=progress.elapsed_seconds,
        eta_low_seconds=progress.eta_low_seconds,
        eta_high_seconds=progress.eta_high_seconds,
        phase=enum_to_proto(progress.phase, pb.StudyPhase),
        finals_done=progress.finals.done,
        finals_total=progress.finals.total,
        cancelled=progress.cancelled,
    )


def event_to_proto(event: Event) -> pb.Event:
    return pb.Event(
        seq=event.seq,
        time=time_to_proto(event.time),
        type=event.type.value,
        subject=event.subject,
        data=struct_from_json(event.data),
    )


def event_from_proto(message: pb.Event) -> Event:
    try:
        kind = EventType(message.type)
    except ValueError as error:
        raise Malformed("unknown_event", f"{message.type!r} is no known event.") from error
    return Event(
        message.seq,
        time_from_proto(message.time),
        kind,
        message.subject,
        struct_to_json(message.data),
    )
