"""The message that creates a study, as the document that REST would be sent."""

from __future__ import annotations

from layerlab import wire
from layerlab.domain.dataset import ColumnKind, Task
from layerlab.domain.json_value import JsonObject, JsonValue
from layerlab.domain.metric import Metric
from layerlab.domain.recipe import RecipeName
from layerlab.domain.spec import Engine, Search, VerdictMode
from layerlab.v1 import dataset_pb2, design_pb2
from layerlab.v1 import study_pb2 as pb
from services.gateway.halving_request import HalvingMode


def create_request_to_json(request: pb.CreateStudyRequest) -> JsonObject:
    """The document that REST would be sent; what the message leaves out is left out.

    :raises Malformed: for an enum's number that this version doesn't know.
    """
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
        "budget": _given(request.budget, "max_trials", "max_epochs", "time_seconds"),
        "halving": _halving_to_json(request),
        "metric": wire.enum_from_proto(request.metric, pb.Metric, Metric),
        "split": _split_to_json(request.split) if request.HasField("split") else None,
        "constraints": _given(request.constraints, "max_params", "max_trial_seconds"),
        "designs": [wire.struct_to_json(each) for each in request.designs] or None,
        "verdict": wire.enum_from_proto(request.verdict, pb.VerdictMode, VerdictMode),
        "estimate_id": request.estimate_id or None,
    }
    return {name: value for name, value in parts.items() if value is not None}


def _given(message: pb.Budget | pb.Constraints, *names: str) -> JsonValue:
    """The fields that are there; None without any."""
    fields = {name: getattr(message, name) for name in names if message.HasField(name)}  # type: ignore[arg-type]  # Names of its own.
    return fields or None


def _split_to_json(split: pb.SplitSpec) -> JsonValue:
    asked = wire.split_spec_from_proto(split)
    return {
        "method": asked.method.value,
        "column": asked.column or None,
        "folds": asked.folds,
    }


def _halving_to_json(request: pb.CreateStudyRequest) -> JsonValue:
    match request.WhichOneof("halving_choice"):
        case "halving":
            rule = request.halving
            return {"factor": rule.factor, "min_epochs": rule.min_epochs}
        case "halving_mode":
            return wire.enum_from_proto(request.halving_mode, pb.HalvingMode, HalvingMode)
        case _:
            return None
