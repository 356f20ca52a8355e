"""What a user asks of a study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from layerlab.domain.constraints import Constraints
from layerlab.domain.dataset import ColumnKind, Task
from layerlab.domain.design import Design
from layerlab.domain.halving import Halving
from layerlab.domain.metric import Metric, default_metric
from layerlab.domain.recipe import RecipeName
from layerlab.domain.space import SearchSpace
from layerlab.domain.splitting import SplitSpec

MAX_DESIGNS: Final = 1000
"""Of a user's own, in one study."""


class Engine(StrEnum):
    FUSED = "fused"
    KERAS = "keras"


class Search(StrEnum):
    """`quasi_random`: a scrambled Sobol sequence. `tpe`, `gp`, `cmaes` and `nsga2` learn from
    results; `nsga2` looks for the front of score, time and parameters.
    """

    RANDOM = "random"
    GRID = "grid"
    QUASI_RANDOM = "quasi_random"
    TPE = "tpe"
    GP = "gp"
    CMAES = "cmaes"
    NSGA2 = "nsga2"


class VerdictMode(StrEnum):
    """`auto`: the best designs are trained again and compared. `off`: the best trial is tested."""

    AUTO = "auto"
    OFF = "off"


class StudyKind(StrEnum):
    """`probe` and `replay` are nobody's studies, and in no list: one measures what a study will
    take, the other trains a trial again."""

    STUDY = "study"
    PROBE = "probe"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class TrialKey:
    """Names a trial among all studies."""

    study_id: str
    number: int


@dataclass(frozen=True, slots=True)
class Replay:
    """The one trial of a `replay`: as it was trained, until it had trained for `epochs`.

    `evaluates`: on its validation rows, too. With `model_of` nothing is trained: the weights of
    that trial are what is evaluated.
    """

    seed: int
    repeat: int
    share: float
    epochs: int
    evaluates: bool = False
    model_of: TrialKey | None = None


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
    metric: Metric = None  # type: ignore[assignment]  # The task's, once it is made.
    split: SplitSpec = field(default_factory=SplitSpec)
    constraints: Constraints = field(default_factory=Constraints)
    designs: tuple[Design, ...] = ()
    verdict: VerdictMode = VerdictMode.OFF
    kind: StudyKind = StudyKind.STUDY
    replay: Replay | None = None

    def __post_init__(self) -> None:
        if self.metric is None:
            object.__setattr__(self, "metric", default_metric(self.task))

    @property
    def planned_trials(self) -> int | None:
        """`max_trials`, or all designs of the space if those are fewer; None: no end but time."""
        grid = self.search is Search.GRID
        size = self.space.grid_size() if grid else self.space.size()
        limits = [each for each in (self.budget.max_trials, size) if each is not None]
        return min(limits, default=None)
