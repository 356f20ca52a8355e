"""Scores and differences in the words of their metric."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from layerlab.domain.metric import Metric
from layerlab.domain.verdict import Interval

_POINTS: Final = frozenset({Metric.ACCURACY, Metric.BALANCED_ACCURACY, Metric.F1})
_NAMES: Final[Mapping[Metric, str]] = {
    Metric.ACCURACY: "accuracy",
    Metric.BALANCED_ACCURACY: "balanced accuracy",
    Metric.LOG_LOSS: "log loss",
    Metric.AUC: "AUC",
    Metric.F1: "F1",
    Metric.R2: "R²",
    Metric.RMSE: "RMSE",
    Metric.MAE: "MAE",
}
_MOST_DECIMALS: Final = 12


def say_metric(metric: Metric) -> str:
    return _NAMES[metric]


def say_repeats(count: int) -> str:
    return f"{count} repeat" if count == 1 else f"{count} repeats"


def say_score(metric: Metric, score: float, interval: Interval | None = None) -> str:
    """ "accuracy 96.5 %", with an interval "accuracy 96.5 % (95 % interval 95.1 to 97.4 %)"."""
    scale = 100.0 if metric in _POINTS else 1.0
    unit = " %" if metric in _POINTS else ""
    if interval is None:
        decimals = 1 if metric in _POINTS else _decimals(abs(score) / 10 * scale)
        return f"{_NAMES[metric]} {_fixed(score * scale, decimals)}{unit}"
    decimals = 1 if metric in _POINTS else _decimals(interval.high - interval.low)
    low, high = (_fixed(each * scale, decimals) for each in (interval.low, interval.high))
    middle = f"{_NAMES[metric]} {_fixed(score * scale, decimals)}{unit}"
    return f"{middle} ({_level(interval)} interval {low} to {high}{unit})"


def say_difference(metric: Metric, difference: float, interval: Interval, repeats: int) -> str:
    """ "0.8 points (95 % interval 0.3 to 1.2, 20 repeats)". An end that isn't 0 doesn't read 0."""
    scale = 100.0 if metric in _POINTS else 1.0
    ends = [each * scale for each in (difference, interval.low, interval.high)]
    decimals = 1 if metric in _POINTS else _decimals(ends[2] - ends[1])
    while decimals < _MOST_DECIMALS and any(
        each and not float(_fixed(each, decimals)) for each in ends[1:]
    ):
        decimals += 1
    middle, low, high = (_fixed(each, decimals) for each in ends)
    unit = "points" if metric in _POINTS else f"of {_NAMES[metric]}"
    return f"{middle} {unit} ({_level(interval)} interval {low} to {high}, {say_repeats(repeats)})"


def _level(interval: Interval) -> str:
    return f"{round(100 * interval.level, 1):g} %"


def _decimals(width: float) -> int:
    """Two digits of what is uncertain."""
    if not (math.isfinite(width) and width > 0):
        return 1
    return min(_MOST_DECIMALS, max(0, 1 - math.floor(math.log10(width))))


def _fixed(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if not float(text) else text
