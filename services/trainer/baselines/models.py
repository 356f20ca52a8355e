"""The baselines: what each is, and how it is fitted within a time.

Outputs are those of a network: logits (logarithms of probabilities) [rows, classes], or
standardized values [rows, 1].
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from layerlab.domain.baseline import Baseline
from layerlab.domain.dataset import Task
from services.trainer.engine import Floats, Rows

Outputs: TypeAlias = NDArray[np.float64]

LINEAR_ITERATIONS: Final = 1000
"""At most, of logistic regression."""

# Before the first look at the clock; later ones come after this part of the time that is left.
_LINEAR_STEP: Final = 50
_TREES_STEP: Final = 2
_PART: Final = 0.25
# What scikit-learn's log_loss takes instead of 0, and about what rounding makes of it.
_LEAST_PROBABILITY: Final = float(np.finfo(np.float64).eps)


class Model(Protocol):
    """Fitted."""

    def outputs(self, features: Floats) -> Outputs:
        """[rows, n_outputs] of features [rows, n_inputs]."""


@dataclass(frozen=True, slots=True)
class Fit:
    """`iterations`, of so many at most; `is_cut`: the time was over before it was done."""

    model: Model
    iterations: int = 1
    is_cut: bool = False
    detail: str = ""


class OutOfTime(Exception):
    """The time was over before anything was fitted."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be fitted. `deadline` is a time of time.monotonic; None without one."""

    train: Rows
    task: Task
    n_outputs: int
    seed: int
    deadline: float | None

    def seconds_left(self) -> float:
        return float("inf") if self.deadline is None else self.deadline - time.monotonic()


@dataclass(frozen=True, slots=True)
class Constant:
    """The same outputs for every row."""

    values: Outputs

    def outputs(self, features: Floats) -> Outputs:
        return np.broadcast_to(self.values, (len(features), len(self.values)))


@dataclass(frozen=True, slots=True)
class Classifier:
    """An estimator of scikit-learn's, which knows the classes that its rows had."""

    estimator: Any
    n_outputs: int

    def outputs(self, features: Floats) -> Outputs:
        chances = np.zeros((len(features), self.n_outputs))
        chances[:, self.estimator.classes_] = self.estimator.predict_proba(features)
        return _logarithms(chances)


@dataclass(frozen=True, slots=True)
class Regressor:
    estimator: Any

    def outputs(self, features: Floats) -> Outputs:
        return np.asarray(self.estimator.predict(features), np.float64).reshape(-1, 1)


def fit_constant(order: Order) -> Fit:
    """The majority class with the frequencies of all, or the mean."""
    targets = order.train.targets
    if order.task is Task.REGRESSION:
        return Fit(Constant(np.array([targets.mean(dtype=np.float64)])))
    counts = np.bincount(np.asarray(targets, np.int64), minlength=order.n_outputs)
    return Fit(Constant(_logarithms(counts / counts.sum())))


def fit_linear(order: Order) -> Fit:
    """Logistic regression with C = 1 by L-BFGS, or ridge regression with alpha = 1."""
    if order.task is Task.REGRESSION:
        from sklearn.linear_model import Ridge

        if order.seconds_left() <= 0:
            raise OutOfTime
        ridge = Ridge(alpha=1.0).fit(order.train.features, order.train.targets)
        return Fit(Regressor(ridge))
    if _is_of_one_class(order):
        return fit_constant(order)
    from sklearn.linear_model import LogisticRegression

    logistic: Any = LogisticRegression(C=1.0, warm_start=True)

    def advance(step: int) -> int:
        logistic.max_iter = step
        logistic.fit(order.train.features, order.train.targets)
        return int(np.max(logistic.n_iter_))

    iterations, is_done = _advance(order, advance, _LINEAR_STEP, LINEAR_ITERATIONS)
    detail = f"{iterations} iterations" + ("." if is_done else ", and had not converged.")
    is_cut = not is_done and iterations < LINEAR_ITERATIONS
    return Fit(Classifier(logistic, order.n_outputs), iterations, is_cut, detail)


def fit_trees(order: Order) -> Fit:
    """HistGradientBoosting with scikit-learn's defaults, a few iterations at a time."""
    if order.task is Task.CLASSIFICATION and _is_of_one_class(order):
        return fit_constant(order)
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    is_regression = order.task is Task.REGRESSION
    kind = HistGradientBoostingRegressor if is_regression else HistGradientBoostingClassifier
    trees: Any = kind(warm_start=True, random_state=order.seed % 2**32)
    most, trees.max_iter = int(trees.max_iter), 0

    def advance(step: int) -> int:
        before = int(trees.max_iter)
        trees.max_iter = before + step
        trees.fit(order.train.features, order.train.targets)
        return int(trees.n_iter_) - before

    iterations, is_done = _advance(order, advance, _TREES_STEP, most)
    is_cut = not is_done and iterations < most
    model = Regressor(trees) if is_regression else Classifier(trees, order.n_outputs)
    return Fit(model, iterations, is_cut, f"{iterations} iterations.")


FITS: Final = {
    Baseline.CONSTANT: fit_constant,
    Baseline.LINEAR: fit_linear,
    Baseline.TREES: fit_trees,
}
"""Cheapest first."""


def _advance(
    order: Order, advance: Callable[[int], int], first: int, most: int
) -> tuple[int, bool]:
    """Calls `advance` with so many further iterations, which answers how many there were, until
    these are fewer or `most` in all, or the time is over; how many, and whether they were fewer.

    :raises OutOfTime: there was time for none.
    """
    step, iterations, needed = first, 0, 0.0
    if order.deadline is None:
        step = most
    while iterations < most and order.seconds_left() > needed:
        began = time.monotonic()
        step = min(step, most - iterations)
        with warnings.catch_warnings():
            # That it has not converged is said in the trial's detail.
            warnings.simplefilter("ignore")
            more = advance(step)
        iterations += more
        if more < step:
            return iterations, True
        pace = (time.monotonic() - began) / step
        step = max(1, int(min(most, _PART * order.seconds_left() / pace)))
        needed = step * pace
    if not iterations:
        raise OutOfTime
    return iterations, False


def _is_of_one_class(order: Order) -> bool:
    targets = order.train.targets
    return bool((targets == targets[0]).all())


def _logarithms(chances: Outputs) -> Outputs:
    return np.asarray(np.log(np.maximum(chances, _LEAST_PROBABILITY)))
