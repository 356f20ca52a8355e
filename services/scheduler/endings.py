"""How a study ends, and the sentence that says why."""

from __future__ import annotations

from collections import Counter
from typing import Final

from layerlab.domain.spec import Search
from layerlab.domain.study import Trial
from layerlab.domain.trial import StopReason, StudyState
from services.scheduler.actions import EndStudy
from services.scheduler.record import StudyRecord
from services.scheduler.timing import Phase

_MAX_EXAMPLE: Final = 200


def end_of(record: StudyRecord, phase: Phase) -> EndStudy:
    """SUCCEEDED when a trial has; otherwise the study is CANCELLED if it was stopped."""
    best = record.best
    if best is not None:
        return EndStudy(StudyState.SUCCEEDED, _why(record, phase) + _untested(best))
    if record.study.state is StudyState.STOPPING:
        return EndStudy(StudyState.CANCELLED, "Stopped before any trial had succeeded.")
    return EndStudy(StudyState.FAILED, _failure(record, phase))


def _why(record: StudyRecord, phase: Phase) -> str:
    ended = _count(record.n_ended)
    if record.study.state is StudyState.STOPPING:
        return f"Stopped by its user after {ended}."
    if _ran_out_of_time(record, phase):
        return f"The time budget of {_budget(record)} was used up after {ended}."
    asked = record.study.spec.budget.max_trials
    if asked is not None and record.n_ended >= asked:
        return f"As planned, {ended} ended."
    of = "grid" if record.study.spec.search is Search.GRID else "space"
    return f"Every design of the {of} was tried, in {ended}."


def _untested(best: Trial) -> str:
    if best.score_test is not None:
        return ""
    why = "could not be tested" if best.has_model else "has no stored model to test"
    return f" Trial {best.number}, the best, {why}."


def _failure(record: StudyRecord, phase: Phase) -> str:
    trials = record.known.trials.values()
    ends = Counter(str(each.reason or each.state) for each in trials if each.state.is_terminal)
    failed = ", ".join(f"{many} × {end}" for end, many in ends.most_common()) or "none has ended"
    if not _ran_out_of_time(record, phase):
        return f"None of {_count(len(trials))} succeeded: {failed}{_example(record)}"
    said = f"The time budget of {_budget(record)} was used up before any trial had succeeded"
    if not any(trial.attempt for trial in trials):
        return f"{said}: no trainer had taken one."
    return f"{said}: {failed}{_example(record)}"


def _example(record: StudyRecord) -> str:
    """What the first failure said; one is enough to see what is wrong."""
    details = (trial.detail for _, trial in sorted(record.known.trials.items()) if trial.reason)
    first = next((detail for detail in details if detail), "")
    return f". The first said: {first[:_MAX_EXAMPLE]}" if first else "."


def _ran_out_of_time(record: StudyRecord, phase: Phase) -> bool:
    if phase is Phase.OPEN:
        return False
    trials = record.known.trials.values()
    was_cut = any(trial.stop_reason is StopReason.TIME_BUDGET for trial in trials)
    return was_cut or record.has_unfinished or bool(record.plan.next_lanes(record.known))


def _budget(record: StudyRecord) -> str:
    return f"{record.study.spec.budget.time_seconds:g} s"


def _count(trials: int) -> str:
    return "1 trial" if trials == 1 else f"{trials} trials"
