"""How a study ends, and the sentence that says why."""

from __future__ import annotations

from collections import Counter
from typing import Final

from layerlab.domain.phases import has_verdict
from layerlab.domain.spec import Search, StudyKind
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
        said = _why(record, phase) + _untested(record, best) + _judgement(record)
        return EndStudy(StudyState.SUCCEEDED, said)
    if record.study.state is StudyState.STOPPING:
        return EndStudy(StudyState.CANCELLED, "Stopped before any trial had succeeded.")
    return EndStudy(StudyState.FAILED, _failure(record, phase))


def _why(record: StudyRecord, phase: Phase) -> str:
    ended = _count(record.n_ended)
    if record.study.state is StudyState.STOPPING:
        return f"Stopped by its user after {ended}."
    if _ran_out_of_time(record, phase):
        return f"The time budget of {_budget(record)} was used up after {ended}."
    if record.is_unsearchable:
        return f"The search broke off after {ended}: choosing more designs failed."
    asked = record.study.spec.budget.max_trials
    if asked is not None and record.n_ended >= asked:
        return f"As planned, {ended} ended."
    of = "grid" if record.study.spec.search is Search.GRID else "space"
    return f"Every design of the {of} was tried, in {ended}."


def _untested(record: StudyRecord, best: Trial) -> str:
    tested = any(trial.score_test is not None for trial in record.known.trials.values())
    if tested or record.study.spec.kind is not StudyKind.STUDY:
        return ""
    why = "could not be tested" if best.has_model else "has no stored model to test"
    return f" Trial {best.number}, the best, {why}."


def _judgement(record: StudyRecord) -> str:
    """What the verdict comes to, or that there is none."""
    verdict = record.study.verdict
    if not has_verdict(record.study.spec):
        return ""
    headline = verdict.headline if verdict else ""
    if verdict is None or not verdict.is_final:
        missing = "There is no verdict" if verdict is None else "The verdict is not the last one"
        headline = f"{missing}: weighing the results failed or took too long. {headline}"
    return f" {headline.strip()}".rstrip()


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
    return was_cut or record.has_unfinished or record.plan.has_more(record.known)


def _budget(record: StudyRecord) -> str:
    return f"{record.study.spec.budget.time_seconds:g} s"


def _count(trials: int) -> str:
    return "1 trial" if trials == 1 else f"{trials} trials"
