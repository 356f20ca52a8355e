"""What a verdict could not look at, and why, in sentences that hold no time."""

from __future__ import annotations

from collections.abc import Iterator

from layerlab.domain.baseline import Baseline
from layerlab.domain.study import Purpose, Trial
from layerlab.domain.trial import StopReason, StudyState, TrialState
from services.scheduler.finals.rounds import MAX_ROUNDS, repeats_of, survivors
from services.scheduler.record import StudyRecord


def limits_of(record: StudyRecord, is_final: bool) -> tuple[str, ...]:
    """For the verdict that is asked for now."""
    return tuple(_limits(record, is_final))


def _limits(record: StudyRecord, is_final: bool) -> Iterator[str]:
    why, folds = _why(record), record.study.spec.split.folds
    ranked = [trial.design for trial in record.searched.ranked]
    confirmed = {each.design for each in record.finals.values() if _counts(each, Purpose.CONFIRM)}
    if not confirmed:
        yield f"No design was trained again: {why}. What is said rests on one training of each."
        return
    if len(confirmed) < len(ranked):
        yield f"Of the best {len(ranked)} designs {len(confirmed)} were trained again: {why}."
    yield from _repeats(record, folds, why)
    if not is_final:
        return
    yield from _trees(record, folds)
    left = survivors(record.study.verdict)
    if left and record.rounds_judged < MAX_ROUNDS:
        yield f"{len(left)} designs could not be trained on more resamplings: {why}."
    if not any(_counts(each, Purpose.ABLATION) for each in record.finals.values()):
        yield f"No design like the winner but for one thing was trained: {why}."
    if not any(trial.score_test is not None for trial in record.known.trials.values()):
        yield "The test rows were not touched: no tested score came in time."


def _repeats(record: StudyRecord, folds: int, why: str) -> Iterator[str]:
    first = repeats_of(1, folds)
    done = {each.repeat for each in record.finals.values() if _counts(each, Purpose.CONFIRM)}
    if len(done & set(first)) < folds:
        yield f"{len(done)} of {folds} resamplings of the first round were trained: {why}."


def _trees(record: StudyRecord, folds: int) -> Iterator[str]:
    first = repeats_of(1, folds)
    fitted = [each for each in record.finals.values() if _counts(each, Purpose.BASELINE)]
    trees = {each.repeat for each in fitted if each.baseline is Baseline.TREES}
    if not trees & set(first):
        yield (
            "Boosted trees were fitted on the study's own split only, so that there is no interval "
            "of the difference to them."
            if trees
            else "No boosted trees were fitted in time."
        )


def _why(record: StudyRecord) -> str:
    if record.study.state is StudyState.STOPPING:
        return "the study was stopped"
    if record.deadline is not None:
        return "the time budget left no more time"
    return "it would have taken longer than the search allows for"


def _counts(trial: Trial, purpose: Purpose) -> bool:
    """Whether it was trained to its end."""
    return (
        trial.purpose is purpose
        and trial.state is TrialState.SUCCEEDED
        and trial.stop_reason is not StopReason.TIME_BUDGET
    )
