"""Studies, trials and cohorts as records of the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from layerlab.domain.baseline import Baseline
from layerlab.domain.cohort_stats import CohortStats
from layerlab.domain.design import Design
from layerlab.domain.estimate import Estimate
from layerlab.domain.halving import Rung
from layerlab.domain.metric import Metric
from layerlab.domain.receipt import Receipt
from layerlab.domain.spec import Engine, StudySpec
from layerlab.domain.table_shape import TableShape
from layerlab.domain.trial import (
    CohortState,
    FailureReason,
    StopReason,
    StudyState,
    TrialState,
)
from layerlab.domain.verdict import Verdict

MAX_ATTEMPTS: Final = 3
"""How often a cohort may fail in its trainer's child; then its trials fail for that reason."""

KEPT_MODELS: Final = 5
"""Of how many of a study's best trials the weights are wanted."""

MAX_LOST_WORKERS: Final = 20
"""How many workers a cohort may lose without reporting an epoch; then WORKER_LOST.

Losing a worker is seldom the cohort's fault, so this is far more than bad luck brings: even where
every second worker dies within seconds, twenty in a row are one case in a million. But a cohort
that takes every worker down with it must not do so for ever, and such a one dies before its first
epoch is over: later ones need no more memory than that.
"""


class Purpose(StrEnum):
    """Why a cohort's trials train. `search`: to find designs. `confirm`: the best ones again.
    `baseline`: what networks have to beat. `ablation`: the winner with one thing changed. `rows`:
    the best ones on a part of the rows. `test`: trains nothing, and touches the test rows, once.
    """

    SEARCH = "search"
    CONFIRM = "confirm"
    BASELINE = "baseline"
    ABLATION = "ablation"
    ROWS = "rows"
    TEST = "test"


FINALS: Final = frozenset(Purpose) - {Purpose.SEARCH}
"""What begins when the search is over."""


@dataclass(frozen=True, slots=True)
class Study:
    """`traceparent`: W3C Trace Context of the request that created it; may be empty.

    `table` is estimated from the dataset's profile; None: it was not recorded. `verdict` is the
    last one reached, `estimate` what was predicted before it was created. `note` and `tags` are
    its users' own words. With `deleted_at` it is in no list, until it is restored.
    """

    study_id: str
    spec: StudySpec
    state: StudyState
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    detail: str = ""
    traceparent: str = ""
    table: TableShape | None = None
    verdict: Verdict | None = None
    estimate: Estimate | None = None
    note: str = ""
    tags: tuple[str, ...] = ()
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A trial that the scheduler wants: its number within the study, from 1, and its seed.

    `repeat` 0 is the study's own split; 1, 2, … are resamplings of the learning rows
    (`splitting.repeat_place`). `share`: of the training rows, the part that it trains on. With
    `baseline` that is what is fitted, and `design` says nothing.
    """

    number: int
    design: Design
    seed: int
    repeat: int = 0
    share: float = 1.0
    baseline: Baseline | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """One design trained once with one seed.

    `score_val` and `score_test` are natural values of the study's metric (`Metric.utility` says
    which is better). They belong to the epoch with the best validation score, whose weights are
    kept.
    `epochs` counts those trained. `fit_time_seconds` is the wall time of training and
    validating this trial in its cohort, from the cohort's start to the trial's end.
    """

    number: int
    design: Design
    seed: int
    engine: Engine
    cohort_id: str
    state: TrialState
    attempt: int = 0
    worker_id: str = ""
    reason: FailureReason | None = None
    stop_reason: StopReason | None = None
    detail: str = ""
    score_val: float | None = None
    score_test: float | None = None
    val_loss: float | None = None
    best_epoch: int | None = None
    epochs: int = 0
    fit_time_seconds: float | None = None
    n_params: int | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    has_model: bool = False
    purpose: Purpose = Purpose.SEARCH
    repeat: int = 0
    share: float = 1.0
    baseline: Baseline | None = None


@dataclass(frozen=True, slots=True)
class Cohort:
    """Trials that one trainer trains together, in one job; the unit of work on the queue.

    `seq` is that of the event that brought it into its state; 0: not from the ledger. Every
    attempt drops its weaker lanes at the same `rungs`, earliest first. `stats` and `receipt` are
    there when it has been trained to its end.

    Its trials share their matrices: repeat, share, and what their designs say of preparation.
    """

    cohort_id: str
    study_id: str
    purpose: Purpose
    numbers: tuple[int, ...]
    state: CohortState = CohortState.PENDING
    attempt: int = 0
    worker_id: str = ""
    incarnation: str = ""
    seq: int = 0
    rungs: tuple[Rung, ...] = ()
    stats: CohortStats | None = None
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True)
class CohortRef:
    """What travels on the queue: a name, not the work. The claim answers with the work."""

    study_id: str
    cohort_id: str
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class Assignment:
    """The work of a claimed cohort: everything a trainer needs, from the ledger.

    `seconds_left` of the study's time budget, counted from the answer; `None` without one.
    `best` is the standing of the last of the study's `KEPT_MODELS` best trials: a trainer sends
    weights only of trials that beat it. None: there are not so many yet.
    """

    study_id: str
    cohort_id: str
    purpose: Purpose
    attempt: int
    lease_seconds: float
    spec: StudySpec
    lanes: tuple[Proposal, ...]
    seconds_left: float | None = None
    best: Standing | None = None
    rungs: tuple[Rung, ...] = ()


@dataclass(frozen=True, slots=True)
class EpochReport:
    """One epoch of one lane; (trial, attempt, epoch) identifies it, so a repeat is harmless.

    Losses are mean cross-entropy in nats, or mean squared error of the standardised target.
    A loss that is not finite is None.
    """

    number: int
    epoch: int
    train_loss: float | None
    val_loss: float | None
    score_val: float | None
    elapsed_seconds: float


@dataclass(frozen=True, slots=True)
class TrialEnd:
    """How a trial of a cohort ended, as its trainer saw it.

    `has_model`: the weights of the best epoch were uploaded for this trial and attempt.
    """

    number: int
    state: TrialState
    reason: FailureReason | None = None
    stop_reason: StopReason | None = None
    detail: str = ""
    score_val: float | None = None
    val_loss: float | None = None
    best_epoch: int | None = None
    epochs: int = 0
    fit_time_seconds: float = 0.0
    n_params: int | None = None
    has_model: bool = False


@dataclass(frozen=True, slots=True)
class TestScore:
    """The one touch of the test rows by a trial; there are so many `rows` (0: not said)."""

    __test__ = False  # Not a test class, whatever pytest thinks of the name.

    number: int
    score: float
    rows: int = 0


class StudyPhase(StrEnum):
    """How far a study's work has come, whatever its state."""

    SEARCH = "search"
    CONFIRM = "confirm"
    EXPLAIN = "explain"
    TEST = "test"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Tally:
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """`total` is the plan of the search; without `max_trials` it is what the time budget is
    expected to take. `finals` counts the trials after the search, those that are registered by now;
    more may follow, as what they show decides. `running` and the times are of all. `cancelled` are
    those of `done` that were not trained to an end, since the study was stopped or cancelled.
    """

    done: int
    total: int
    running: int
    elapsed_seconds: float
    eta_low_seconds: float | None
    eta_high_seconds: float | None
    phase: StudyPhase = StudyPhase.SEARCH
    finals: Tally = Tally()
    cancelled: int = 0


@dataclass(frozen=True, slots=True, order=False)
class Standing:
    """A trial's place in the ranking. `score` is a utility: higher is better."""

    score: float
    n_params: int
    number: int

    def beats(self, other: Standing | None) -> bool:
        """Higher score first; among equals the smaller network, then the earlier trial."""
        return other is None or self.rank < other.rank

    @property
    def rank(self) -> tuple[float, int, int]:
        """Sorts best first."""
        return (-self.score, self.n_params, self.number)


def standing(trial: Trial, metric: Metric) -> Standing | None:
    """None unless it is a trial of the search, and succeeded with a score."""
    if trial.purpose is not Purpose.SEARCH or trial.state is not TrialState.SUCCEEDED:
        return None
    if trial.score_val is None:
        return None
    return Standing(metric.utility(trial.score_val), trial.n_params or 0, trial.number)
