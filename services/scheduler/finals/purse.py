"""How much may still be trained: by the clock where there is a time budget; where there is none, by
the work of the search, so that nothing depends on time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from layerlab.domain.phases import last_start_seconds
from layerlab.domain.spec import Engine
from layerlab.domain.study import Cohort, Purpose
from layerlab.domain.trial import CohortState
from services.scheduler.finals.jobs import Group
from services.scheduler.finals.searched import Searched
from services.scheduler.record import StudyRecord
from services.scheduler.timing import end_of_time_for

# What a cohort takes beside its training, with one trainer.
_COHORT_SECONDS: Final = 0.05
# Small cohorts keep fewer cores busy than the search's large ones.
_SLOWER: Final = 1.3
# Operations of matrix products that two cores do in a second.
_WORK_PER_SECOND: Final = 1e11
# Without a time budget: of the search's work, and at least, as seconds of two cores.
_CONFIRM_SHARE: Final = 0.7
_EXPLAIN_SHARE: Final = 0.3
_CONFIRM_SECONDS: Final = 1.5
_EXPLAIN_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Purse:
    """Of one part of the finals, in operations. `total`: for all of it, what is registered
    included; `left`: for what is not. `pace`: operations in a second, expected of all trainers.
    `by_clock`: it gets less by itself."""

    total: float
    left: float
    pace: float
    by_clock: bool

    def cost(self, groups: Iterable[Group]) -> float:
        jobs = [job for group in groups for job in group]
        return sum(job.work for job in jobs) + self.pace * _COHORT_SECONDS * len(jobs)

    def affords(self, groups: Sequence[Group]) -> bool:
        return self.cost(groups) <= self.left


def open_purse(
    record: StudyRecord, searched: Searched, purposes: frozenset[Purpose], now: float
) -> Purse:
    """For the part of the finals whose cohorts have these `purposes`."""
    spec = record.study.spec
    until = end_of_time_for(next(iter(purposes)), record.deadline, spec)
    ours = [each for each in record.cohorts.values() if each.purpose in purposes]
    if until is None:
        total = _allowance(searched, spec.engine, Purpose.CONFIRM in purposes)
        fixed = _COHORT_SECONDS * _WORK_PER_SECOND * len(ours)
        spent = sum(_work_of(record, searched, each) for each in ours) + fixed
        return Purse(total, total - spent, _WORK_PER_SECOND, by_clock=False)
    pace = searched.work / searched.seconds if searched.seconds else _WORK_PER_SECOND
    pace /= _SLOWER
    seconds = max(0.0, until - now - last_start_seconds(spec))
    owed = sum(
        _work_of(record, searched, each) for each in ours if each.state is not CohortState.ENDED
    )
    total = seconds * pace
    return Purse(total, total - owed, pace, by_clock=True)


def _allowance(searched: Searched, engine: Engine, is_confirmation: bool) -> float:
    share = _CONFIRM_SHARE if is_confirmation else _EXPLAIN_SHARE
    # How long an operation takes in Keras depends on everything but the operation.
    if engine is Engine.KERAS:
        return share * searched.work
    seconds = _CONFIRM_SECONDS if is_confirmation else _EXPLAIN_SECONDS
    return max(share * searched.work, seconds * _WORK_PER_SECOND)


def _work_of(record: StudyRecord, searched: Searched, cohort: Cohort) -> float:
    if cohort.purpose is Purpose.BASELINE:
        return 0.0
    like = searched.ranked[0].design
    trials = (record.finals[number] for number in cohort.numbers if number in record.finals)
    return sum(
        trial.share * searched.lane_work(record.study, trial.design, like) for trial in trials
    )
