"""What a search learns from a trial: how it ranks, and what it cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

from layerlab.domain.design import Design
from layerlab.domain.footprint import epoch_work
from layerlab.domain.metric import Metric
from layerlab.domain.study import Trial
from layerlab.domain.table_shape import TableShape
from layerlab.domain.trial import FailureReason, TrialState

_NORMAL: Final = NormalDist()
_SCORED: Final = (TrialState.SUCCEEDED, TrialState.PRUNED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`score`: the higher, the better. `work`: of all its epochs, as predicted, in operations: not
    its wall time, which depends on what else the machine did.
    """

    number: int
    design: Design
    score: float
    work: float
    n_params: int


def outcomes(trials: Iterable[Trial], metric: Metric, table: TableShape) -> list[Outcome]:
    """Of those trials that say something about their designs, in the order of their numbers.

    A score is what a normal sample of this size has at the trial's rank (Blom 1958): the scores of
    a few designs that diverge would hide all differences between the others. A trial that was
    dropped at a rung is ranked by what it had reached: some of that was lost to its early end, but
    it had lost against its cohort, too. One whose loss was not finite comes last. What failed
    otherwise, or was cancelled, says nothing.
    """
    ranked = sorted(_utilities(trials, metric), key=lambda each: each[0])
    found: list[Outcome] = []
    for first, last in _ties([utility for utility, _ in ranked]):
        rank = (first + last) / 2 + 1
        score = _NORMAL.inv_cdf((rank - 0.375) / (len(ranked) + 0.25))
        for _, trial in ranked[first : last + 1]:
            design = trial.design
            work = trial.epochs * epoch_work(design, table)
            n_params = design.n_params(table.n_inputs, table.n_outputs)
            found.append(Outcome(trial.number, design, score, work, n_params))
    return sorted(found, key=lambda each: each.number)


def _utilities(trials: Iterable[Trial], metric: Metric) -> Iterator[tuple[float, Trial]]:
    for trial in trials:
        if trial.reason is FailureReason.NAN_LOSS:
            yield float("-inf"), trial
        elif trial.state in _SCORED and trial.score_val is not None:
            yield metric.utility(trial.score_val), trial


def _ties(values: Sequence[float]) -> Iterator[tuple[int, int]]:
    """The first and the last place of each run of equal ones."""
    first = 0
    for place, value in enumerate(values):
        if place + 1 == len(values) or values[place + 1] != value:
            yield first, place
            first = place + 1
