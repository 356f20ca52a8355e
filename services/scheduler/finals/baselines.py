"""What networks have to beat, on the same rows as the finalists."""

from __future__ import annotations

import math
from typing import Final

from layerlab.domain.baseline import Baseline
from layerlab.domain.design import Design, trial_seed
from layerlab.domain.finals_work import are_trees_quick
from layerlab.domain.study import Proposal, Purpose, Study, Trial
from layerlab.domain.trial import TrialState
from services.scheduler.finals.jobs import Job
from services.scheduler.record import StudyRecord
from services.scheduler.sizing import ORDINARY_TABLE

# What a cohort of baselines takes beside the fits.
_PROCESS_SECONDS: Final = 0.2
_NOTHING: Final = Design(hidden=())


def baseline_job(study: Study, repeat: int) -> Job:
    """On the study's own split (repeat 0) all of them; on a resampling trees only where they are
    quick on a table of this size."""
    is_timed, table = study.spec.budget.time_seconds is not None, study.table or ORDINARY_TABLE
    with_trees = repeat == 0 or (are_trees_quick(table) and not is_timed)
    kinds = [each for each in Baseline if each is not Baseline.TREES or with_trees]
    name = f"{study.study_id}-baseline-{repeat:02}"
    return Job(name, Purpose.BASELINE, tuple(_lane(study, each, repeat) for each in kinds))


def trees_job(study: Study, repeat: int) -> Job:
    name = f"{study.study_id}-trees-{repeat:02}"
    return Job(name, Purpose.BASELINE, (_lane(study, Baseline.TREES, repeat),))


def seconds_of_baselines(record: StudyRecord) -> float:
    """What a cohort of them takes without trees, as it was on the study's own split."""
    others = sum(_fit_seconds(each) for each in _first(record) if not _is_trees(each))
    return _PROCESS_SECONDS + others


def seconds_of_trees(record: StudyRecord) -> float:
    """For ever, where they could not be fitted even once."""
    trees = [each for each in _first(record) if _is_trees(each)]
    if not any(each.state is TrialState.SUCCEEDED for each in trees):
        return math.inf
    return _PROCESS_SECONDS + sum(_fit_seconds(each) for each in trees)


def _first(record: StudyRecord) -> list[Trial]:
    return [each for each in record.finals.values() if each.baseline and each.repeat == 0]


def _is_trees(trial: Trial) -> bool:
    return trial.baseline is Baseline.TREES


def _fit_seconds(trial: Trial) -> float:
    return trial.fit_time_seconds or 0.0


def _lane(study: Study, baseline: Baseline, repeat: int) -> Proposal:
    seed = trial_seed(study.spec.dataset_id, _NOTHING, repeat)
    return Proposal(0, _NOTHING, seed, repeat, baseline=baseline)
