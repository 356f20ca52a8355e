"""Scores of outputs: one definition of every metric, for networks and baselines alike.

Values are those of scikit-learn's functions of the same names. Where these are undefined: AUC is a
mean over the classes that some rows have and others don't, and 0.5 without any; R² of a target that
doesn't vary is 1 if it is met, else 0; a class that no row has and none was taken for counts
nowhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from layerlab.domain.dataset import Task
from layerlab.domain.footprint import Kernel
from layerlab.domain.metric import Metric
from layerlab.domain.table_shape import TableShape

if TYPE_CHECKING:
    from services.trainer.engine import Floats, Targets

_FLOAT: Final = 4
# Outputs kept at once, 32 MiB of them; more only where every thread's lane has so many.
_OUTPUTS: Final = 1 << 23
# What the metrics need for a row beside them: a few numbers of float64.
_WORKING_BYTES: Final = 64
_Doubles: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sums:
    """Of each lane over `rows`: the losses (cross-entropy in nats, or squared errors of the
    standardized target), and how many were classified right."""

    rows: int
    losses: Sequence[float]
    hits: Sequence[float]

    @property
    def mean_losses(self) -> list[float]:
        return [each / self.rows for each in self.losses]


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric of a target whose standardized unit is `scale` of its own units."""

    metric: Metric
    scale: float = 1.0

    @property
    def needs_outputs(self) -> bool:
        """Whether the sums don't say it."""
        return self.metric in _OF_OUTPUTS

    def of_sums(self, sums: Sums, target_sums: tuple[float, float]) -> list[float]:
        """Of each lane. `target_sums`: of the targets and of their squares, for R²."""
        match self.metric:
            case Metric.ACCURACY:
                return [each / sums.rows for each in sums.hits]
            case Metric.R2:
                return [r2_score(each, *target_sums, sums.rows) for each in sums.losses]
            case Metric.LOG_LOSS:
                return sums.mean_losses
            case Metric.RMSE:
                return [math.sqrt(each) * self.scale for each in sums.mean_losses]
        raise ValueError(f"{self.metric} needs the outputs")

    def of_outputs(self, targets: Targets, outputs: Floats | _Doubles) -> float:
        """`outputs` [rows, n_outputs]: logits, or standardized values, of `targets` [rows]."""
        if self.needs_outputs:
            return _OF_OUTPUTS[self.metric](targets, outputs) * self._unit
        sums = sums_of(targets, outputs, self.metric.task)
        return self.of_sums(sums, target_sums(targets))[0]

    @property
    def _unit(self) -> float:
        return self.scale if self.metric is Metric.MAE else 1.0


def lanes_at_once(rows: int, n_outputs: int, lanes: int, threads: int) -> int:
    """Of how many lanes the outputs are kept at a time: few, unless these are small."""
    return max(1, min(lanes, max(threads, _OUTPUTS // max(1, rows * n_outputs))))


def scoring_bytes(
    measure: Measure, table: TableShape, kernel: Kernel, lanes: int, threads: int
) -> int:
    """What an evaluation needs in main memory for the outputs of so many lanes."""
    if not measure.needs_outputs:
        return 0
    rows, units = table.val_rows, table.n_outputs
    match kernel:
        case Kernel.NATIVE:
            lanes = lanes_at_once(rows, units, lanes, threads)
        case Kernel.KERAS:
            lanes = 1
        case Kernel.DEVICE_STACK:
            lanes = 0  # They are in main memory, which is not what a device is short of.
    return _FLOAT * lanes * rows * units + _WORKING_BYTES * rows


def sums_of(targets: Targets, outputs: Floats | _Doubles, task: Task) -> Sums:
    """Of one lane's logits or standardized values [rows, n_outputs], in float64."""
    exact = np.asarray(outputs, np.float64)
    rows = len(targets)
    if task is Task.REGRESSION:
        return Sums(rows, [float(np.square(exact[:, 0] - targets).sum())], [0.0])
    losses = log_sums(exact) - exact[np.arange(rows), np.asarray(targets, np.int64)]
    return Sums(rows, [float(losses.sum())], [float((exact.argmax(1) == targets).sum())])


def target_sums(targets: Targets) -> tuple[float, float]:
    """Of the targets and of their squares."""
    exact = np.asarray(targets, np.float64)
    return float(exact.sum()), float(np.square(exact).sum())


def r2_score(squared_error: float, targets_sum: float, targets_squared: float, rows: int) -> float:
    """R² from sums over rows. A target that doesn't vary gives 1 if it is met, else 0."""
    total = targets_squared - targets_sum**2 / rows
    if total <= 1e-12 * max(targets_squared, 1.0):
        return 1.0 if squared_error <= 1e-12 else 0.0
    return 1.0 - squared_error / total


def _balanced_accuracy(classes: Targets, logits: Floats | _Doubles) -> float:
    """The mean, over the classes that there are, of the part that is found of each."""
    true, _, right = _counts(classes, logits)
    there = true > 0
    return float((right[there] / true[there]).mean())


def _f1(classes: Targets, logits: Floats | _Doubles) -> float:
    true, taken, right = _counts(classes, logits)
    both = true + taken
    # 0 for a class that neither was nor was taken to be; of more than two it counts nowhere.
    scores = np.divide(2 * right, both, out=np.zeros(len(both)), where=both > 0)
    return float(scores[1]) if len(scores) == 2 else float(scores[both > 0].mean())


def _counts(
    classes: Targets, logits: Floats | _Doubles
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Of each class: the rows that it has, those taken for it, and those of both, [n_outputs].

    Of equal logits the first one counts.
    """
    guesses, size = logits.argmax(1), logits.shape[1]
    true, taken = np.bincount(classes, minlength=size), np.bincount(guesses, minlength=size)
    return true, taken, np.bincount(guesses[guesses == classes], minlength=size)


def _auc(classes: Targets, logits: Floats | _Doubles) -> float:
    if logits.shape[1] == 2:
        # The odds, which order rows as probabilities do, but never round to 1.
        odds = logits[:, 1].astype(np.float64) - logits[:, 0]
        area = area_under_roc(odds, classes == 1)
        return 0.5 if area is None else area
    tops = log_sums(logits)
    areas = [area_under_roc(logits[:, k] - tops, classes == k) for k in range(logits.shape[1])]
    defined = [area for area in areas if area is not None]
    return float(np.mean(defined)) if defined else 0.5


def area_under_roc(values: _Doubles, wanted: NDArray[np.bool_]) -> float | None:
    """The part of all pairs of a wanted row and another in which the wanted one's value is higher;
    ties count half. None without pairs. Equal to the area under the ROC curve: Hanley and McNeil
    1982, "The meaning and use of the area under a receiver operating characteristic curve".
    """
    others, found = np.sort(values[~wanted]), values[wanted]
    if not len(others) or not len(found):
        return None
    below = np.searchsorted(others, found, "left").sum(dtype=np.float64)
    not_above = np.searchsorted(others, found, "right").sum(dtype=np.float64)
    return float((below + not_above) / 2 / len(others) / len(found))


def _mae(values: Targets, outputs: Floats | _Doubles) -> float:
    return float(np.abs(outputs[:, 0].astype(np.float64) - values).mean())


def log_sums(logits: Floats | _Doubles) -> _Doubles:
    """log Σ exp of each row, [rows]."""
    tops = logits.max(1).astype(np.float64)
    sums = np.zeros(len(logits))
    for column in range(logits.shape[1]):
        sums += np.exp(logits[:, column] - tops)
    return np.asarray(tops + np.log(sums))


# Those that the kernels' sums don't give.
_OF_OUTPUTS: Final[Mapping[Metric, Callable[[Targets, Floats | _Doubles], float]]] = {
    Metric.BALANCED_ACCURACY: _balanced_accuracy,
    Metric.AUC: _auc,
    Metric.F1: _f1,
    Metric.MAE: _mae,
}
