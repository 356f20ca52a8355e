"""Metrics by their one definition, held against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics as reference

from layerlab.domain.dataset import Task
from layerlab.domain.metric import Metric
from services.trainer.scoring import Measure

CLASSES = [each for each in Metric if each.task is Task.CLASSIFICATION]
QUANTITIES = [each for each in Metric if each.task is Task.REGRESSION]

Doubles = NDArray[np.float64]


def softmax(logits: Doubles) -> Doubles:
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True))


def expected(metric: Metric, classes: NDArray[np.int64], logits: Doubles) -> float:
    """scikit-learn's word, for rows that have every class."""
    labels, chances, guesses = range(logits.shape[1]), softmax(logits), logits.argmax(1)
    average = "binary" if logits.shape[1] == 2 else "macro"
    match metric:
        case Metric.ACCURACY:
            return float(reference.accuracy_score(classes, guesses))
        case Metric.BALANCED_ACCURACY:
            return float(reference.balanced_accuracy_score(classes, guesses))
        case Metric.LOG_LOSS:
            return float(reference.log_loss(classes, chances, labels=labels))
        case Metric.F1:
            return float(reference.f1_score(classes, guesses, average=average))
        case _:
            score = chances[:, 1] if logits.shape[1] == 2 else chances
            return float(reference.roc_auc_score(classes, score, multi_class="ovr"))


@given(st.integers(2, 6), st.integers(0, 2**32 - 1), st.booleans())
def test_classes_are_scored_as_scikit_learn_does(n: int, seed: int, with_ties: bool) -> None:
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(2 * n, 80))
    classes = rng.permutation(np.arange(rows) % n)
    logits = rng.normal(size=(rows, n)) * 2 + np.eye(n)[classes]
    if with_ties:
        # Few rows, each of them often: ties that no rounding can break.
        logits = logits[rng.integers(0, 3, rows)]
    for metric in CLASSES:
        found = Measure(metric).of_outputs(classes, logits.astype(np.float32))
        wanted = expected(metric, classes, logits.astype(np.float32).astype(np.float64))
        assert found == pytest.approx(wanted, abs=1e-6), metric


@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 1e6))
def test_quantities_are_scored_in_their_own_units(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(2, 80))
    targets = rng.normal(size=rows).astype(np.float32)
    outputs = (targets + rng.normal(size=rows)).astype(np.float32)[:, None]
    true, guess = targets.astype(float) * scale + 7.0, outputs[:, 0].astype(float) * scale + 7.0
    for metric, wanted in {
        Metric.R2: reference.r2_score(true, guess),
        Metric.RMSE: reference.root_mean_squared_error(true, guess),
        Metric.MAE: reference.mean_absolute_error(true, guess),
    }.items():
        found = Measure(metric, scale).of_outputs(targets, outputs)
        assert found == pytest.approx(wanted, rel=1e-6, abs=1e-6), metric


def test_classes_without_rows_are_left_out() -> None:
    classes = np.array([0, 0, 2, 2, 2])
    noise = np.random.default_rng(0).normal(size=(5, 4))
    logits = np.eye(4, dtype=np.float32)[[0, 1, 2, 2, 0]] * 9 + noise.astype(np.float32)

    balanced = Measure(Metric.BALANCED_ACCURACY).of_outputs(classes, logits)
    assert balanced == pytest.approx((1 / 2 + 2 / 3) / 2)
    # Class 1 was guessed, so it counts; class 3 never was.
    assert Measure(Metric.F1).of_outputs(classes, logits) == pytest.approx(
        reference.f1_score(classes, [0, 1, 2, 2, 0], average="macro")
    )
    area = Measure(Metric.AUC).of_outputs(classes, logits)
    chances = softmax(logits.astype(float))
    parts = [reference.roc_auc_score(classes == k, chances[:, k]) for k in (0, 2)]
    assert area == pytest.approx(np.mean(parts))


@pytest.mark.parametrize("outputs", [2, 3])
def test_rows_of_one_class_have_no_roc_curve_and_score_a_half(outputs: int) -> None:
    logits = np.random.default_rng(0).normal(size=(6, outputs)).astype(np.float32)
    assert Measure(Metric.AUC).of_outputs(np.ones(6, np.int64), logits) == 0.5


def test_f1_is_zero_where_nothing_was_found() -> None:
    logits = np.tile(np.array([[1.0, 0.0]], np.float32), (4, 1))
    assert Measure(Metric.F1).of_outputs(np.zeros(4, np.int64), logits) == 0.0


def test_of_equal_outputs_the_first_one_counts() -> None:
    logits = np.zeros((3, 3), np.float32)
    assert Measure(Metric.ACCURACY).of_outputs(np.array([0, 1, 0]), logits) == pytest.approx(2 / 3)


def test_certain_outputs_still_have_an_order() -> None:
    # As probabilities in float32, all of these would be 1.
    logits = np.array([[0, 40], [0, 50], [0, 60], [0, 70]], np.float32)
    assert Measure(Metric.AUC).of_outputs(np.array([0, 0, 1, 1]), logits) == 1.0


def test_a_target_that_does_not_vary_has_no_r2() -> None:
    targets = np.zeros(4, np.float32)
    met, missed = targets[:, None], targets[:, None] + 1
    assert Measure(Metric.R2).of_outputs(targets, met) == 1.0
    assert Measure(Metric.R2).of_outputs(targets, missed) == 0.0
