"""Designs that users add while a study searches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from layerlab.domain.design import Design
from layerlab.domain.event import EventType, study_subject
from layerlab.domain.json_value import JsonValue
from layerlab.domain.problem import Conflict, InvalidInput
from layerlab.domain.spec import MAX_DESIGNS
from layerlab.domain.study import Purpose
from layerlab.domain.trial import StudyState
from services.gateway.ledger.decisions.command import Command, Decision, Draft, answering
from services.gateway.ledger.fold import Record
from services.gateway.ledger.views import AddedDesigns, KnownDesign

_SEARCHES: Final = frozenset({StudyState.PENDING, StudyState.RUNNING, StudyState.SUSPENDED})


def add(designs: Sequence[Design]) -> Command[AddedDesigns]:
    """Those that are known already are not added again, so that a repeat changes nothing.

    :raises Conflict: `search_is_over`, `no_trials_left`.
    :raises InvalidInput: `too_many_designs`.
    """

    def decide(record: Record, now: datetime) -> Decision[AddedDesigns]:
        study = record.study
        tried = _tried(record)
        asked = {**dict.fromkeys(study.spec.designs), **tried}
        known = [KnownDesign(each, asked[each]) for each in designs if each in asked]
        fresh = [each for each in dict.fromkeys(designs) if each not in asked]
        if fresh:
            _check(record, fresh, untried=sum(each not in tried for each in study.spec.designs))
        answer = AddedDesigns(tuple(fresh), tuple(known))
        return answering(answer, *_drafts(record, fresh))

    return decide


def _tried(record: Record) -> dict[Design, int]:
    """The trial of each design that the search has tried."""
    trials = (each for each in record.trials.values() if each.purpose is Purpose.SEARCH)
    return {trial.design: trial.number for trial in trials}


def _check(record: Record, fresh: Sequence[Design], untried: int) -> None:
    study, limit = record.study, record.study.spec.budget.max_trials
    if record.in_finals or study.state not in _SEARCHES:
        raise Conflict(
            "search_is_over",
            f"The study is {study.state}, and its search is over: it tries no more designs.",
            hint="Start another study with them.",
            extra={"state": study.state.value},
        )
    if len(study.spec.designs) + len(fresh) > MAX_DESIGNS:
        raise InvalidInput(
            "too_many_designs",
            f"A study takes {MAX_DESIGNS} designs of yours at most.",
            field="designs",
            extra={"limit": MAX_DESIGNS, "known": len(study.spec.designs)},
        )
    if limit is not None and record.searched + untried + len(fresh) > limit:
        left = max(0, limit - record.searched - untried)
        raise Conflict(
            "no_trials_left",
            f"Of the study's {limit} trials {left} are left, for {len(fresh)} designs.",
            hint="Add fewer, or start another study with them.",
            field="designs",
            extra={"left": left},
        )


def _drafts(record: Record, fresh: Iterable[Design]) -> tuple[Draft, ...]:
    designs: list[JsonValue] = [each.to_json() for each in fresh]
    if not designs:
        return ()
    subject = study_subject(record.study_id)
    return (Draft(EventType.DESIGNS_ADDED, subject, {"designs": designs}),)
