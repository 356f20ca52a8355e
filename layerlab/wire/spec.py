"""What a user asks of a study."""

from __future__ import annotations

import json
from functools import lru_cache

from google.protobuf.struct_pb2 import Struct

from layerlab.domain.constraints import Constraints
from layerlab.domain.dataset import ColumnKind, Task
from layerlab.domain.halving import Halving
from layerlab.domain.json_value import canonical
from layerlab.domain.metric import Metric, default_metric
from layerlab.domain.recipe import RecipeName
from layerlab.domain.space import DEFAULT_SPACE, SearchSpace
from layerlab.domain.space_document import parse_space
from layerlab.domain.spec import (
    Budget,
    Engine,
    Replay,
    Search,
    StudyKind,
    StudySpec,
    TrialKey,
    VerdictMode,
)
from layerlab.domain.splitting import DEFAULT_FOLDS, SplitMethod, SplitSpec
from layerlab.v1 import dataset_pb2, design_pb2
from layerlab.v1 import study_pb2 as pb
from layerlab.wire.design import design_from_proto, design_to_proto
from layerlab.wire.enums import enum_from_proto, enum_to_proto, required_enum
from layerlab.wire.values import optional, struct_from_json, struct_to_json


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
        recipe=enum_to_proto(spec.recipe, design_pb2.RecipeName),
        engine=enum_to_proto(spec.engine, pb.Engine),
        seed=spec.seed,
        column_kinds={
            name: enum_to_proto(kind, dataset_pb2.ColumnKind)
            for name, kind in spec.column_kinds.items()
        },
        halving=_halving_to_proto(spec.halving),
        metric=enum_to_proto(spec.metric, pb.Metric),
        split=split_spec_to_proto(spec.split),
        constraints=pb.Constraints(
            max_params=spec.constraints.max_params,
            max_trial_seconds=spec.constraints.max_trial_seconds,
        ),
        designs=[design_to_proto(each) for each in spec.designs],
        verdict=enum_to_proto(spec.verdict, pb.VerdictMode),
        kind=enum_to_proto(spec.kind, pb.StudyKind),
        replay=_replay_to_proto(spec.replay),
    )


def _halving_to_proto(halving: Halving | None) -> pb.Halving | None:
    if halving is None:
        return None
    return pb.Halving(factor=halving.factor, min_epochs=halving.min_epochs)


def spec_from_proto(message: pb.StudySpec) -> StudySpec:
    task = required_enum(message.task, dataset_pb2.Task, Task)
    return StudySpec(
        dataset_id=message.dataset_id,
        target=message.target,
        task=task,
        space=_space_from_proto(message.space.SerializeToString(deterministic=True)),
        budget=Budget(
            max_trials=optional(message.budget, "max_trials"),
            max_epochs=message.budget.max_epochs,
            time_seconds=optional(message.budget, "time_seconds"),
        ),
        name=message.name,
        preset=message.preset,
        search=required_enum(message.search, pb.Search, Search),
        recipe=required_enum(message.recipe, design_pb2.RecipeName, RecipeName),
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
        metric=enum_from_proto(message.metric, pb.Metric, Metric) or default_metric(task),
        split=split_spec_from_proto(message.split),
        constraints=Constraints(
            optional(message.constraints, "max_params"),
            optional(message.constraints, "max_trial_seconds"),
        ),
        designs=tuple(design_from_proto(each) for each in message.designs),
        # A message from an older version says nothing, and means neither more nor less than that.
        verdict=enum_from_proto(message.verdict, pb.VerdictMode, VerdictMode) or VerdictMode.OFF,
        kind=enum_from_proto(message.kind, pb.StudyKind, StudyKind) or StudyKind.STUDY,
        replay=_replay_from_proto(message.replay) if message.HasField("replay") else None,
    )


def split_spec_to_proto(split: SplitSpec) -> pb.SplitSpec:
    return pb.SplitSpec(
        method=enum_to_proto(split.method, pb.SplitMethod), column=split.column, folds=split.folds
    )


def split_spec_from_proto(message: pb.SplitSpec) -> SplitSpec:
    method = enum_from_proto(message.method, pb.SplitMethod, SplitMethod)
    return SplitSpec(
        method or SplitMethod.STRATIFIED, message.column, message.folds or DEFAULT_FOLDS
    )


def _replay_to_proto(replay: Replay | None) -> pb.Replay | None:
    if replay is None:
        return None
    source = replay.model_of
    return pb.Replay(
        seed=replay.seed,
        repeat=replay.repeat,
        share=replay.share,
        epochs=replay.epochs,
        evaluates=replay.evaluates,
        model_of=(pb.TrialKey(study_id=source.study_id, number=source.number) if source else None),
    )


def _replay_from_proto(message: pb.Replay) -> Replay:
    source = message.model_of
    return Replay(
        message.seed,
        message.repeat,
        message.share,
        message.epochs,
        message.evaluates,
        TrialKey(source.study_id, source.number) if message.HasField("model_of") else None,
    )


# A study's space goes with each of its deltas and each claim, and takes long to read.
@lru_cache(maxsize=256)
def _space_to_proto(document: str) -> Struct:
    return struct_from_json(json.loads(document))


@lru_cache(maxsize=256)
def _space_from_proto(struct: bytes) -> SearchSpace:
    return parse_space(struct_to_json(Struct.FromString(struct)), DEFAULT_SPACE)
