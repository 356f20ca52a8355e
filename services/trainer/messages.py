"""What a trainer and its training child say to each other.

Down: a `Job`, `StopLanes`, `CancelJob`. Up: `Ready` once; then, for each job, `Beat` and `Progress`
as it runs, and one of `Done`, `Scored`, `Evaluated` and `Failed`. The next job may be
sent while one runs: jobs are done in their order. A process that fits baselines gets a
`BaselineJob` and says `Fitted` of each lane.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from layerlab.domain.cohort_stats import CohortStats
from layerlab.domain.dataset import Task
from layerlab.domain.evaluation import EvaluatedRows, Evaluation
from layerlab.domain.halving import Rung
from layerlab.domain.metric import Metric
from layerlab.domain.spec import Engine
from layerlab.domain.study import EpochReport, Proposal, Standing, TestScore, TrialEnd
from layerlab.domain.trial import FailureReason


@dataclass(frozen=True, slots=True)
class ArrayFiles:
    """Paths of .npy files: features (rows, n_inputs) float32, targets (rows,)."""

    features: str
    targets: str


@dataclass(frozen=True, slots=True)
class TrainJob:
    """`seconds_left` until the deadline, from when it is read; None without one.

    Weights are wanted of the best `keep` lanes that beat `best`, the last of the study's `keep`
    best trials so far. `metric` None: the task's. `target_scale`: own units of a standardized one.
    `share` of the training rows are used, those that `rows_key` chooses. `stop_after` so many
    epochs every lane ends, though its schedule lasts `max_epochs`.
    """

    lanes: tuple[Proposal, ...]
    engine: Engine
    task: Task
    n_outputs: int
    train: ArrayFiles
    validation: ArrayFiles
    max_epochs: int
    seconds_left: float | None
    best: Standing | None
    rungs: tuple[Rung, ...] = ()
    metric: Metric | None = None
    target_scale: float = 1.0
    keep: int = 1
    share: float = 1.0
    rows_key: str = ""
    stop_after: int | None = None

    @property
    def last_epoch(self) -> int:
        return min(self.max_epochs, self.stop_after or self.max_epochs)


@dataclass(frozen=True, slots=True)
class ScoreJob:
    """Score trained weights, a safetensors document, on rows of their own. `metric` and
    `target_scale`: as in `TrainJob`."""

    lane: Proposal
    engine: Engine
    task: Task
    rows: ArrayFiles
    weights: bytes
    metric: Metric | None = None
    target_scale: float = 1.0


@dataclass(frozen=True, slots=True)
class EvaluateJob:
    """Evaluate trained weights, a safetensors document, on the `part` of the rows that `rows` are.

    `classes` by their numbers in the targets; of a quantity, `target_mean` and `target_scale` take
    the standardized target to its own units. `metric` None: the task's.
    """

    lane: Proposal
    engine: Engine
    task: Task
    part: EvaluatedRows
    rows: ArrayFiles
    weights: bytes
    classes: tuple[str, ...] = ()
    target_mean: float = 0.0
    target_scale: float = 1.0
    metric: Metric | None = None


@dataclass(frozen=True, slots=True)
class BaselineJob:
    """Fit the lanes' baselines and score them; all else as in `TrainJob`. `test` rows are scored,
    too, if there are any."""

    lanes: tuple[Proposal, ...]
    task: Task
    n_outputs: int
    train: ArrayFiles
    validation: ArrayFiles
    test: ArrayFiles | None
    seconds_left: float | None
    metric: Metric | None = None
    target_scale: float = 1.0
    share: float = 1.0
    rows_key: str = ""


@dataclass(frozen=True, slots=True)
class StopLanes:
    """Of the `job`-th job since the child was started; so in `CancelJob`."""

    job: int
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CancelJob:
    job: int


@dataclass(frozen=True, slots=True)
class Ready:
    """It takes jobs; what they need may still be loading. `device` is what it trains on."""

    device: str
    threads: int


@dataclass(frozen=True, slots=True)
class Beat:
    """The job makes progress."""


@dataclass(frozen=True, slots=True)
class Made:
    """What has computed results: versions by name, and the machine's parts by name."""

    versions: Mapping[str, str] = field(default_factory=dict)
    machine: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """What happened since the last one, in one epoch or several. `weights` are those of trial
    `model`, if there is one; `stats` and what has `made` all that come with the last ends."""

    reports: tuple[EpochReport, ...]
    ends: tuple[TrialEnd, ...]
    model: int | None = None
    weights: bytes = b""
    stats: CohortStats | None = None
    made: Made | None = None


@dataclass(frozen=True, slots=True)
class Done:
    pass


@dataclass(frozen=True, slots=True)
class Scored:
    score: float


@dataclass(frozen=True, slots=True)
class Evaluated:
    """`score`: of the study's metric, on the same rows."""

    score: float
    evaluation: Evaluation


@dataclass(frozen=True, slots=True)
class Fitted:
    """A baseline's end, its score on the test rows, if these were to be touched, and what has
    `made` them."""

    end: TrialEnd
    test_score: TestScore | None = None
    made: Made | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    reason: FailureReason
    detail: str


Job: TypeAlias = TrainJob | ScoreJob | EvaluateJob
Command: TypeAlias = Job | BaselineJob | StopLanes | CancelJob
Message: TypeAlias = Ready | Beat | Progress | Done | Scored | Evaluated | Fitted | Failed
