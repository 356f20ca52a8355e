"""What the trials of a study come to."""

from __future__ import annotations

from datetime import datetime

from layerlab.domain.event import EventType, study_subject
from layerlab.domain.problem import Conflict
from layerlab.domain.verdict import Verdict
from layerlab.domain.verdict_document import verdict_to_json
from services.gateway.ledger.decisions.command import Command, Decision, Draft, answering
from services.gateway.ledger.fold import Record


def reach(verdict: Verdict) -> Command[None]:
    """Repeating the last one changes nothing.

    :raises Conflict: `study_is_over`.
    """

    def decide(record: Record, now: datetime) -> Decision[None]:
        study = record.study
        if study.verdict == verdict:
            return answering(None)
        if study.state.is_terminal:
            raise Conflict("study_is_over", f"The study is {study.state}: its verdict stands.")
        subject = study_subject(record.study_id)
        data = {"verdict": verdict_to_json(verdict)}
        return answering(None, Draft(EventType.VERDICT_REACHED, subject, data))

    return decide
