"""Moves as events, each checked against the tables of who may move what to where."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from layerlab.domain.event import EventType, cohort_subject, study_subject, trial_subject
from layerlab.domain.exchange import ReportBatch
from layerlab.domain.json_value import JsonValue
from layerlab.domain.study import Cohort, Trial, TrialEnd
from layerlab.domain.trial import (
    Actor,
    CohortState,
    FailureReason,
    StudyState,
    TrialState,
    check_cohort_move,
    check_study_move,
    check_trial_move,
)
from services.gateway.ledger.cohort_documents import receipt_to_json, stats_to_json
from services.gateway.ledger.decisions.command import Draft
from services.gateway.ledger.fold import Record

_MAX_DETAIL = 2000


def move_study(record: Record, to: StudyState, actor: Actor, detail: str = "") -> Draft:
    """:raises Conflict: `illegal_move`."""
    study = record.study
    check_study_move(study.state, to, actor)
    data = {
        "from": study.state.value,
        "to": to.value,
        "actor": actor.value,
        "detail": detail[:_MAX_DETAIL],
    }
    return Draft(EventType.STUDY_STATE_CHANGED, study_subject(study.study_id), data)


def move_cohort(
    cohort: Cohort,
    to: CohortState,
    actor: Actor,
    reason: FailureReason | None = None,
    detail: str = "",
) -> Draft:
    """:raises Conflict: `illegal_move`."""
    check_cohort_move(cohort.state, to, actor)
    return _cohort_draft(cohort, cohort, to, reason, detail)


def complete_cohort(cohort: Cohort, batch: ReportBatch) -> Draft:
    """The end of a cohort whose trainer has done all of it.

    :raises Conflict: `illegal_move`.
    """
    draft = move_cohort(cohort, CohortState.ENDED, Actor.TRAINER)
    data = dict(draft.data)
    if batch.stats:
        data["stats"] = stats_to_json(batch.stats)
    if batch.receipt:
        data["receipt"] = receipt_to_json(batch.receipt)
    return replace(draft, data=data)


def claim_cohort(before: Cohort, after: Cohort, reason: FailureReason | None) -> Draft:
    """:raises Conflict: `illegal_move`."""
    check_cohort_move(before.state, CohortState.RUNNING, Actor.TRAINER)
    return _cohort_draft(before, after, CohortState.RUNNING, reason, "")


def _cohort_draft(
    before: Cohort, after: Cohort, to: CohortState, reason: FailureReason | None, detail: str
) -> Draft:
    data = {
        "cohort_id": before.cohort_id,
        "from": before.state.value,
        "to": to.value,
        "attempt": after.attempt,
        "worker_id": after.worker_id,
        "incarnation": after.incarnation,
        "reason": None if reason is None else reason.value,
        "detail": detail[:_MAX_DETAIL],
    }
    subject = cohort_subject(before.study_id, before.cohort_id)
    return Draft(EventType.COHORT_STATE_CHANGED, subject, data)


def move_trial(
    study_id: str, trial: Trial, to: TrialState, actor: Actor, cohort: Cohort | None = None
) -> Draft:
    """A move that is no end; `cohort` is who claims it.

    :raises Conflict: `illegal_move`.
    """
    check_trial_move(trial.state, to, actor)
    data = _trial_data(trial, to, actor)
    if cohort is not None:
        data |= {"attempt": cohort.attempt, "worker_id": cohort.worker_id}
    return Draft(EventType.TRIAL_STATE_CHANGED, trial_subject(study_id, trial.number), data)


def end_trial(study_id: str, trial: Trial, actor: Actor, end: TrialEnd) -> Draft:
    """:raises Conflict: `illegal_move`."""
    check_trial_move(trial.state, end.state, actor)
    data = _trial_data(trial, end.state, actor) | {
        "reason": None if end.reason is None else end.reason.value,
        "stop_reason": None if end.stop_reason is None else end.stop_reason.value,
        "detail": end.detail[:_MAX_DETAIL],
        "score_val": finite(end.score_val),
        "val_loss": finite(end.val_loss),
        "best_epoch": end.best_epoch,
        "epochs": end.epochs,
        "fit_time_seconds": finite(end.fit_time_seconds),
        "n_params": end.n_params,
        "has_model": end.has_model,
    }
    return Draft(EventType.TRIAL_STATE_CHANGED, trial_subject(study_id, trial.number), data)


def cut_trial(
    study_id: str,
    trial: Trial,
    to: TrialState,
    actor: Actor,
    reason: FailureReason | None = None,
    detail: str = "",
) -> Draft:
    """An end from outside: what the trial has shown so far stays.

    :raises Conflict: `illegal_move`.
    """
    end = TrialEnd(
        trial.number,
        to,
        reason,
        detail=detail,
        score_val=trial.score_val,
        val_loss=trial.val_loss,
        best_epoch=trial.best_epoch,
        epochs=trial.epochs,
        # Only its trainer knows; recorded as unknown.
        fit_time_seconds=math.nan,
        n_params=trial.n_params,
    )
    return end_trial(study_id, trial, actor, end)


def end_everything(record: Record, actor: Actor) -> Iterator[Draft]:
    """Cancels each trial that has not ended, and ends each cohort: before the study's own end."""
    for trial in record.trials.values():
        if not trial.state.is_terminal:
            yield cut_trial(record.study_id, trial, TrialState.CANCELLED, actor)
    for entry in record.cohorts.values():
        if entry.cohort.state is not CohortState.ENDED:
            yield move_cohort(entry.cohort, CohortState.ENDED, actor)


def fail_cohort(
    record: Record, cohort: Cohort, actor: Actor, reason: FailureReason, detail: str
) -> Iterator[Draft]:
    """Ends a cohort that has used up its attempts, and with it every trial that runs in it."""
    for trial in lanes(record, cohort):
        if not trial.state.is_terminal:
            yield cut_trial(record.study_id, trial, TrialState.FAILED, actor, reason, detail)
    yield move_cohort(cohort, CohortState.ENDED, actor, reason, detail)


def hand_back(
    record: Record, cohort: Cohort, reason: FailureReason | None, detail: str
) -> Iterator[Draft]:
    """RUNNING becomes QUEUED: its trainer gives the message back too."""
    for trial in lanes(record, cohort):
        if trial.state is TrialState.RUNNING:
            yield move_trial(record.study_id, trial, TrialState.QUEUED, Actor.TRAINER)
    yield move_cohort(cohort, CohortState.QUEUED, Actor.TRAINER, reason, detail)


def take_back(
    record: Record, cohort: Cohort, actor: Actor, reason: FailureReason | None = None
) -> Iterator[Draft]:
    """RUNNING or QUEUED becomes PENDING: it has no message, and is to be published again."""
    for trial in lanes(record, cohort):
        if trial.state in (TrialState.RUNNING, TrialState.QUEUED):
            yield move_trial(record.study_id, trial, TrialState.PENDING, actor)
    yield move_cohort(cohort, CohortState.PENDING, actor, reason)


def lanes(record: Record, cohort: Cohort) -> list[Trial]:
    return [record.trials[number] for number in cohort.numbers]


def finite(value: float | None) -> float | None:
    """JSON has no word for NaN and infinity."""
    return value if value is not None and math.isfinite(value) else None


def _trial_data(trial: Trial, to: TrialState, actor: Actor) -> dict[str, JsonValue]:
    return {
        "number": trial.number,
        "from": trial.state.value,
        "to": to.value,
        "actor": actor.value,
        "cohort_id": trial.cohort_id,
        "attempt": trial.attempt,
        "worker_id": trial.worker_id,
    }
