"""Which fields of a design the search's scores depend on: PED-ANOVA."""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Sequence
from typing import Any, Final

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.importance import PedAnovaImportanceEvaluator

from layerlab.domain.design import DESIGN_FIELDS
from layerlab.domain.metric import Metric
from layerlab.domain.study import Purpose, Trial
from layerlab.domain.trial import TrialState
from layerlab.domain.verdict import Importance

_FEWEST: Final = 10
_CHOICES: Final = 8
"""So many different numbers are taken as choices; more, as a range."""
_TOP: Final = 5
"""The best tenth are compared with all; so many at least, as Optuna's documentation advises."""


def find_importances(trials: Sequence[Trial], metric: Metric) -> tuple[Importance, ...]:
    """Greatest first. Empty where fewer than ten trials of the search have a score, or all
    designs are alike. Watanabe, Bansal and Hutter, PED-ANOVA, IJCAI 2023, by Optuna.

    `hidden` is a choice where there are few, and else the number of hidden units. Trials that
    a rung has dropped count, with the scores that they were dropped for.
    """
    scored = sorted(
        (each for each in trials if each.purpose is Purpose.SEARCH and _has_score(each)),
        key=lambda each: each.number,
    )
    if len(scored) < _FEWEST:
        return ()
    columns = {
        name: _column([getattr(each.design, name) for each in scored]) for name in DESIGN_FIELDS
    }
    varied = {name: column for name, column in columns.items() if column}
    if not varied:
        return ()
    utilities = [metric.utility(each.score_val or 0.0) for each in scored]
    shares = _evaluate(varied, utilities)
    total = math.fsum(shares.values())
    if not (math.isfinite(total) and total > 0):
        return ()
    found = [Importance(name, share / total) for name, share in shares.items()]
    return tuple(sorted(found, key=lambda each: (-each.share, each.field)))


_Column = tuple[BaseDistribution, list[Any]]


def _has_score(trial: Trial) -> bool:
    if trial.state not in (TrialState.SUCCEEDED, TrialState.PRUNED) or trial.score_val is None:
        return False
    return math.isfinite(trial.score_val)


def _column(values: Sequence[Any]) -> _Column | None:
    """A field's values as Optuna wants them; None: all are alike."""
    different = set(values)
    if len(different) < 2:
        return None
    if len(different) > _CHOICES:
        numbers = [float(sum(each)) if isinstance(each, tuple) else float(each) for each in values]
        low, high = min(numbers), max(numbers)
        if low < high:
            return FloatDistribution(low, high, log=low > 0 and high > 10 * low), numbers
    texts = [str(each) for each in values]
    return CategoricalDistribution(sorted(set(texts))), texts


def _evaluate(columns: dict[str, _Column], utilities: Sequence[float]) -> dict[str, float]:
    top = min(0.5, max(0.1, _TOP / len(utilities)))
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(logging.ERROR)
    try:
        with warnings.catch_warnings():
            # It is marked as experimental; what it says of few trials is in our own docstring.
            warnings.simplefilter("ignore")
            study = optuna.create_study(direction="maximize")
            for index, utility in enumerate(utilities):
                study.add_trial(
                    optuna.trial.create_trial(
                        params={name: values[index] for name, (_, values) in columns.items()},
                        distributions={name: each for name, (each, _) in columns.items()},
                        value=utility,
                    )
                )
            evaluator = PedAnovaImportanceEvaluator(target_quantile=top)
            return dict(evaluator.evaluate(study, params=sorted(columns)))
    finally:
        optuna.logging.set_verbosity(verbosity)
