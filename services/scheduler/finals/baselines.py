"""What networks have to beat, on the same rows as the finalists."""

from __future__ import annotations

from typing import Final

from layerlab.domain.baseline import Baseline
from layerlab.domain.design import Design, trial_seed
from layerlab.domain.study import Proposal, Purpose, Study
from layerlab.domain.trial import TrialState
from services.scheduler.finals.jobs import Job
from services.scheduler.record import StudyRecord
from services.scheduler.sizing import ORDINARY_TABLE
from services.scheduler.timing import end_of_time_for

# Rows × inputs × classes of boosted trees that take about two seconds.
_QUICK_TREES: Final = 1_000_000
# Of the time that is left for the finalists, what trees may take on all repeats together.
_TREES_SHARE: Final = 0.25
_NOTHING: Final = Design(hidden=())


def baseline_job(study: Study, repeat: int) -> Job:
    """On the study's own split (repeat 0) all of them; on a resampling trees only where they are
    quick on a table of this size."""
    with_trees = repeat == 0 or (are_trees_quick(study) and study.spec.budget.time_seconds is None)
    kinds = [each for each in Baseline if each is not Baseline.TREES or with_trees]
    name = f"{study.study_id}-baseline-{repeat:02}"
    return Job(name, Purpose.BASELINE, tuple(_lane(study, each, repeat) for each in kinds))


def trees_job(study: Study, repeat: int) -> Job:
    name = f"{study.study_id}-trees-{repeat:02}"
    return Job(name, Purpose.BASELINE, (_lane(study, Baseline.TREES, repeat),))


def are_trees_quick(study: Study) -> bool:
    table = study.table or ORDINARY_TABLE
    return table.train_rows * table.n_inputs * table.n_outputs <= _QUICK_TREES


def can_repeat_trees(record: StudyRecord, repeats: int, now: float) -> bool:
    """With a time budget: whether, as long as they took once, they fit in so many times more."""
    until = end_of_time_for(Purpose.BASELINE, record.deadline, record.study.spec)
    seconds = [
        trial.fit_time_seconds
        for trial in record.finals.values()
        if trial.baseline is Baseline.TREES
        and trial.repeat == 0
        and trial.state is TrialState.SUCCEEDED
    ]
    if until is None or not seconds or seconds[0] is None:
        return False
    return seconds[0] * repeats <= _TREES_SHARE * (until - now)


def _lane(study: Study, baseline: Baseline, repeat: int) -> Proposal:
    seed = trial_seed(study.spec.dataset_id, _NOTHING, repeat)
    return Proposal(0, _NOTHING, seed, repeat, baseline=baseline)
