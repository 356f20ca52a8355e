"""What the ledger and those who work for it say to each other."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from layerlab.domain.cohort_stats import CohortStats
from layerlab.domain.evaluation import EvaluatedTrial
from layerlab.domain.receipt import Receipt
from layerlab.domain.study import (
    Assignment,
    Cohort,
    EpochReport,
    Study,
    TestScore,
    Trial,
    TrialEnd,
)


class ClaimOutcome(StrEnum):
    """CLAIMED: train it. ENDED: nothing is left to do. BUSY: another worker has a live lease.

    A message is not needed while a lease lives: when that ends, the cohort is published again.
    """

    CLAIMED = "claimed"
    ENDED = "ended"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Claim:
    """BUSY: ask again after `retry_after_seconds`. `holder_is_gone`: the other worker was seen to
    go; if it doesn't come back within seconds, its cohort can be taken over.
    """

    outcome: ClaimOutcome
    assignment: Assignment | None = None
    retry_after_seconds: float = 0.0
    holder_is_gone: bool = False


@dataclass(frozen=True, slots=True)
class ReportBatch:
    """What a trainer saw since its last batch; `message_number` counts from 1 in the attempt.

    `stats` and `receipt` come with the ends that complete the cohort. What was `evaluated` was
    uploaded before.
    """

    message_number: int
    epochs: tuple[EpochReport, ...] = ()
    ends: tuple[TrialEnd, ...] = ()
    test_scores: tuple[TestScore, ...] = ()
    stats: CohortStats | None = None
    receipt: Receipt | None = None
    evaluated: tuple[EvaluatedTrial, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportAck:
    """Everything up to `acknowledged` is durable. `stale` and `cancelled`: stop, report no more."""

    acknowledged: int
    stale: bool = False
    cancelled: bool = False
    stop_trials: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Attended:
    """What a worker's report is answered with: the seconds until the next one is due; one may come
    earlier. `drain`: somebody wants it to end what it holds and to take no more, until it is told
    otherwise.
    """

    next_report_seconds: float
    drain: bool = False


@dataclass(frozen=True, slots=True)
class Registration:
    """`is_repeated`: the cohort was registered before, perhaps by somebody else and otherwise."""

    cohort: Cohort
    is_repeated: bool = False


@dataclass(frozen=True, slots=True)
class Reclaimed:
    """What became of cohorts that were taken back.

    `cohorts` of them are PENDING now. `waiting` are QUEUED, and have been for so long that the
    queue holds their messages unless it has lost them.
    """

    cohorts: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class QueueReport:
    """Messages as the broker counts them, one a cohort at least: those that wait, and those that
    nobody could handle. `consumers` are in line for one; it may count some that train, too.
    """

    broker: str
    ready: int
    dead: int
    consumers: int


@dataclass(frozen=True, slots=True)
class StudyDelta:
    """What is new of one study since the delta before; the first ones have all of it.

    `complete` is false while more of the first ones follow. `seconds_left` of the time budget
    is by the ledger's clock at sending; None without a time budget.
    """

    study: Study
    trials: tuple[Trial, ...]
    cohorts: tuple[Cohort, ...]
    seq: int
    complete: bool = True
    seconds_left: float | None = None
