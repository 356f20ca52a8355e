"""Studies, trials and cohorts as records of the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from layerlab.domain.cohort_stats import CohortStats
from layerlab.domain.dataset import ColumnKind, Task
from layerlab.domain.design import Design
from layerlab.domain.halving import Halving, Rung
from layerlab.domain.recipe import RecipeName
from layerlab.domain.space import SearchSpace
from layerlab.domain.table_shape import TableShape
from layerlab.domain.trial import (
    CohortState,
    FailureReason,
    StopReason,
    StudyState,
    TrialState,
)

MAX_ATTEMPTS: Final = 3
"""How often a cohort may fail in its trainer's child; then its trials fail for that reason."""

MAX_LOST_WORKERS: Final = 20
"""How many workers a cohort may lose without reporting an epoch; then WORKER_LOST.

Losing a worker is seldom the cohort's fault, so this is far more than bad luck brings: even where
every second worker dies within seconds, twenty in a row are one case in a million. But a cohort
that takes every worker down with it must not do so for ever, and such a one dies before its first
epoch is over: later ones need no more memory than that.
"""


class Engine(StrEnum):
    FUSED = "fused"
    KERAS = "keras"


class Search(StrEnum):
    RANDOM = "random"
    GRID = "grid"


class Purpose(StrEnum):
    """Why a cohort trains: to search, or to touch the test rows, once, for the finalists."""

    SEARCH = "search"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Budget:
    """The first limit that is reached ends the study; `time_seconds` is hard.

    `max_epochs` is per trial. `None`: no such limit.
    """

    max_trials: int | None
    max_epochs: int
    time_seconds: float | None

    @property
    def test_seconds(self) -> float:
        """Of the end of `time_seconds`, kept for the last reports and the finalist's test: 0.5 s;
        5 % of a shorter budget than 10 s, and 1 % of a longer one than 50 s: a large table takes
        longer to test, and whoever has one gives it more time.
        """
        limit = self.time_seconds or 0.0
        return min(0.05 * limit, max(0.5, 0.01 * limit))


@dataclass(frozen=True, slots=True)
class StudySpec:
    """What a user asks for. `seed` decides the split and the proposals.

    `halving`: how cohorts drop their weaker lanes; None: every lane trains to its end.
    """

    dataset_id: str
    target: str
    task: Task
    space: SearchSpace
    budget: Budget
    name: str = ""
    preset: str = ""
    search: Search = Search.RANDOM
    recipe: RecipeName = RecipeName.PAPER
    engine: Engine = Engine.FUSED
    seed: int = 0
    column_kinds: Mapping[str, ColumnKind] = field(default_factory=dict)
    halving: Halving | None = None

    @property
    def planned_trials(self) -> int | None:
        """`max_trials`, or all designs of the space if those are fewer; None: no end but time."""
        grid = self.search is Search.GRID
        size = self.space.grid_size() if grid else self.space.size()
        limits = [each for each in (self.budget.max_trials, size) if each is not None]
        return min(limits, default=None)


@dataclass(frozen=True, slots=True)
class Study:
    """`traceparent`: W3C Trace Context of the request that created it; may be empty.

    `table` is estimated from the dataset's profile; None: it was not recorded.
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


@dataclass(frozen=True, slots=True)
class Proposal:
    """A trial that the scheduler wants: its number within the study, from 1, and its seed."""

    number: int
    design: Design
    seed: int


@dataclass(frozen=True, slots=True)
class Trial:
    """One design trained once with one seed.

    `score_val` and `score_test` are accuracy (classification) or R² (regression): higher is
    better. They belong to the epoch with the best validation score, whose weights are kept.
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


@dataclass(frozen=True, slots=True)
class Cohort:
    """Trials that one trainer trains together, in one job; the unit of work on the queue.

    `seq` is that of the event that brought it into its state; 0: not from the ledger. Every
    attempt drops its weaker lanes at the same `rungs`, earliest first. `stats` are there when it
    has been trained to its end.
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
    `best` is the study's best score so far with the parameter count and number that break ties:
    a trainer sends weights only of trials that beat it.
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
    """The one touch of the test rows by a finalist."""

    __test__ = False  # Not a test class, whatever pytest thinks of the name.

    number: int
    score: float


@dataclass(frozen=True, slots=True)
class HeldCohort:
    """A cohort that a worker has claimed; the claim counted the attempt."""

    study_id: str
    cohort_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Worker:
    """A trainer as it last described itself. `incarnation` is new at every start.

    `also_holds`: beside the cohort that it trains, the next one, which it has fetched already,
    and those whose last reports are under way.
    `disconnected_at`: it was seen to go then, after its heartbeat; None: it is there, for all
    that is known.
    """

    worker_id: str
    incarnation: str
    host: str
    pid: int
    device: str
    threads: int
    version: str
    heartbeat_at: datetime
    study_id: str = ""
    cohort_id: str = ""
    attempt: int = 0
    draining: bool = False
    disconnected_at: datetime | None = None
    also_holds: tuple[HeldCohort, ...] = ()

    @property
    def held(self) -> tuple[HeldCohort, ...]:
        """Every cohort whose lease this worker's heartbeat is."""
        trained = HeldCohort(self.study_id, self.cohort_id, self.attempt)
        return (trained, *self.also_holds) if self.cohort_id else self.also_holds


@dataclass(frozen=True, slots=True)
class Progress:
    """`total` is the plan; without `max_trials` it is what the time budget is expected to take."""

    done: int
    total: int
    running: int
    elapsed_seconds: float
    eta_low_seconds: float | None
    eta_high_seconds: float | None


@dataclass(frozen=True, slots=True, order=False)
class Standing:
    """A trial's place in the ranking."""

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


def standing(trial: Trial) -> Standing | None:
    """None unless the trial succeeded with a score."""
    if trial.state is not TrialState.SUCCEEDED or trial.score_val is None:
        return None
    return Standing(trial.score_val, trial.n_params or 0, trial.number)
