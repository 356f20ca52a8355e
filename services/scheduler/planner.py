"""What to do next about a study: a pure function of what is known of it, and of the time."""

from __future__ import annotations

from collections.abc import Iterable

from layerlab.domain.halving import Rung
from layerlab.domain.study import Cohort, Proposal, Purpose
from layerlab.domain.trial import CohortState, StudyState
from services.scheduler.actions import (
    Action,
    EndStudy,
    MarkCohort,
    PublishCohort,
    RegisterCohort,
    StartStudy,
)
from services.scheduler.endings import end_of
from services.scheduler.record import StudyRecord
from services.scheduler.rungs import rungs_of
from services.scheduler.timing import Phase, phase_at


def next_action(record: StudyRecord, now: float, max_waiting: int) -> Action | None:
    """What to do beside what is under way: of each cohort, register, then publish, then mark.
    None: wait for news.

    `max_waiting` search cohorts wait for a trainer at any time, and more when the trainers are
    many or fast: enough to keep them busy when the scheduler is away for a moment, few enough
    that another study's turn comes soon.

    :raises InvalidInput: when the study's space can't be searched.
    """
    study = record.study
    phase = phase_at(record.deadline, study.spec.budget.test_seconds, now)
    if study.state.is_terminal or not record.is_complete:
        return None
    if study.state is StudyState.PENDING:
        return StartStudy() if phase is Phase.OPEN else _never_started(record)
    if phase is Phase.FINAL:
        return end_of(record, phase)
    if phase is Phase.OPEN and study.state is not StudyState.STOPPING:
        action = _search(record, now, max_waiting)
        if action is not None or not _is_searched(record):
            return action
    return _close(record, phase, now)


def _search(record: StudyRecord, now: float, max_waiting: int) -> Action | None:
    if record.study.state is not StudyState.RUNNING:
        return None
    waiting = record.waiting
    action = _publish(record, waiting, now)
    if action is not None:
        return action
    if len(waiting) >= max(max_waiting, record.demand(now)):
        return None
    lanes = record.plan.next_lanes(record.known)
    return _registration(record, lanes) if lanes else None


def _registration(record: StudyRecord, lanes: tuple[Proposal, ...]) -> RegisterCohort:
    spec, number = record.study.spec, record.next_cohort
    rungs: tuple[Rung, ...] = ()
    if spec.halving:
        rungs = rungs_of(spec.halving, len(lanes), spec.budget.max_epochs, number - 1)
    return RegisterCohort(record.cohort_id(number), Purpose.SEARCH, lanes, rungs=rungs)


def _is_searched(record: StudyRecord) -> bool:
    """Whether every planned trial has ended."""
    return not record.has_unfinished and not record.plan.next_lanes(record.known)


def _close(record: StudyRecord, phase: Phase, now: float) -> Action | None:
    """Lets what runs end, has the best trial tested, and ends the study."""
    if record.running:
        return None
    best, test = record.best, record.test_cohort
    if best is None and phase is Phase.CLOSING and record.waiting:
        # Whoever takes it now may still bring a first result.
        return None
    if best is None or (test is not None and test.state is CohortState.ENDED):
        return end_of(record, phase)
    if test is not None:
        return _publish(record, [test], now)
    if not best.has_model or record.untestable or phase >= Phase.LATE:
        return end_of(record, phase)
    return RegisterCohort(record.test_cohort_id, Purpose.TEST, finalists=(best.number,))


def _publish(record: StudyRecord, cohorts: Iterable[Cohort], now: float) -> Action | None:
    """What is planned or registered but, as far as this scheduler knows, not on the queue."""
    for cohort in cohorts:
        cohort_id = cohort.cohort_id
        if cohort_id in record.under_way or cohort_id in record.marked:
            continue
        if cohort.state is not CohortState.PENDING:
            continue
        if cohort_id in record.registering:
            return record.registering[cohort_id]
        if cohort_id in record.published:
            return MarkCohort(cohort_id)
        if not record.is_left_to_others(cohort_id, now):
            return PublishCohort(cohort_id)
    return None


def _never_started(record: StudyRecord) -> EndStudy:
    limit = record.study.spec.budget.time_seconds
    detail = f"The time budget of {limit:g} s was used up before the study could start."
    return EndStudy(StudyState.FAILED, detail)
