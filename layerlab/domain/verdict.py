"""A verdict: which design to use, how sure one can be, and the sentences that say so."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from layerlab.domain.baseline import Baseline
from layerlab.domain.design import Design
from layerlab.domain.metric import Metric


class Outcome(StrEnum):
    """`winner`: one design beats all rivals. `tie`: the best can't be told from some rivals yet.
    `no_better_than_baseline`: no design beats the best baseline. `none`: no trial has succeeded.
    """

    WINNER = "winner"
    TIE = "tie"
    NO_BETTER_THAN_BASELINE = "no_better_than_baseline"
    NONE = "none"


class Relation(StrEnum):
    """Of the first of two to the second, as far as the interval of their difference says."""

    BEATS = "beats"
    LOSES = "loses"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class Contender:
    """A design or a baseline in the finals, by its `name`, which is unlike all others' ("2 × 64").

    `trial`: the number of its trial on the study's own split (repeat 0); None: it has none.
    `score_val` is that trial's; `score_test`: of the once-touched test rows, `test_interval` that
    of the expected score on such rows. `mean` and `interval` are of the scores over `repeats`
    resamplings; None without any. All scores are natural values of the metric.
    """

    name: str
    trial: int | None = None
    baseline: Baseline | None = None
    design: Design | None = None
    n_params: int | None = None
    repeats: int = 0
    mean: float | None = None
    interval: Interval | None = None
    score_val: float | None = None
    score_test: float | None = None
    test_interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`first` against `second`, by name. `difference`: by how much `first` is better (in the
    metric's units, so that of two losses it is the second minus the first); None: too few repeats
    that both have. The interval is simultaneous with those of all comparisons of its kind.
    """

    first: str
    second: str
    relation: Relation
    repeats: int = 0
    difference: float | None = None
    interval: Interval | None = None
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """Of one change to the winner: `field` from `before` to `after`. `difference`: by how much the
    changed design is better than the winner, over `repeats` with the winner's seeds.
    """

    field: str
    before: str
    after: str
    repeats: int
    difference: float | None
    interval: Interval | None
    relation: Relation
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Importance:
    """Of a design's field for the score, over the whole space: shares of all fields, sum 1."""

    field: str
    share: float


@dataclass(frozen=True, slots=True)
class CurveStep:
    """A contender's scores where it trains on `rows` rows, a `share` of the training rows."""

    name: str
    share: float
    rows: int
    repeats: int
    mean: float
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`round` counts the rounds that it is based on; 0: the search alone. `survivors`: names of
    those that are still to be told apart, best first. `smallest`: of the smallest design whose mean
    is within one standard error of the winner's; it may be the winner. `rivals`: the winner
    against each other design; `baselines`: the winner against each baseline.
    `advice`: more data or a bigger network. `limits`: what it could not look at, and why.
    Holds no time, so that equal studies have equal verdicts.
    """

    outcome: Outcome
    metric: Metric
    is_final: bool
    round: int
    winner: str | None
    smallest: str | None
    contenders: tuple[Contender, ...] = ()
    survivors: tuple[str, ...] = ()
    rivals: tuple[Comparison, ...] = ()
    baselines: tuple[Comparison, ...] = ()
    ablation: tuple[Effect, ...] = ()
    importances: tuple[Importance, ...] = ()
    learning_curve: tuple[CurveStep, ...] = ()
    headline: str = ""
    sentences: tuple[str, ...] = ()
    advice: str = ""
    limits: tuple[str, ...] = ()

    def contender(self, name: str | None) -> Contender | None:
        return next((each for each in self.contenders if each.name == name), None)
