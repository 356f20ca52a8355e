"""Creating a study, and moving it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from layerlab.domain.estimate import Estimate
from layerlab.domain.event import EventType, study_subject
from layerlab.domain.problem import Conflict
from layerlab.domain.spec import StudySpec
from layerlab.domain.study import Study
from layerlab.domain.table_shape import TableShape
from layerlab.domain.trial import Actor, StudyState
from services.gateway.ledger.cohort_documents import table_to_json
from services.gateway.ledger.decisions.command import Command, Decision, Draft
from services.gateway.ledger.decisions.moves import end_everything, move_study
from services.gateway.ledger.estimate_documents import estimate_to_json
from services.gateway.ledger.fold import Record
from services.gateway.ledger.progress import view
from services.gateway.ledger.spec_documents import spec_to_json
from services.gateway.ledger.views import StudyVerb, StudyView

_TARGET: Final[Mapping[StudyVerb, StudyState]] = {
    StudyVerb.SUSPEND: StudyState.SUSPENDED,
    StudyVerb.RESUME: StudyState.RUNNING,
    StudyVerb.STOP: StudyState.STOPPING,
    StudyVerb.CANCEL: StudyState.CANCELLED,
}


def create(
    spec: StudySpec,
    traceparent: str = "",
    table: TableShape | None = None,
    estimate: Estimate | None = None,
) -> Command[StudyView]:
    """`traceparent` of the request, and the shape of its `table`, for those who will work on it.

    :raises Conflict: `study_exists`."""

    def decide(record: Record, now: datetime) -> Decision[StudyView]:
        if record.found is not None:
            raise Conflict("study_exists", f"There is a study {record.study_id} already.")
        data = {**spec_to_json(spec), "state": StudyState.PENDING.value}
        if traceparent:
            data["traceparent"] = traceparent
        if table:
            data["table"] = table_to_json(table)
        if estimate:
            data["estimate"] = estimate_to_json(estimate)
        draft = Draft(EventType.STUDY_CREATED, study_subject(record.study_id), data)
        return Decision((draft,), lambda after: view(after, now))

    return decide


def move_by_user(verb: StudyVerb) -> Command[StudyView]:
    """A verb that has been obeyed already changes nothing.

    :raises Conflict: `illegal_move`.
    """

    def decide(record: Record, now: datetime) -> Decision[StudyView]:
        drafts = _move(record, _TARGET[verb], Actor.USER, "")
        return Decision(drafts, lambda after: view(after, now))

    return decide


def move_by_scheduler(to: StudyState, detail: str) -> Command[Study]:
    """As with a user's verb, a repeat changes nothing.

    :raises Conflict: `illegal_move`.
    """

    def decide(record: Record, now: datetime) -> Decision[Study]:
        return Decision(_move(record, to, Actor.SCHEDULER, detail), lambda after: after.study)

    return decide


def _move(record: Record, to: StudyState, actor: Actor, detail: str) -> tuple[Draft, ...]:
    if record.study.state is to:
        return ()
    last = move_study(record, to, actor, detail)
    # The study's own end comes last: whoever has read it has read everything.
    return (*end_everything(record, actor), last) if to.is_terminal else (last,)
