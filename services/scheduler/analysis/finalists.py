"""Who is in the finals, with what scores: gathered from a study's trials, in whatever order."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from layerlab.domain.baseline import Baseline
from layerlab.domain.design import Design
from layerlab.domain.metric import Metric
from layerlab.domain.study import Purpose, Trial, standing
from layerlab.domain.table_shape import TableShape
from layerlab.domain.trial import StopReason, TrialState

_LAST: Final = 2**63


@dataclass(frozen=True, slots=True)
class Finalist:
    """A design or a baseline. `own`: its best trial on the study's own split (repeat 0), if any.

    `scores`: utilities by repeat, from 1. `lost`: repeats that have ended without a score that
    counts, as they failed or were cut short.
    """

    design: Design | None
    baseline: Baseline | None
    own: Trial | None
    n_params: int | None
    scores: dict[int, float] = field(default_factory=dict)
    lost: tuple[int, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Sorts small ones first, and of equals the earlier trial."""
        number = self.own.number if self.own else _LAST
        return (_LAST if self.n_params is None else self.n_params, number)


def utility_of(trial: Trial, metric: Metric) -> float | None:
    """None unless it was trained as its design says: to its end, with a finite score."""
    if trial.state is not TrialState.SUCCEEDED or trial.score_val is None:
        return None
    if trial.stop_reason is StopReason.TIME_BUDGET or not math.isfinite(trial.score_val):
        return None
    return metric.utility(trial.score_val)


def scores_of(trials: Iterable[Trial], metric: Metric) -> tuple[dict[int, float], tuple[int, ...]]:
    """Utilities by repeat, and the repeats that have ended without one. Of several trials of a
    repeat the first that counts is taken."""
    scores: dict[int, float] = {}
    ended: set[int] = set()
    for trial in sorted(trials, key=lambda each: each.number):
        if trial.repeat < 1 or not trial.state.is_terminal:
            continue
        ended.add(trial.repeat)
        utility = utility_of(trial, metric)
        if utility is not None:
            scores.setdefault(trial.repeat, utility)
    return dict(sorted(scores.items())), tuple(sorted(ended - scores.keys()))


def find_finalists(
    trials: Sequence[Trial], metric: Metric, table: TableShape | None
) -> list[Finalist]:
    """Designs of the finals; without finals, that of the search's best trial. Small ones first."""
    searched = [each for each in trials if each.purpose is Purpose.SEARCH]
    confirmed: dict[Design, list[Trial]] = {}
    for trial in trials:
        if trial.purpose is Purpose.CONFIRM and trial.baseline is None:
            confirmed.setdefault(trial.design, []).append(trial)
    if not confirmed:
        best = best_trial(searched, metric)
        confirmed = {best.design: []} if best else {}
    own: dict[Design, list[Trial]] = {}
    for trial in searched:
        own.setdefault(trial.design, []).append(trial)
    found = []
    for design, repeats in confirmed.items():
        trial_of_search = best_trial(own.get(design, []), metric)
        scores, lost = scores_of(repeats, metric)
        seen = [trial_of_search] if trial_of_search else []
        n_params = _n_params(design, [*seen, *repeats], table)
        found.append(Finalist(design, None, trial_of_search, n_params, scores, lost))
    return sorted(found, key=lambda each: (*each.size, str(each.design)))


def find_baselines(trials: Iterable[Trial], metric: Metric) -> list[Finalist]:
    """In the order of their kinds: constant, linear, trees."""
    found = []
    fitted = [each for each in trials if each.purpose is Purpose.BASELINE]
    for baseline in Baseline:
        mine = [each for each in fitted if each.baseline is baseline]
        if not mine:
            continue
        scores, lost = scores_of(mine, metric)
        first = [each for each in mine if each.repeat == 0]
        own = min(first, key=lambda each: each.number, default=None)
        found.append(Finalist(None, baseline, own, None, scores, lost))
    return found


def best_trial(trials: Iterable[Trial], metric: Metric) -> Trial | None:
    ranked = [(each.rank, trial) for trial in trials if (each := standing(trial, metric))]
    finite = [pair for pair in ranked if math.isfinite(pair[0][0])]
    return min(finite, key=lambda pair: pair[0], default=(None, None))[1]


def _n_params(design: Design, trials: Iterable[Trial], table: TableShape | None) -> int | None:
    """As its trials had them; else as the table lets expect."""
    known = [each.n_params for each in trials if each.n_params is not None]
    if known:
        return known[0]
    return design.n_params(table.n_inputs, table.n_outputs) if table else None
