"""Registering cohorts, and what the scheduler does with them afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final

from layerlab.domain.event import EventType, cohort_subject, trial_subject
from layerlab.domain.exchange import Reclaimed, Registration
from layerlab.domain.halving import Rung
from layerlab.domain.json_value import JsonValue
from layerlab.domain.problem import Conflict, InvalidInput
from layerlab.domain.spec import StudyKind
from layerlab.domain.study import (
    MAX_LOST_WORKERS,
    Cohort,
    CohortRef,
    Proposal,
    Purpose,
)
from layerlab.domain.trial import Actor, CohortState, FailureReason, StudyState, TrialState
from services.gateway.ledger.decisions.command import Command, Decision, Draft, answering
from services.gateway.ledger.decisions.leases import Leases
from services.gateway.ledger.decisions.moves import (
    fail_cohort,
    lanes,
    move_cohort,
    move_trial,
    take_back,
)
from services.gateway.ledger.fold import CohortEntry, Record
from services.gateway.ledger.halving_documents import rungs_to_json

# A cohort that was handed back is QUEUED a moment before its message is on the queue again.
_DELIVERY_SECONDS: Final = 4.0
_COHORT_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ON_OWN_SPLIT: Final = frozenset({Purpose.SEARCH, Purpose.BASELINE})
_TAKES_TRIALS: Final = frozenset({StudyState.PENDING, StudyState.RUNNING})


def register(
    ref: CohortRef,
    purpose: Purpose,
    proposals: Sequence[Proposal],
    finalists: Sequence[int],
    rungs: Sequence[Rung] = (),
) -> Command[Registration]:
    """:raises Conflict: `takes_no_trials`, `search_is_over`, `trial_taken`, `not_a_finalist`.
    :raises InvalidInput: `invalid_cohort`.
    """

    def decide(record: Record, now: datetime) -> Decision[Registration]:
        known = record.cohorts.get(ref.cohort_id)
        if known is not None:
            return answering(Registration(known.cohort, is_repeated=True))
        numbers = (
            _check_finalists(record, finalists)
            if purpose is Purpose.TEST
            else _check_proposals(record, purpose, proposals)
        )
        _check(bool(_COHORT_ID.fullmatch(ref.cohort_id)), "cohort_id", "is no id")
        _check(len(set(numbers)) == len(numbers) > 0, "numbers", "must be some, each once")
        _check(_climb(rungs), "rungs", "must keep fewer lanes, but some, at each later epoch")
        data = {
            "cohort_id": ref.cohort_id,
            "purpose": purpose.value,
            "numbers": numbers,
            "state": CohortState.PENDING.value,
            "rungs": rungs_to_json(rungs),
        }
        subject = cohort_subject(record.study_id, ref.cohort_id)
        registered = Draft(EventType.COHORT_REGISTERED, subject, data)
        trials = (_new_trial(record, ref.cohort_id, purpose, each) for each in proposals)
        return Decision(
            (registered, *trials),
            lambda after: Registration(after.cohorts[ref.cohort_id].cohort),
        )

    return decide


def _check_proposals(record: Record, purpose: Purpose, proposals: Sequence[Proposal]) -> list[int]:
    if record.study.state not in _TAKES_TRIALS:
        raise _takes_none(record)
    if purpose is Purpose.SEARCH and record.in_finals:
        # Two schedulers: one has ended the search already.
        raise Conflict("search_is_over", "The finals have begun: the search takes no trials.")
    for proposal in proposals:
        _check_proposal(purpose, proposal, record.study.spec.kind)
        if proposal.number in record.trials:
            taken = record.trials[proposal.number].cohort_id
            raise Conflict("trial_taken", f"Trial {proposal.number} is in cohort {taken}.")
    return [proposal.number for proposal in proposals]


def _check_proposal(purpose: Purpose, proposal: Proposal, kind: StudyKind) -> None:
    """That it is on rows that its purpose makes sense on."""
    own, part = proposal.repeat == 0, proposal.share < 1.0
    _check(proposal.number >= 1, "number", "counts from 1")
    _check(0.0 < proposal.share <= 1.0, "share", "must be above 0 and at most 1")
    is_baseline = purpose is Purpose.BASELINE
    _check((proposal.baseline is not None) == is_baseline, "baseline", "belongs to baselines")
    if kind is StudyKind.REPLAY and purpose is Purpose.SEARCH:
        return
    _check(own or purpose is not Purpose.SEARCH, "repeat", "must be 0 in a search")
    _check(not own or purpose in _ON_OWN_SPLIT, "repeat", "must be 1 or more in the finals")
    _check(not part or purpose is Purpose.ROWS, "share", "must be 1: all rows train")


def _check_finalists(record: Record, finalists: Sequence[int]) -> list[int]:
    if record.study.state.is_terminal:
        raise _takes_none(record)
    tested = {
        number
        for entry in record.cohorts.values()
        if entry.cohort.purpose is Purpose.TEST and entry.cohort.state is not CohortState.ENDED
        for number in entry.cohort.numbers
    }
    for number in finalists:
        trial = record.trials.get(number)
        if trial is None or trial.state is not TrialState.SUCCEEDED or trial.baseline:
            raise Conflict("not_a_finalist", f"Trial {number} has not succeeded.")
        if trial.score_test is not None or number in tested:
            raise Conflict("trial_taken", f"Trial {number} has had its one test.")
    return list(finalists)


def _takes_none(record: Record) -> Conflict:
    state = record.study.state
    return Conflict(
        "takes_no_trials",
        f"The study is {state}: it takes no trials.",
        extra={"state": state.value},
    )


def _new_trial(record: Record, cohort_id: str, purpose: Purpose, proposal: Proposal) -> Draft:
    data: dict[str, JsonValue] = {
        "number": proposal.number,
        "from": None,
        "to": TrialState.PENDING.value,
        "actor": Actor.SCHEDULER.value,
        "cohort_id": cohort_id,
        "attempt": 0,
        "worker_id": "",
        "design": proposal.design.to_json(),
        "seed": proposal.seed,
        "engine": record.study.spec.engine.value,
    }
    if purpose is not Purpose.SEARCH or proposal.repeat or proposal.share != 1.0:
        data |= {
            "purpose": purpose.value,
            "repeat": proposal.repeat,
            "share": proposal.share,
            "baseline": proposal.baseline and proposal.baseline.value,
        }
    subject = trial_subject(record.study_id, proposal.number)
    return Draft(EventType.TRIAL_STATE_CHANGED, subject, data)


def mark_queued(cohort_id: str) -> Command[None]:
    """Changes nothing when the cohort is further on already."""

    def decide(record: Record, now: datetime) -> Decision[None]:
        cohort = record.entry(cohort_id).cohort
        # In a suspended study a trainer may have taken the message already, and put it off.
        if cohort.state is not CohortState.PENDING or _is_put_off(record, cohort):
            return answering(None)
        trials = (
            move_trial(record.study_id, trial, TrialState.QUEUED, Actor.SCHEDULER)
            for trial in lanes(record, cohort)
            if trial.state is TrialState.PENDING
        )
        return answering(None, *trials, move_cohort(cohort, CohortState.QUEUED, Actor.SCHEDULER))

    return decide


def reclaim(leases: Leases, include_queued: bool) -> Command[Reclaimed]:
    """Takes back what has lost its worker or, if asked to, its message."""

    def decide(record: Record, now: datetime) -> Decision[Reclaimed]:
        if record.study.state.is_terminal:
            return answering(Reclaimed())
        drafts: list[Draft] = []
        cohorts = waiting = 0
        for entry in record.cohorts.values():
            state = entry.cohort.state
            if state is CohortState.RUNNING and leases.remaining(entry, now) <= 0:
                drafts += _take_from_lost(record, entry)
                cohorts += 1
            elif state is CohortState.QUEUED and include_queued:
                drafts += take_back(record, entry.cohort, Actor.SCHEDULER)
                cohorts += 1
            elif state is CohortState.QUEUED:
                waiting += (now - entry.since).total_seconds() > _DELIVERY_SECONDS
        return answering(Reclaimed(cohorts, waiting), *drafts)

    return decide


def _is_put_off(record: Record, cohort: Cohort) -> bool:
    return record.study.state is StudyState.SUSPENDED and cohort.purpose is not Purpose.TEST


def _take_from_lost(record: Record, entry: CohortEntry) -> Iterator[Draft]:
    lost = FailureReason.WORKER_LOST
    if entry.lost_workers + 1 < MAX_LOST_WORKERS:
        return take_back(record, entry.cohort, Actor.SCHEDULER, lost)
    detail = f"{entry.lost_workers + 1} workers were lost while they trained it."
    return fail_cohort(record, entry.cohort, Actor.SCHEDULER, lost, detail)


def _climb(rungs: Sequence[Rung]) -> bool:
    epochs, kept = [0, *(each.epoch for each in rungs)], [*(each.keep for each in rungs), 0]
    return all(a < b for a, b in pairwise(epochs)) and all(a > b for a, b in pairwise(kept))


def _check(holds: bool, field: str, complaint: str) -> None:
    if not holds:
        raise InvalidInput("invalid_cohort", f"`{field}` {complaint}.", field=field)
