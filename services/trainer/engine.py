"""What every engine promises: lanes and matrices in, epoch reports and ends out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from layerlab.domain.dataset import Task
from layerlab.domain.footprint import Kernel
from layerlab.domain.halving import Rung
from layerlab.domain.metric import Metric, default_metric
from layerlab.domain.study import EpochReport, Proposal, TrialEnd
from services.trainer.control import Control
from services.trainer.scoring import Measure

Floats: TypeAlias = NDArray[np.float32]
Targets: TypeAlias = NDArray[np.float32] | NDArray[np.int64]

Beat: TypeAlias = Callable[[], None]

Weights: TypeAlias = Mapping[str, Floats]
"""A network's tensors by name; `initial.py` lists the names and shapes."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows: features [rows, n_inputs]; class indices or the standardized target [rows]."""

    features: Floats
    targets: Targets

    @property
    def count(self) -> int:
        return len(self.targets)


@dataclass(frozen=True, slots=True)
class Matrices:
    """What a cohort trains on, the rows that steer the search, and by which metric they do.

    `metric` None: the task's. `scale`: what 1 of the standardized target is in its own units.
    """

    task: Task
    n_outputs: int
    train: Rows
    val: Rows
    metric: Metric | None = None
    scale: float = 1.0

    @property
    def n_inputs(self) -> int:
        return int(self.train.features.shape[1])

    @property
    def measure(self) -> Measure:
        return Measure(self.metric or default_metric(self.task), self.scale)


@dataclass(frozen=True, slots=True)
class Limits:
    """When training ends. `deadline` is a time of `time.monotonic`, None without one.

    `rungs`: after which epochs the weaker lanes are dropped. `stop_after` so many epochs a lane
    that still trains ends, as a replay does; its schedule lasts `max_epochs` all the same.
    """

    max_epochs: int
    deadline: float | None = None
    rungs: tuple[Rung, ...] = ()
    stop_after: int | None = None

    @property
    def patience(self) -> int:
        """Epochs without progress in validation score or loss after which a lane stops early."""
        return max(10, -(-self.max_epochs * 15 // 100))

    def seconds_left(self) -> float:
        return float("inf") if self.deadline is None else self.deadline - time.monotonic()


@dataclass(frozen=True, slots=True)
class Ended:
    """A lane's end, and its best weights if it succeeded."""

    end: TrialEnd
    weights: Weights | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """What happened in one epoch of every lane that still trained."""

    reports: tuple[EpochReport, ...]
    ended: tuple[Ended, ...] = ()


class Engine(Protocol):
    """Trains lanes: from the seed's initial weights, on the seed's batches.

    Every engine obeys the same rules: the best epoch is that with the best score, and of equal
    scores the one with the lowest loss; a lane ends after `Limits.patience` epochs with
    neither a better one nor a lower validation loss; a loss that is not finite ends it as
    FAILED/NAN_LOSS; at the deadline every lane that has stepped is evaluated, if there was time
    for that, and SUCCEEDS; what was never evaluated is CANCELLED. At a rung the lanes that would
    go on are ranked by their best epochs, and those beyond its `keep` end as PRUNED, with their
    scores. A lane that somebody else stopped is PRUNED too.
    """

    @property
    def kernel(self) -> Kernel:
        """What computes: its memory is predicted by that."""

    @property
    def threads(self) -> int:
        """At most."""

    def train(
        self, lanes: Sequence[Proposal], matrices: Matrices, limits: Limits, control: Control
    ) -> Iterator[Tick]:
        """Yields until every lane has ended, or, when cancelled, returns early."""

    def score(self, lane: Proposal, weights: Weights, rows: Rows, measure: Measure) -> float:
        """Of trained weights on `rows`: a natural value of the metric."""

    def predict(
        self, lane: Proposal, weights: Weights, features: Floats, task: Task, beat: Beat
    ) -> Floats:
        """What trained weights make of `features` [rows, n_inputs]: logits or standardized values,
        [rows, n_outputs]. `beat` is called now and then, and may raise."""
