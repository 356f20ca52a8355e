"""What is being trained at this moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from layerlab.domain.study import Purpose
from services.gateway.ledger.fold import Record


@dataclass(frozen=True, slots=True)
class Work:
    """What a worker trains. `lanes`: trials of its cohort that have not ended. `since`: when this
    attempt began to train them; None of one that trains nothing, but tests.
    """

    study_name: str
    purpose: Purpose
    lanes: int
    since: datetime | None


def work_of(cohort_id: str, attempt: int) -> Callable[[Record, datetime], Work | None]:
    """None unless this attempt is the one that counts."""

    def read(record: Record, now: datetime) -> Work | None:
        entry = record.cohorts.get(cohort_id)
        if entry is None or entry.cohort.attempt != attempt:
            return None
        trials = [record.trials[number] for number in entry.cohort.numbers]
        began = [each.started_at for each in trials if each.started_at and each.attempt == attempt]
        return Work(
            record.study.spec.name,
            entry.cohort.purpose,
            sum(not each.state.is_terminal for each in trials),
            min(began, default=None),
        )

    return read


def epochs_under_way(record: Record, now: datetime) -> int:
    """Of the trials that train now, so far."""
    return sum(record.trials[number].epochs for number in record.running)
