"""Metrics: what a study's designs are compared by."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from layerlab.domain.dataset import Task
from layerlab.domain.problem import InvalidInput


class Metric(StrEnum):
    """Natural values, as scikit-learn defines them.

    `f1` and `auc` are means over the classes, each against the rest, all of equal weight; of two
    classes `f1` is that of the second in label order. `log_loss` is in nats. `rmse` and `mae` are
    in the target's own units.
    """

    ACCURACY = "accuracy"
    BALANCED_ACCURACY = "balanced_accuracy"
    LOG_LOSS = "log_loss"
    AUC = "auc"
    F1 = "f1"
    R2 = "r2"
    RMSE = "rmse"
    MAE = "mae"

    @property
    def task(self) -> Task:
        return Task.REGRESSION if self in _OF_QUANTITIES else Task.CLASSIFICATION

    @property
    def higher_is_better(self) -> bool:
        return self not in _LOSSES

    def utility(self, score: float) -> float:
        """Of a natural value: the higher, the better. Its own inverse."""
        return score if self.higher_is_better else -score


_OF_QUANTITIES: Final = frozenset({Metric.R2, Metric.RMSE, Metric.MAE})
_LOSSES: Final = frozenset({Metric.LOG_LOSS, Metric.RMSE, Metric.MAE})


def default_metric(task: Task) -> Metric:
    return Metric.ACCURACY if task is Task.CLASSIFICATION else Metric.R2


def check_metric(metric: Metric, task: Task) -> None:
    """:raises InvalidInput: `metric_not_of_task`."""
    if metric.task is not task:
        fitting = ", ".join(each.value for each in Metric if each.task is task)
        raise InvalidInput(
            "metric_not_of_task",
            f"`metric` {metric.value} is no measure of {task.value}.",
            hint=f"For {task.value} there are: {fitting}.",
            field="metric",
        )
