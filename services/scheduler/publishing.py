"""Getting registered cohorts onto the queue."""

from __future__ import annotations

from collections.abc import Iterable

from layerlab.domain.study import Cohort
from layerlab.domain.trial import CohortState
from services.scheduler.actions import Action, MarkCohort, PublishCohort
from services.scheduler.record import StudyRecord


def publish(record: StudyRecord, cohorts: Iterable[Cohort], now: float) -> Action | None:
    """What is planned or registered but, as far as this scheduler knows, not on the queue."""
    for cohort in cohorts:
        cohort_id = cohort.cohort_id
        if cohort_id in record.under_way or cohort.state is not CohortState.PENDING:
            continue
        if record.awaits_word(cohort_id, now):
            continue
        if cohort_id in record.registering:
            return record.registering[cohort_id]
        if cohort_id in record.published and cohort_id not in record.marked:
            return MarkCohort(cohort_id)
        if not record.is_left_to_others(cohort_id, now):
            return PublishCohort(cohort_id)
    return None
