"""Trials, cohorts and studies: their states, and who may move which to which."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from layerlab.domain.problem import Conflict


class Actor(StrEnum):
    """Who asks for a move."""

    SCHEDULER = "scheduler"
    TRAINER = "trainer"
    USER = "user"


class TrialState(StrEnum):
    PENDING = "PENDING"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    PRUNED = "PRUNED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def is_terminal(self) -> bool:
        return self in _TERMINAL_TRIALS


class StudyState(StrEnum):
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUSPENDED = "SUSPENDED"
    STOPPING = "STOPPING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def is_terminal(self) -> bool:
        return self in _TERMINAL_STUDIES


class CohortState(StrEnum):
    PENDING = "PENDING"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    ENDED = "ENDED"


class FailureReason(StrEnum):
    WORKER_LOST = "WORKER_LOST"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    NAN_LOSS = "NAN_LOSS"
    TRIAL_TIMEOUT = "TRIAL_TIMEOUT"
    INVALID_DESIGN = "INVALID_DESIGN"
    INTERNAL = "INTERNAL"


class StopReason(StrEnum):
    """Why a trial that has a score trained no longer."""

    MAX_EPOCHS = "max_epochs"
    EARLY_STOPPING = "early_stopping"
    TIME_BUDGET = "time_budget"
    RUNG = "rung"
    REPLAYED = "replayed"


_TERMINAL_TRIALS: Final = frozenset(
    {TrialState.SUCCEEDED, TrialState.PRUNED, TrialState.FAILED, TrialState.CANCELLED}
)
_TERMINAL_STUDIES: Final = frozenset(
    {StudyState.SUCCEEDED, StudyState.FAILED, StudyState.CANCELLED}
)

_T = TrialState
_SCHEDULER, _TRAINER, _USER = Actor.SCHEDULER, Actor.TRAINER, Actor.USER

TRIAL_MOVES: Final[Mapping[tuple[TrialState, TrialState], frozenset[Actor]]] = {
    (_T.PENDING, _T.QUEUED): frozenset({_SCHEDULER}),
    # A trainer may claim a cohort between its publication and the scheduler's mark.
    (_T.PENDING, _T.RUNNING): frozenset({_TRAINER}),
    (_T.QUEUED, _T.RUNNING): frozenset({_TRAINER}),
    # A trainer found its study suspended, or the queue has lost it: to be published again.
    (_T.QUEUED, _T.PENDING): frozenset({_TRAINER, _SCHEDULER}),
    # A new attempt, after the lease of the one before has expired.
    (_T.RUNNING, _T.RUNNING): frozenset({_TRAINER}),
    # Handed back by its trainer, message and all.
    (_T.RUNNING, _T.QUEUED): frozenset({_TRAINER}),
    # Taken back by the reconciler from a worker that is lost: to be published again.
    (_T.RUNNING, _T.PENDING): frozenset({_SCHEDULER}),
    (_T.RUNNING, _T.SUCCEEDED): frozenset({_TRAINER}),
    (_T.RUNNING, _T.PRUNED): frozenset({_TRAINER}),
    # The scheduler fails what has used up its attempts.
    (_T.RUNNING, _T.FAILED): frozenset({_TRAINER, _SCHEDULER}),
    (_T.QUEUED, _T.FAILED): frozenset({_SCHEDULER}),
    (_T.PENDING, _T.CANCELLED): frozenset({_SCHEDULER, _USER}),
    (_T.QUEUED, _T.CANCELLED): frozenset({_SCHEDULER, _USER}),
    (_T.RUNNING, _T.CANCELLED): frozenset({_SCHEDULER, _USER, _TRAINER}),
}

_S = StudyState
STUDY_MOVES: Final[Mapping[tuple[StudyState, StudyState], frozenset[Actor]]] = {
    (_S.PENDING, _S.RUNNING): frozenset({_SCHEDULER}),
    (_S.PENDING, _S.SUSPENDED): frozenset({_USER}),
    (_S.PENDING, _S.STOPPING): frozenset({_USER}),
    (_S.PENDING, _S.CANCELLED): frozenset({_USER}),
    (_S.PENDING, _S.FAILED): frozenset({_SCHEDULER}),
    (_S.RUNNING, _S.SUSPENDED): frozenset({_USER}),
    (_S.RUNNING, _S.STOPPING): frozenset({_USER}),
    (_S.RUNNING, _S.SUCCEEDED): frozenset({_SCHEDULER}),
    (_S.RUNNING, _S.FAILED): frozenset({_SCHEDULER}),
    (_S.RUNNING, _S.CANCELLED): frozenset({_USER}),
    (_S.SUSPENDED, _S.RUNNING): frozenset({_USER}),
    (_S.SUSPENDED, _S.STOPPING): frozenset({_USER}),
    # The time budget goes on while a study is suspended.
    (_S.SUSPENDED, _S.SUCCEEDED): frozenset({_SCHEDULER}),
    (_S.SUSPENDED, _S.FAILED): frozenset({_SCHEDULER}),
    (_S.SUSPENDED, _S.CANCELLED): frozenset({_USER}),
    (_S.STOPPING, _S.SUCCEEDED): frozenset({_SCHEDULER}),
    (_S.STOPPING, _S.FAILED): frozenset({_SCHEDULER}),
    (_S.STOPPING, _S.CANCELLED): frozenset({_USER, _SCHEDULER}),
}


_C = CohortState
COHORT_MOVES: Final[Mapping[tuple[CohortState, CohortState], frozenset[Actor]]] = {
    (_C.PENDING, _C.QUEUED): frozenset({_SCHEDULER}),
    (_C.PENDING, _C.RUNNING): frozenset({_TRAINER}),
    (_C.QUEUED, _C.RUNNING): frozenset({_TRAINER}),
    (_C.QUEUED, _C.PENDING): frozenset({_TRAINER, _SCHEDULER}),
    # As with trials: a new attempt; handed back; taken back.
    (_C.RUNNING, _C.RUNNING): frozenset({_TRAINER}),
    (_C.RUNNING, _C.QUEUED): frozenset({_TRAINER}),
    (_C.RUNNING, _C.PENDING): frozenset({_SCHEDULER}),
    # A cohort ends with its last trial, whoever ends that.
    (_C.PENDING, _C.ENDED): frozenset(Actor),
    (_C.QUEUED, _C.ENDED): frozenset(Actor),
    (_C.RUNNING, _C.ENDED): frozenset(Actor),
}


def check_trial_move(current: TrialState, to: TrialState, actor: Actor) -> None:
    """:raises Conflict: when the table does not let `actor` make this move."""
    if actor not in TRIAL_MOVES.get((current, to), frozenset()):
        raise Conflict(
            "illegal_move",
            f"A trial that is {current} can't be moved to {to} by the {actor}.",
            extra={"state": current.value},
        )


def check_study_move(current: StudyState, to: StudyState, actor: Actor) -> None:
    """:raises Conflict: when the table does not let `actor` make this move."""
    if actor not in STUDY_MOVES.get((current, to), frozenset()):
        raise Conflict(
            "illegal_move",
            f"A study that is {current} can't be moved to {to} by the {actor}.",
            extra={"state": current.value},
        )


def check_cohort_move(current: CohortState, to: CohortState, actor: Actor) -> None:
    """:raises Conflict: when the table does not let `actor` make this move."""
    if actor not in COHORT_MOVES.get((current, to), frozenset()):
        raise Conflict(
            "illegal_move",
            f"A cohort that is {current} can't be moved to {to} by the {actor}.",
            extra={"state": current.value},
        )
