"""What users write on a study, and putting it away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from layerlab.domain.event import EventType, study_subject
from layerlab.domain.json_value import JsonObject, JsonValue
from layerlab.domain.problem import Conflict
from layerlab.domain.study import Study
from services.gateway.ledger.decisions.command import Command, Decision, Draft
from services.gateway.ledger.fold import Record
from services.gateway.ledger.progress import view
from services.gateway.ledger.views import StudyView


@dataclass(frozen=True, slots=True)
class Description:
    """None leaves what is there."""

    name: str | None = None
    note: str | None = None
    tags: tuple[str, ...] | None = None

    def changes(self, study: Study) -> JsonObject:
        changed: dict[str, JsonValue] = {}
        if self.name is not None and self.name != study.spec.name:
            changed["name"] = self.name
        if self.note is not None and self.note != study.note:
            changed["note"] = self.note
        if self.tags is not None and self.tags != study.tags:
            changed["tags"] = list(self.tags)
        return changed


def describe(description: Description) -> Command[StudyView]:
    """Saying the same again changes nothing."""

    def decide(record: Record, now: datetime) -> Decision[StudyView]:
        changed = description.changes(record.study)
        drafts = (_draft(record, EventType.STUDY_DESCRIBED, changed),) if changed else ()
        return Decision(drafts, lambda after: view(after, now))

    return decide


def delete() -> Command[StudyView]:
    """Takes an ended study from all lists; nothing of it is lost. A repeat changes nothing.

    :raises Conflict: `study_is_active`.
    """

    def decide(record: Record, now: datetime) -> Decision[StudyView]:
        study = record.study
        if not study.state.is_terminal:
            raise Conflict(
                "study_is_active",
                f"The study is {study.state}; only one that has ended can be deleted.",
                hint="Stop or cancel it first.",
                extra={"state": study.state.value},
            )
        drafts = () if study.deleted_at else (_draft(record, EventType.STUDY_DELETED, {}),)
        return Decision(drafts, lambda after: view(after, now))

    return decide


def restore() -> Command[StudyView]:
    """Of one that isn't deleted it changes nothing."""

    def decide(record: Record, now: datetime) -> Decision[StudyView]:
        deleted = record.study.deleted_at is not None
        drafts = (_draft(record, EventType.STUDY_RESTORED, {}),) if deleted else ()
        return Decision(drafts, lambda after: view(after, now))

    return decide


def _draft(record: Record, kind: EventType, data: JsonObject) -> Draft:
    return Draft(kind, study_subject(record.study_id), data)
