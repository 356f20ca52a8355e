"""Events: what happened to a study, numbered without a gap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from layerlab.domain.json_value import JsonObject


class EventType(StrEnum):
    """Past tense. What `data` holds is in ARCHITECTURE.md, under Events."""

    STUDY_CREATED = "study.created"
    DESIGNS_ADDED = "study.designs_added"
    VERDICT_REACHED = "study.verdict_reached"
    STUDY_STATE_CHANGED = "study.state_changed"
    STUDY_DESCRIBED = "study.described"
    STUDY_DELETED = "study.deleted"
    STUDY_RESTORED = "study.restored"
    COHORT_REGISTERED = "cohort.registered"
    COHORT_STATE_CHANGED = "cohort.state_changed"
    TRIAL_STATE_CHANGED = "trial.state_changed"
    EPOCHS_REPORTED = "trial.epochs_reported"
    TRIAL_TESTED = "trial.tested"
    TRIAL_EVALUATED = "trial.evaluated"


@dataclass(frozen=True, slots=True)
class Event:
    """`seq` counts from 1 within its study; `subject` is a path such as studies/s/trials/17."""

    seq: int
    time: datetime
    type: EventType
    subject: str
    data: JsonObject


def study_subject(study_id: str) -> str:
    return f"studies/{study_id}"


def trial_subject(study_id: str, number: int) -> str:
    return f"studies/{study_id}/trials/{number}"


def cohort_subject(study_id: str, cohort_id: str) -> str:
    return f"studies/{study_id}/cohorts/{cohort_id}"
