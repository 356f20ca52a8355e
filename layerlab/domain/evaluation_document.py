"""Evaluations as JSON: as they are kept, and as they are answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from layerlab.domain.dataset import Task
from layerlab.domain.evaluation import EvaluatedRows, Evaluation, Residuals, RocCurve
from layerlab.domain.json_value import JsonValue


def evaluation_to_json(evaluation: Evaluation) -> dict[str, JsonValue]:
    classified = evaluation.task is Task.CLASSIFICATION
    return {
        "rows": evaluation.rows.value,
        "task": evaluation.task.value,
        "n": evaluation.n,
        "classes": list(evaluation.classes),
        "merged": evaluation.merged,
        "confusion": [list(row) for row in evaluation.confusion] if classified else None,
        "roc": [
            {"class": each.name, "auc": each.auc, "fpr": list(each.fpr), "tpr": list(each.tpr)}
            for each in evaluation.roc
        ],
        **_residuals_to_json(evaluation.residuals),
    }


def _residuals_to_json(residuals: Residuals | None) -> dict[str, JsonValue]:
    if residuals is None:
        return dict.fromkeys(("residuals", "mae", "rmse", "r2"))
    return {
        "residuals": {"actual": list(residuals.actual), "predicted": list(residuals.predicted)},
        "mae": residuals.mae,
        "rmse": residuals.rmse,
        "r2": residuals.r2,
    }


def evaluation_from_json(document: Mapping[str, Any]) -> Evaluation:
    """The inverse.

    :raises KeyError: for another shape; so `TypeError` and `ValueError`.
    """
    return Evaluation(
        rows=EvaluatedRows(document["rows"]),
        task=Task(document["task"]),
        n=int(document["n"]),
        classes=tuple(document["classes"]),
        merged=int(document["merged"]),
        confusion=tuple(tuple(row) for row in document["confusion"] or ()),
        roc=tuple(
            RocCurve(each["class"], each["auc"], tuple(each["fpr"]), tuple(each["tpr"]))
            for each in document["roc"]
        ),
        residuals=_residuals_from_json(document) if document["residuals"] else None,
    )


def _residuals_from_json(document: Mapping[str, Any]) -> Residuals:
    drawn = document["residuals"]
    return Residuals(
        tuple(drawn["actual"]),
        tuple(drawn["predicted"]),
        document["mae"],
        document["rmse"],
        document["r2"],
    )
