"""Designs, studies, trials and events."""

from __future__ import annotations

import json
from functools import lru_cache

from google.protobuf.struct_pb2 import Struct

from layerlab.domain.dataset import ColumnKind, Task
from layerlab.domain.design import (
    DEFAULT_MOMENTUM,
    Activation,
    ClassWeight,
    Design,
    Norm,
    Optimizer,
    Schedule,
)
from layerlab.domain.event import Event, EventType
from layerlab.domain.halving import Halving
from layerlab.domain.json_value import canonical
from layerlab.domain.problem import Malformed
from layerlab.domain.recipe import RecipeName
from layerlab.domain.space import DEFAULT_SPACE, SearchSpace
from layerlab.domain.space_document import parse_space
from layerlab.domain.study import Budget, Engine, Progress, Search, Study, StudySpec, Trial
from layerlab.domain.table_shape import TableShape
from layerlab.domain.trial import FailureReason, StopReason, StudyState, TrialState
from layerlab.v1 import dataset_pb2, design_pb2
from layerlab.v1 import study_pb2 as pb
from layerlab.wire.enums import enum_from_proto, enum_to_proto, required_enum
from layerlab.wire.values import (
    optional,
    optional_time,
    struct_from_json,
    struct_to_json,
    time_from_proto,
    time_to_proto,
)


def design_to_proto(design: Design) -> design_pb2.Design:
    return design_pb2.Design(
        hidden=design.hidden,
        activation=enum_to_proto(design.activation, design_pb2.Activation),
        norm=enum_to_proto(design.norm, design_pb2.Norm),
        dropout=design.dropout,
        residual=design.residual,
        optimizer=enum_to_proto(design.optimizer, design_pb2.Optimizer),
        learning_rate=design.learning_rate,
        weight_decay=design.weight_decay,
        batch_size=design.batch_size,
        momentum=design.momentum,
        schedule=enum_to_proto(design.schedule, design_pb2.Schedule),
        warmup_epochs=design.warmup_epochs,
        class_weight=enum_to_proto(design.class_weight, design_pb2.ClassWeight),
    )


def design_from_proto(message: design_pb2.Design) -> Design:
    """What a message from an older version lacks has its default."""
    momentum = optional(message, "momentum")
    schedule = enum_from_proto(message.schedule, design_pb2.Schedule, Schedule)
    class_weight = enum_from_proto(message.class_weight, design_pb2.ClassWeight, ClassWeight)
    return Design(
        hidden=tuple(message.hidden),
        activation=required_enum(message.activation, design_pb2.Activation, Activation),
        norm=required_enum(message.norm, design_pb2.Norm, Norm),
        dropout=message.dropout,
        residual=message.residual,
        optimizer=required_enum(message.optimizer, design_pb2.Optimizer, Optimizer),
        learning_rate=message.learning_rate,
        weight_decay=message.weight_decay,
        batch_size=message.batch_size,
        momentum=DEFAULT_MOMENTUM if momentum is None else momentum,
        schedule=schedule or Schedule.CONSTANT,
        warmup_epochs=message.warmup_epochs,
        class_weight=class_weight or ClassWeight.NONE,
    )


def spec_to_proto(spec: StudySpec) -> pb.StudySpec:
    return pb.StudySpec(
        dataset_id=spec.dataset_id,
        target=spec.target,
        task=enum_to_proto(spec.task, dataset_pb2.Task),
        space=_space_to_proto(canonical(spec.space.to_json())),
        budget=pb.Budget(
            max_trials=spec.budget.max_trials,
            max_epochs=spec.budget.max_epochs,
            time_seconds=spec.budget.time_seconds,
        ),
        name=spec.name,
        preset=spec.preset,
        search=enum_to_proto(spec.search, pb.Search),
        recipe=enum_to_proto(spec.recipe, pb.RecipeName),
        engine=enum_to_proto(spec.engine, pb.Engine),
        seed=spec.seed,
        column_kinds={
            name: enum_to_proto(kind, dataset_pb2.ColumnKind)
            for name, kind in spec.column_kinds.items()
        },
        halving=_halving_to_proto(spec.halving),
    )


def _halving_to_proto(halving: Halving | None) -> pb.Halving | None:
    if halving is None:
        return None
    return pb.Halving(factor=halving.factor, min_epochs=halving.min_epochs)


def spec_from_proto(message: pb.StudySpec) -> StudySpec:
    return StudySpec(
        dataset_id=message.dataset_id,
        target=message.target,
        task=required_enum(message.task, dataset_pb2.Task, Task),
        space=_space_from_proto(message.space.SerializeToString(deterministic=True)),
        budget=Budget(
            max_trials=optional(message.budget, "max_trials"),
            max_epochs=message.budget.max_epochs,
            time_seconds=optional(message.budget, "time_seconds"),
        ),
        name=message.name,
        preset=message.preset,
        search=required_enum(message.search, pb.Search, Search),
        recipe=required_enum(message.recipe, pb.RecipeName, RecipeName),
        engine=required_enum(message.engine, pb.Engine, Engine),
        seed=message.seed,
        column_kinds={
            name: required_enum(kind, dataset_pb2.ColumnKind, ColumnKind)
            for name, kind in message.column_kinds.items()
        },
        halving=(
            Halving(message.halving.factor, message.halving.min_epochs)
            if message.HasField("halving")
            else None
        ),
    )


# A study's space goes with each of its deltas and each claim, and takes long to read.
@lru_cache(maxsize=256)
def _space_to_proto(document: str) -> Struct:
    return struct_from_json(json.loads(document))


@lru_cache(maxsize=256)
def _space_from_proto(struct: bytes) -> SearchSpace:
    return parse_space(struct_to_json(Struct.FromString(struct)), DEFAULT_SPACE)


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
    )


def progress_to_proto(progress: Progress) -> pb.Progress:
    return pb.Progress(
        done=progress.done,
        total=progress.total,
        running=progress.running,
        elapsed_seconds=progress.elapsed_seconds,
        eta_low_seconds=progress.eta_low_seconds,
        eta_high_seconds=progress.eta_high_seconds,
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
