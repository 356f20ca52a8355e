"""An evaluation as a terminal shows it."""

from __future__ import annotations

from layerlab.cli.evaluation_table import evaluation_rows
from layerlab.domain.dataset import Task
from layerlab.domain.evaluation import EvaluatedRows, Evaluation, Residuals, RocCurve

CURVE = RocCurve("b", 0.75, (0.0, 1.0), (0.0, 1.0))


def test_classes_are_a_matrix_with_the_area_under_each_curve() -> None:
    found = Evaluation(
        EvaluatedRows.TEST, Task.CLASSIFICATION, 4, ("a", "b"), 0, ((2, 0), (1, 1)), (CURVE,)
    )
    rows, columns = evaluation_rows(found)
    assert columns == ("true class", "as a", "as b", "auc")
    assert rows == [
        {"true class": "a", "as a": 2, "as b": 0, "auc": None},
        {"true class": "b", "as a": 1, "as b": 1, "auc": 0.75},
    ]


def test_a_quantity_is_its_figures() -> None:
    residuals = Residuals((1.0,), (2.0,), mae=1.0, rmse=1.0, r2=0.5)
    found = Evaluation(EvaluatedRows.TEST, Task.REGRESSION, 1, residuals=residuals)
    assert evaluation_rows(found)[0] == [{"mae": 1.0, "rmse": 1.0, "r2": 0.5}]
