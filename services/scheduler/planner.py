"""What to do next about a study: a pure function of what is known of it, and of the time."""

from __future__ import annotations

from layerlab.domain.halving import Rung
from layerlab.domain.phases import has_verdict
from layerlab.domain.spec import StudyKind
from layerlab.domain.study import Proposal, Purpose
from layerlab.domain.trial import CohortState, StudyState
from services.scheduler.actions import (
    Action,
    AskDesigns,
    EndStudy,
    RegisterCohort,
    StartStudy,
)
from services.scheduler.endings import end_of
from services.scheduler.finals.steps import Moment, next_of_finals
from services.scheduler.publishing import publish
from services.scheduler.record import ASKING, StudyRecord
from services.scheduler.rungs import rungs_of
from services.scheduler.timing import Phase, phase_at


def next_action(record: StudyRecord, now: float, max_waiting: int) -> Action | None:
    """What to do beside what is under way: of each cohort, register, then publish, then mark.
    None: wait for news.

    `max_waiting` cohorts wait for a trainer at any time, and more when the trainers are
    many or fast: enough to keep them busy when the scheduler is away for a moment, few enough
    that another study's turn comes soon.

    :raises InvalidInput: when the study's space can't be searched.
    """
    study = record.study
    phase = phase_at(record.deadline, study.spec, now)
    if study.state.is_terminal or not record.is_complete:
        return None
    if study.state is StudyState.PENDING:
        return StartStudy() if phase is Phase.OPEN else _never_started(record)
    if phase is Phase.FINAL:
        return end_of(record, phase)
    if phase is Phase.OPEN and study.state is not StudyState.STOPPING and not record.in_finals:
        action = _search(record, now, max_waiting)
        if action is not None or not _is_searched(record):
            return action
    if has_verdict(study.spec):
        return next_of_finals(record, Moment(phase, now, max_waiting))
    return _close(record, phase, now)


def _search(record: StudyRecord, now: float, max_waiting: int) -> Action | None:
    if record.study.state is not StudyState.RUNNING:
        return None
    waiting = record.waiting
    action = publish(record, waiting, now)
    if action is not None:
        return action
    # Beforehand, so that what is wished for is there when it is wanted.
    if ASKING not in record.under_way and not record.is_unsearchable:
        wish = record.plan.wish(record.known)
        if wish is not None:
            return AskDesigns(wish)
    if len(waiting) >= max(max_waiting, record.book.demand(now)):
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
    if record.has_unfinished:
        return False
    return record.is_unsearchable or not record.plan.has_more(record.known)


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
    # Nothing but a study touches test rows.
    if record.study.spec.kind is not StudyKind.STUDY:
        return end_of(record, phase)
    if test is not None:
        return publish(record, [test], now)
    if not best.has_model or record.untestable or phase >= Phase.LATE:
        return end_of(record, phase)
    return RegisterCohort(record.test_cohort_id, Purpose.TEST, finalists=(best.number,))


def _never_started(record: StudyRecord) -> EndStudy:
    limit = record.study.spec.budget.time_seconds
    detail = f"The time budget of {limit:g} s was used up before the study could start."
    return EndStudy(StudyState.FAILED, detail)
