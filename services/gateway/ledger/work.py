"""What is being trained at this moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from layerlab.domain.study import Cohort, Purpose
from layerlab.domain.trial import CohortState
from layerlab.domain.worker import Worker
from services.gateway.ledger.fold import Record


@dataclass(frozen=True, slots=True)
class Work:
    """What a worker trains, or has just ended. `lanes`: trials of the cohort that have not ended.
    `since`: when this attempt began to train them; None of one that trains nothing, but tests.
    """

    study_name: str
    cohort_id: str
    attempt: int
    purpose: Purpose
    lanes: int
    since: datetime | None


def work_of(worker: Worker) -> Callable[[Record, datetime], Work | None]:
    """Of the study that it has reported. What it has claimed is known here sooner than it tells:
    a small cohort ends between two of its reports.
    """

    def read(record: Record, now: datetime) -> Work | None:
        cohort = _reported(record, worker)
        if cohort is None or cohort.state is not CohortState.RUNNING:
            cohort = _claimed(record, worker) or cohort
        return None if cohort is None else _work(record, cohort)

    return read


def _reported(record: Record, worker: Worker) -> Cohort | None:
    """None unless its attempt is the one that counts."""
    entry = record.cohorts.get(worker.cohort_id)
    if entry is None or entry.cohort.attempt != worker.attempt:
        return None
    return entry.cohort


def _claimed(record: Record, worker: Worker) -> Cohort | None:
    """The one that it has claimed longest ago, of those with trials under way."""
    running = {record.trials[number].cohort_id for number in record.running}
    cohorts = (record.cohorts[cohort_id].cohort for cohort_id in running)
    its = (each for each in cohorts if each.incarnation == worker.incarnation)
    return min(its, key=lambda cohort: cohort.seq, default=None)


def _work(record: Record, cohort: Cohort) -> Work:
    trials = [record.trials[number] for number in cohort.numbers]
    began = [
        each.started_at for each in trials if each.started_at and each.attempt == cohort.attempt
    ]
    return Work(
        record.study.spec.name,
        cohort.cohort_id,
        cohort.attempt,
        cohort.purpose,
        sum(not each.state.is_terminal for each in trials),
        min(began, default=None),
    )


def epochs_under_way(record: Record, now: datetime) -> int:
    """Of the trials that train now, so far."""
    return sum(record.trials[number].epochs for number in record.running)
