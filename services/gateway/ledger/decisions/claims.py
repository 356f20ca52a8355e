"""Taking a cohort, and giving it up."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from layerlab.domain.exchange import Claim, ClaimOutcome
from layerlab.domain.phases import kept_seconds, last_start_seconds
from layerlab.domain.study import (
    MAX_ATTEMPTS,
    MAX_LOST_WORKERS,
    Assignment,
    Cohort,
    Proposal,
    Purpose,
    Trial,
)
from layerlab.domain.trial import Actor, CohortState, FailureReason, StudyState, TrialState
from services.gateway.ledger.decisions.command import Command, Decision, Draft, answering
from services.gateway.ledger.decisions.leases import Leases
from services.gateway.ledger.decisions.moves import (
    claim_cohort,
    fail_cohort,
    hand_back,
    lanes,
    move_cohort,
    move_trial,
    take_back,
)
from services.gateway.ledger.fold import CohortEntry, Record
from services.gateway.ledger.progress import seconds_left

_ENDED: Final = Claim(ClaimOutcome.ENDED)
# That a worker is gone is known a moment after it has died; whoever waits for that asks so often.
_ASK_AGAIN_SECONDS: Final = 1.0
_STARTS_NOTHING: Final = frozenset({StudyState.SUSPENDED, StudyState.STOPPING})


def claim(
    cohort_id: str,
    worker_id: str,
    incarnation: str,
    lease_seconds: float,
    leases: Leases | None = None,
) -> Command[Claim | None]:
    """None: somebody holds it, so that the leases must be known. They seldom matter.

    :raises NotFound: `unknown_study`, `unknown_cohort`.
    """

    def decide(record: Record, now: datetime) -> Decision[Claim | None]:
        entry = record.entry(cohort_id)
        cohort = entry.cohort
        if cohort.state is CohortState.ENDED or record.study.state.is_terminal:
            return answering(_ENDED)
        open_lanes = [trial for trial in lanes(record, cohort) if _is_open(cohort, trial)]
        if not open_lanes:
            return answering(_ENDED, move_cohort(cohort, CohortState.ENDED, Actor.TRAINER))
        running = cohort.state is CohortState.RUNNING
        if not running and not _may_start(record, cohort, now):
            return answering(_ENDED, *_put_off(record, cohort))
        if running and cohort.worker_id != worker_id:
            if leases is None:
                return answering(None)
            wait = leases.until_takeover(entry, now)
            if wait > 0:
                return answering(_busy(wait, leases.is_gone(cohort.worker_id)))
        # The same incarnation asks twice when an answer got lost; then nobody else did.
        lost = running and cohort.incarnation != incarnation
        if lost and entry.lost_workers + 1 >= MAX_LOST_WORKERS:
            return answering(_ENDED, *_give_up(record, entry))
        claimed = replace(
            cohort, attempt=cohort.attempt + 1, worker_id=worker_id, incarnation=incarnation
        )
        drafts = _take(record, cohort, claimed, FailureReason.WORKER_LOST if lost else None)
        assignment = _assignment(record, claimed, open_lanes, lease_seconds, now)
        return answering(Claim(ClaimOutcome.CLAIMED, assignment), *drafts)

    return decide


def _busy(seconds: float, holder_is_gone: bool) -> Claim:
    again = min(seconds, _ASK_AGAIN_SECONDS)
    return Claim(ClaimOutcome.BUSY, retry_after_seconds=again, holder_is_gone=holder_is_gone)


def _may_start(record: Record, cohort: Cohort, now: datetime) -> bool:
    """A suspended study starts nothing. One that stops, or tests its finalists, waits for what
    runs and for nothing else: what started might beat the finalist while that is being tested.
    The end of the study cancels it. Nor does anything start that could hardly train before the
    time budget ends: its trainer is wanted for the test.
    """
    if cohort.purpose is Purpose.TEST:
        return True
    is_over = record.in_finals if cohort.purpose is Purpose.SEARCH else record.tests
    return not (is_over or record.study.state in _STARTS_NOTHING or _is_late(record, cohort, now))


def _is_late(record: Record, cohort: Cohort, now: datetime) -> bool:
    left = _seconds_to_train(record, cohort, now)
    return left is not None and left <= last_start_seconds(record.study.spec, cohort.purpose)


def _put_off(record: Record, cohort: Cohort) -> list[Draft]:
    """While its study is suspended, a cohort needs no message; PENDING says that it has none."""
    if record.study.state is not StudyState.SUSPENDED or cohort.state is not CohortState.QUEUED:
        return []
    return list(take_back(record, cohort, Actor.TRAINER))


def _is_open(cohort: Cohort, trial: Trial) -> bool:
    if cohort.purpose is Purpose.TEST:
        return trial.score_test is None
    return not trial.state.is_terminal


def _give_up(record: Record, entry: CohortEntry) -> list[Draft]:
    detail = f"{entry.lost_workers + 1} workers were lost while they trained it."
    return list(fail_cohort(record, entry.cohort, Actor.TRAINER, FailureReason.WORKER_LOST, detail))


def _take(
    record: Record, before: Cohort, claimed: Cohort, reason: FailureReason | None
) -> list[Draft]:
    drafts = [claim_cohort(before, claimed, reason)]
    # Finalists have ended as trials; only their cohort runs.
    if claimed.purpose is not Purpose.TEST:
        drafts += (
            move_trial(record.study_id, trial, TrialState.RUNNING, Actor.TRAINER, claimed)
            for trial in lanes(record, claimed)
            if not trial.state.is_terminal
        )
    return drafts


def _assignment(
    record: Record, cohort: Cohort, open_lanes: list[Trial], lease_seconds: float, now: datetime
) -> Assignment:
    return Assignment(
        study_id=record.study_id,
        cohort_id=cohort.cohort_id,
        purpose=cohort.purpose,
        attempt=cohort.attempt,
        lease_seconds=lease_seconds,
        spec=record.study.spec,
        lanes=tuple(
            Proposal(
                trial.number, trial.design, trial.seed, trial.repeat, trial.share, trial.baseline
            )
            for trial in open_lanes
        ),
        seconds_left=_seconds_to_train(record, cohort, now),
        best=record.bar,
        rungs=cohort.rungs,
    )


def _seconds_to_train(record: Record, cohort: Cohort, now: datetime) -> float | None:
    left, spec = seconds_left(record, now), record.study.spec
    if left is None:
        return None
    to_train = left - kept_seconds(spec, cohort.purpose)
    if to_train <= last_start_seconds(spec, cohort.purpose) and _is_last_hope(record, cohort):
        to_train = left - spec.budget.test_seconds
    return max(0.0, to_train)


def _is_last_hope(record: Record, cohort: Cohort) -> bool:
    """Nothing has succeeded, and nothing else runs that still might: there is nothing yet to keep
    time for."""
    cohorts = (each.cohort for each in record.cohorts.values())
    return record.best is None and not any(
        each.purpose is Purpose.SEARCH
        and each.state is CohortState.RUNNING
        and each.cohort_id != cohort.cohort_id
        for each in cohorts
    )


def release(
    cohort_id: str, attempt: int, reason: FailureReason | None, detail: str
) -> Command[bool]:
    """True: the cohort is QUEUED. A repeat, or a stale attempt's word, changes nothing."""

    def decide(record: Record, now: datetime) -> Decision[bool]:
        entry = record.entry(cohort_id)
        cohort = entry.cohort
        if cohort.attempt != attempt or cohort.state is not CohortState.RUNNING:
            return answering(cohort.attempt == attempt and cohort.state is CohortState.QUEUED)
        lost = reason is FailureReason.WORKER_LOST
        failures, limit = (
            (entry.lost_workers, MAX_LOST_WORKERS) if lost else (entry.failures, MAX_ATTEMPTS)
        )
        if reason is not None and failures + 1 >= limit:
            drafts = fail_cohort(record, cohort, Actor.TRAINER, reason, detail)
            return answering(False, *drafts)
        drafts = hand_back(record, cohort, reason, detail)
        return answering(True, *drafts)

    return decide
