"""What the scheduler can do about a study. Each can be done again without harm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from layerlab.domain.halving import Rung
from layerlab.domain.study import Proposal, Purpose
from layerlab.domain.trial import StudyState
from services.scheduler.search import Wish


@dataclass(frozen=True, slots=True)
class StartStudy:
    """PENDING becomes RUNNING."""


@dataclass(frozen=True, slots=True)
class RegisterCohort:
    """The ledger records new trials (`proposals`), or the test of trials that it has.

    `rungs`: where the cohort's trainers shall drop its weaker lanes.
    """

    cohort_id: str
    purpose: Purpose
    proposals: tuple[Proposal, ...] = ()
    finalists: tuple[int, ...] = ()
    rungs: tuple[Rung, ...] = ()


@dataclass(frozen=True, slots=True)
class AskDesigns:
    """The thinking process chooses the designs that a search wishes for."""

    wish: Wish


@dataclass(frozen=True, slots=True)
class Judge:
    """The thinking process says what the trials come to after so many rounds of the finals, and the
    ledger records it.
    """

    round: int
    is_final: bool


@dataclass(frozen=True, slots=True)
class PublishCohort:
    """The queue takes responsibility for its message."""

    cohort_id: str


@dataclass(frozen=True, slots=True)
class MarkCohort:
    """The ledger hears that the queue has."""

    cohort_id: str


@dataclass(frozen=True, slots=True)
class EndStudy:
    """Trials that have not ended are cancelled."""

    state: StudyState
    detail: str


Action: TypeAlias = (
    StartStudy | AskDesigns | RegisterCohort | PublishCohort | MarkCohort | Judge | EndStudy
)
