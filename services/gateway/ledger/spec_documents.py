"""What a user asked of a study, as JSON: in the log, in snapshots and in public answers."""

from __future__ import annotations

from dataclasses import asdict

from layerlab.domain.constraints import Constraints
from layerlab.domain.dataset import ColumnKind, Task
from layerlab.domain.design import Design
from layerlab.domain.json_value import JsonValue
from layerlab.domain.metric import Metric, default_metric
from layerlab.domain.recipe import RecipeName
from layerlab.domain.space import DEFAULT_SPACE
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
from layerlab.domain.splitting import SplitMethod, SplitSpec
from services.gateway.ledger.doc import Doc
from services.gateway.ledger.halving_documents import halving_from_json, halving_to_json


def spec_to_json(spec: StudySpec) -> dict[str, JsonValue]:
    """The request for a study, with every default filled in."""
    return {
        "name": spec.name,
        "dataset_id": spec.dataset_id,
        "target": spec.target,
        "task": spec.task.value,
        "preset": spec.preset,
        "space": spec.space.to_json(),
        "search": spec.search.value,
        "recipe": spec.recipe.value,
        "engine": spec.engine.value,
        "seed": spec.seed,
        "column_kinds": {name: kind.value for name, kind in spec.column_kinds.items()},
        "halving": halving_to_json(spec.halving),
        "metric": spec.metric.value,
        "split": {
            "method": spec.split.method.value,
            "column": spec.split.column or None,
            "folds": spec.split.folds,
        },
        "constraints": {
            "max_params": spec.constraints.max_params,
            "max_trial_seconds": spec.constraints.max_trial_seconds,
        },
        "designs": [design.to_json() for design in spec.designs],
        "verdict": spec.verdict.value,
        "kind": spec.kind.value,
        "replay": _replay_to_json(spec.replay),
        "budget": {
            "max_trials": spec.budget.max_trials,
            "max_epochs": spec.budget.max_epochs,
            "time_seconds": spec.budget.time_seconds,
        },
    }


def spec_from_json(value: JsonValue) -> StudySpec:
    """The inverse of `spec_to_json`; a request that leaves something out is not its business."""
    doc = Doc(value)
    task = doc.member("task", Task)
    kinds = doc.doc("column_kinds")
    return StudySpec(
        dataset_id=doc.text("dataset_id"),
        target=doc.text("target"),
        task=task,
        space=parse_space(doc.object("space"), DEFAULT_SPACE),
        budget=_budget_from_json(doc.doc("budget")),
        name=doc.text("name"),
        preset=doc.text("preset"),
        search=doc.member("search", Search),
        recipe=doc.member("recipe", RecipeName),
        engine=doc.member("engine", Engine),
        seed=doc.whole("seed"),
        column_kinds={name: kinds.member(name, ColumnKind) for name in doc.object("column_kinds")},
        halving=halving_from_json(doc),
        # Logs from before there was a choice lack these.
        metric=doc.optional_member("metric", Metric) or default_metric(task),
        split=_split_from_json(doc),
        constraints=_constraints_from_json(doc),
        designs=designs_from_json(doc),
        verdict=doc.optional_member("verdict", VerdictMode) or VerdictMode.OFF,
        kind=doc.optional_member("kind", StudyKind) or StudyKind.STUDY,
        replay=_replay_from_json(doc),
    )


def designs_from_json(doc: Doc) -> tuple[Design, ...]:
    if not doc.has("designs"):
        return ()
    return tuple(Design.from_json(each.fields) for each in doc.docs("designs"))


def _split_from_json(spec: Doc) -> SplitSpec:
    if not spec.has("split"):
        return SplitSpec()
    doc = spec.doc("split")
    column = doc.text("column") if doc.has("column") else ""
    return SplitSpec(doc.member("method", SplitMethod), column, doc.whole("folds"))


def _constraints_from_json(spec: Doc) -> Constraints:
    if not spec.has("constraints"):
        return Constraints()
    doc = spec.doc("constraints")
    return Constraints(doc.optional_whole("max_params"), doc.optional_number("max_trial_seconds"))


def _replay_to_json(replay: Replay | None) -> JsonValue:
    if replay is None:
        return None
    return {
        "seed": replay.seed,
        "repeat": replay.repeat,
        "share": replay.share,
        "epochs": replay.epochs,
        "evaluates": replay.evaluates,
        "model_of": asdict(replay.model_of) if replay.model_of else None,
    }


def _replay_from_json(spec: Doc) -> Replay | None:
    if not spec.has("replay"):
        return None
    doc = spec.doc("replay")
    return Replay(
        doc.whole("seed"),
        doc.whole("repeat"),
        doc.number("share"),
        doc.whole("epochs"),
        # Logs from before there were evaluations lack these.
        doc.has("evaluates") and doc.flag("evaluates"),
        _trial_key_from_json(doc.doc("model_of")) if doc.has("model_of") else None,
    )


def _trial_key_from_json(doc: Doc) -> TrialKey:
    return TrialKey(doc.text("study_id"), doc.whole("number"))


def _budget_from_json(doc: Doc) -> Budget:
    return Budget(
        doc.optional_whole("max_trials"),
        doc.whole("max_epochs"),
        doc.optional_number("time_seconds"),
    )
