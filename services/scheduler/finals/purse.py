"""How much may still be trained: by the clock where there is a time budget; where there is none, by
the work of the search, so that nothing depends on time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from layerlab.domain.finals_work import (
    COHORT_SECONDS,
    SLOWER,
    WORK_PER_SECOND,
    confirm_work,
    explain_work,
)
from layerlab.domain.phases import last_start_seconds
from layerlab.domain.study import Cohort, Purpose
from layerlab.domain.trial import CohortState
from services.scheduler.finals.jobs import Group
from services.scheduler.finals.searched import Searched
from services.scheduler.record import StudyRecord
from services.scheduler.timing import end_of_time_for


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
        return sum(job.work for job in jobs) + self.pace * COHORT_SECONDS * len(jobs)

    def affords(self, groups: Sequence[Group]) -> bool:
        return self.cost(groups) <= self.left


def open_purse(
    record: StudyRecord, searched: Searched, purposes: frozenset[Purpose], now: float
) -> Purse:
    """For the part of the finals whose cohorts have these `purposes`."""
    spec = record.study.spec
    one = next(iter(purposes))
    until = end_of_time_for(one, record.deadline, spec)
    ours = [each for each in record.cohorts.values() if each.purpose in purposes]
    if until is None:
        allowed = confirm_work if Purpose.CONFIRM in purposes else explain_work
        total = allowed(searched.work, spec.engine)
        fixed = COHORT_SECONDS * WORK_PER_SECOND * len(ours)
        spent = sum(_work_of(record, searched, each) for each in ours) + fixed
        return Purse(total, total - spent, WORK_PER_SECOND, by_clock=False)
    pace = searched.work / searched.seconds if searched.seconds else WORK_PER_SECOND
    pace /= SLOWER
    seconds = max(0.0, until - now - last_start_seconds(spec, one))
    owed = sum(
        _work_of(record, searched, each) for each in ours if each.state is not CohortState.ENDED
    )
    total = seconds * pace
    return Purse(total, total - owed, pace, by_clock=True)


def _work_of(record: StudyRecord, searched: Searched, cohort: Cohort) -> float:
    if cohort.purpose is Purpose.BASELINE:
        return 0.0
    like = searched.ranked[0].design
    trials = (record.finals[number] for number in cohort.numbers if number in record.finals)
    return sum(
        trial.share * searched.lane_work(record.study, trial.design, like) for trial in trials
    )
