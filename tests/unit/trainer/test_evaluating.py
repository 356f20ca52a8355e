"""Evaluations have scikit-learn's figures, and bounds however much there is to show."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from layerlab.domain.dataset import Task
from layerlab.domain.evaluation import MAX_CLASSES, MAX_CURVES, MAX_POINTS, EvaluatedRows
from layerlab.domain.evaluation_document import evaluation_from_json, evaluation_to_json
from layerlab.domain.json_value import canonical
from services.trainer.evaluating import Target, evaluate, roc_curve

PART = EvaluatedRows.VALIDATION
LOGITS = np.array([[2, 0, 1], [0, 3, 1], [1, 0, 0], [0, 1, 5], [4, 1, 0]], np.float32)
CLASSES = np.array([0, 1, 2, 2, 1])


def drawn(rows: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(3)
    truth = draw.integers(0, classes, rows)
    logits = draw.normal(size=(rows, classes)).astype(np.float32)
    logits[np.arange(rows), truth] += 1
    return truth, logits


def test_a_confusion_matrix_counts_rows_by_true_class() -> None:
    found = evaluate(PART, Target(("a", "b", "c")), CLASSES, LOGITS)
    assert (found.n, found.task, found.classes) == (5, Task.CLASSIFICATION, ("a", "b", "c"))
    expected = metrics.confusion_matrix(CLASSES, LOGITS.argmax(1))
    assert np.array_equal(found.confusion, expected)
    assert (found.merged, found.residuals) == (0, None)


def test_a_roc_curve_is_scikit_learns() -> None:
    values = np.array([0.1, 0.4, 0.4, 0.35, 0.8, 0.8, 0.9])
    wanted = np.array([0, 0, 1, 1, 1, 0, 1], bool)
    found = roc_curve("yes", values, wanted)
    assert found is not None
    fpr, tpr, _ = metrics.roc_curve(wanted, values, drop_intermediate=False)
    assert found.fpr == pytest.approx(fpr, abs=1e-6)
    assert found.tpr == pytest.approx(tpr, abs=1e-6)
    assert found.auc == pytest.approx(metrics.roc_auc_score(wanted, values))


def test_two_classes_have_one_curve_and_more_have_one_each() -> None:
    truth, logits = drawn(300, 2)
    two = evaluate(PART, Target(("no", "yes")), truth, logits)
    assert [each.name for each in two.roc] == ["yes"]
    three = evaluate(PART, Target(("a", "b", "c")), CLASSES, LOGITS)
    assert {each.name for each in three.roc} == {"a", "b", "c"}


def test_a_class_without_rows_has_no_curve() -> None:
    found = evaluate(PART, Target(("a", "b", "c")), np.array([0, 0, 1, 1, 1]), LOGITS)
    assert {each.name for each in found.roc} == {"a", "b"}


def test_a_thinned_curve_keeps_its_ends_and_nearly_its_area() -> None:
    truth, logits = drawn(20_000, 2)
    (curve,) = evaluate(PART, Target(("no", "yes")), truth, logits).roc
    assert len(curve.fpr) == len(curve.tpr) <= MAX_POINTS
    assert (curve.fpr[0], curve.tpr[0], curve.fpr[-1], curve.tpr[-1]) == (0, 0, 1, 1)
    assert metrics.auc(curve.fpr, curve.tpr) == pytest.approx(curve.auc, abs=1e-3)
    odds = logits[:, 1] - logits[:, 0]
    assert curve.auc == pytest.approx(metrics.roc_auc_score(truth, odds), abs=1e-6)


def test_the_rarest_of_too_many_classes_are_counted_together() -> None:
    truth, logits = drawn(5_000, 70)
    names = tuple(f"class {number}" for number in range(70))
    found = evaluate(PART, Target(names), truth, logits)
    assert len(found.classes) == len(found.confusion) == MAX_CLASSES
    assert found.merged == 70 - MAX_CLASSES + 1
    assert sum(map(sum, found.confusion)) == 5_000
    kept = [names.index(name) for name in found.classes[:-1]]
    assert kept == sorted(kept)
    counts = np.bincount(truth, minlength=70)
    assert counts[kept].min() >= np.delete(counts, kept).max()
    exact = metrics.confusion_matrix(truth, logits.argmax(1), labels=range(70))
    assert np.array_equal(np.array(found.confusion)[:-1, :-1], exact[np.ix_(kept, kept)])
    assert len(found.roc) == MAX_CURVES


def test_residuals_are_in_own_units_and_figures_over_all_rows() -> None:
    draw = np.random.default_rng(5)
    truth = draw.normal(size=4_000).astype(np.float32)
    outputs = (truth + draw.normal(scale=0.1, size=4_000)).astype(np.float32)[:, None]
    target = Target(mean=50.0, scale=8.0)
    first, second = (evaluate(PART, target, truth, outputs).residuals for _ in range(2))
    assert first is not None
    assert first == second
    actual, predicted = truth.astype(float) * 8 + 50, outputs[:, 0].astype(float) * 8 + 50
    assert first.mae == pytest.approx(metrics.mean_absolute_error(actual, predicted))
    assert first.rmse == pytest.approx(metrics.root_mean_squared_error(actual, predicted))
    assert first.r2 == pytest.approx(metrics.r2_score(actual, predicted))
    assert len(first.actual) == len(first.predicted) == 1_000
    pairs = {(f"{a:.7g}", f"{p:.7g}") for a, p in zip(actual, predicted, strict=True)}
    shown = zip(first.actual, first.predicted, strict=True)
    assert {(f"{a:.7g}", f"{p:.7g}") for a, p in shown} <= pairs


def test_few_residuals_are_all_there() -> None:
    found = evaluate(PART, Target(), np.array([0, 1], np.float32), np.ones((2, 1), np.float32))
    assert found.residuals is not None
    assert (found.residuals.actual, found.residuals.predicted) == ((0.0, 1.0), (1.0, 1.0))


def test_outputs_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        evaluate(PART, Target(), np.zeros(1, np.float32), np.full((1, 1), np.nan, np.float32))


def test_the_largest_evaluation_takes_less_than_100_kilobytes() -> None:
    truth, logits = drawn(20_000, 80)
    names = tuple(f"class {number}" for number in range(80))
    document = evaluation_to_json(evaluate(PART, Target(names), truth, logits))
    assert len(canonical(document)) < 100_000
    assert evaluation_to_json(evaluation_from_json(document)) == document
