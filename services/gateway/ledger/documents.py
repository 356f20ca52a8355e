"""Studies, trials and events as JSON: in the log, in snapshots and in the public REST answers."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TypedDict

from layerlab.domain.baseline import Baseline
from layerlab.domain.design import Design
from layerlab.domain.event import Event
from layerlab.domain.json_value import JsonObject, JsonValue
from layerlab.domain.spec import Engine
from layerlab.domain.study import Progress, Purpose, Study, StudyPhase, Tally, Trial
from layerlab.domain.trial import FailureReason, StopReason, StudyState, TrialState
from services.gateway.ledger.doc import Doc, to_optional_time, to_time
from services.gateway.ledger.estimate_documents import estimate_from_json
from services.gateway.ledger.spec_documents import spec_from_json, spec_to_json
from services.gateway.ledger.views import CurvePoint, StudyView


class TrialPlace(TypedDict):
    purpose: Purpose
    repeat: int
    share: float
    baseline: Baseline | None


def trial_to_json(trial: Trial) -> dict[str, JsonValue]:
    return {
        "number": trial.number,
        "state": trial.state.value,
        "reason": trial.reason and trial.reason.value,
        "stop_reason": trial.stop_reason and trial.stop_reason.value,
        "detail": trial.detail,
        "design": trial.design.to_json(),
        "engine": trial.engine.value,
        "seed": trial.seed,
        "cohort_id": trial.cohort_id,
        "score_val": trial.score_val,
        "score_test": trial.score_test,
        "val_loss": trial.val_loss,
        "best_epoch": trial.best_epoch,
        "epochs": trial.epochs,
        "fit_time_seconds": trial.fit_time_seconds,
        "n_params": trial.n_params,
        "n_layers": trial.design.n_layers,
        "attempt": trial.attempt,
        "worker_id": trial.worker_id,
        "has_model": trial.has_model,
        "purpose": trial.purpose.value,
        "repeat": trial.repeat,
        "share": trial.share,
        "baseline": trial.baseline and trial.baseline.value,
        "created_at": to_optional_time(trial.created_at),
        "started_at": to_optional_time(trial.started_at),
        "ended_at": to_optional_time(trial.ended_at),
    }


def trial_from_json(value: JsonValue) -> Trial:
    """The inverse of `trial_to_json`."""
    doc = Doc(value)
    return Trial(
        number=doc.whole("number"),
        design=Design.from_json(doc.object("design")),
        seed=doc.whole("seed"),
        engine=doc.member("engine", Engine),
        cohort_id=doc.text("cohort_id"),
        state=doc.member("state", TrialState),
        attempt=doc.whole("attempt"),
        worker_id=doc.text("worker_id"),
        reason=doc.optional_member("reason", FailureReason),
        stop_reason=doc.optional_member("stop_reason", StopReason),
        detail=doc.text("detail"),
        score_val=doc.optional_number("score_val"),
        score_test=doc.optional_number("score_test"),
        val_loss=doc.optional_number("val_loss"),
        best_epoch=doc.optional_whole("best_epoch"),
        epochs=doc.whole("epochs"),
        fit_time_seconds=doc.optional_number("fit_time_seconds"),
        n_params=doc.optional_whole("n_params"),
        created_at=doc.optional_time("created_at"),
        started_at=doc.optional_time("started_at"),
        ended_at=doc.optional_time("ended_at"),
        has_model=doc.flag("has_model"),
        **place_of(doc),
    )


def place_of(doc: Doc) -> TrialPlace:
    """What a trial is for. Left out where it is one of the search, as all were once."""
    return {
        "purpose": doc.optional_member("purpose", Purpose) or Purpose.SEARCH,
        "repeat": doc.optional_whole("repeat") or 0,
        "share": doc.number("share") if doc.has("share") else 1.0,
        "baseline": doc.optional_member("baseline", Baseline),
    }


def study_to_json(view: StudyView, dataset_name: str = "") -> dict[str, JsonValue]:
    """The public study document; the ledger itself doesn't know what a dataset is called."""
    study = view.study
    return {
        "study_id": study.study_id,
        "state": study.state.value,
        "detail": study.detail,
        "dataset_name": dataset_name,
        "verdict_headline": view.headline or None,
        **spec_to_json(study.spec),
        "estimate": _estimate_to_json(study),
        "progress": _progress_to_json(view.progress),
        "best": None if view.best is None else trial_to_json(view.best),
        "seq": view.seq,
        **description_to_json(study),
        "created_at": to_time(study.created_at),
        "started_at": to_optional_time(study.started_at),
        "ended_at": to_optional_time(study.ended_at),
    }


def description_to_json(study: Study) -> dict[str, JsonValue]:
    """What its users have made of it, but for its name, which is in its spec."""
    return {
        "note": study.note,
        "tags": list(study.tags),
        "deleted_at": to_optional_time(study.deleted_at),
    }


def with_description(study: Study, doc: Doc) -> Study:
    """What was written before there were notes has none."""
    return replace(
        study,
        note=doc.text("note") if doc.has("note") else "",
        tags=doc.texts("tags") if doc.has("tags") else (),
        deleted_at=doc.optional_time("deleted_at"),
    )


def study_from_json(value: JsonValue) -> StudyView:
    """The inverse of `study_to_json`, but for the dataset's name, and the verdict below its
    headline."""
    doc = Doc(value)
    study = Study(
        study_id=doc.text("study_id"),
        spec=spec_from_json(value),
        state=doc.member("state", StudyState),
        created_at=doc.time("created_at"),
        started_at=doc.optional_time("started_at"),
        ended_at=doc.optional_time("ended_at"),
        detail=doc.text("detail"),
        estimate=estimate_from_json(doc),
    )
    best = trial_from_json(doc.object("best")) if doc.has("best") else None
    headline = doc.text("verdict_headline") if doc.has("verdict_headline") else ""
    progress = _progress_from_json(doc.doc("progress"))
    return StudyView(with_description(study, doc), progress, best, doc.whole("seq"), headline)


def _estimate_to_json(study: Study) -> JsonValue:
    """With what the study has taken, once it has ended."""
    if study.estimate is None:
        return None
    ended = study.ended_at
    actual = None if ended is None else (ended - study.created_at).total_seconds()
    return {**asdict(study.estimate), "actual_seconds": actual}


def _progress_to_json(progress: Progress) -> dict[str, JsonValue]:
    return {
        "done": progress.done,
        "total": progress.total,
        "running": progress.running,
        "elapsed_seconds": progress.elapsed_seconds,
        "eta_low_seconds": progress.eta_low_seconds,
        "eta_high_seconds": progress.eta_high_seconds,
        "phase": progress.phase.value,
        "finals": {"done": progress.finals.done, "total": progress.finals.total},
        "cancelled": progress.cancelled,
    }


def _progress_from_json(doc: Doc) -> Progress:
    return Progress(
        done=doc.whole("done"),
        total=doc.whole("total"),
        running=doc.whole("running"),
        elapsed_seconds=doc.number("elapsed_seconds"),
        eta_low_seconds=doc.optional_number("eta_low_seconds"),
        eta_high_seconds=doc.optional_number("eta_high_seconds"),
        phase=doc.optional_member("phase", StudyPhase) or StudyPhase.SEARCH,
        finals=_tally_from_json(doc.doc("finals")) if doc.has("finals") else Tally(),
        cancelled=doc.optional_whole("cancelled") or 0,
    )


def _tally_from_json(doc: Doc) -> Tally:
    return Tally(doc.whole("done"), doc.whole("total"))


def curve_point_to_json(point: CurvePoint) -> dict[str, JsonValue]:
    return {
        "epoch": point.epoch,
        "train_loss": point.train_loss,
        "val_loss": point.val_loss,
        "score_val": point.score_val,
        "elapsed_seconds": point.elapsed_seconds,
    }


def event_to_json(event: Event) -> JsonObject:
    """The envelope that websockets and server-sent events carry."""
    return {
        "v": 1,
        "seq": event.seq,
        "time": to_time(event.time),
        "type": event.type.value,
        "subject": event.subject,
        "data": event.data,
    }
