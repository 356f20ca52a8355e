"""An evaluation as rows of a table."""

from __future__ import annotations

from collections.abc import Sequence

from layerlab.cli.output import Row
from layerlab.domain.evaluation import Evaluation


def evaluation_rows(evaluation: Evaluation) -> tuple[Sequence[Row], Sequence[str]]:
    """And the columns: a row for each true class, a column for each class it was taken for; or
    the figures of a quantity."""
    residuals = evaluation.residuals
    if residuals:
        return [{name: getattr(residuals, name) for name in _FIGURES}], _FIGURES
    curves = {each.name: each.auc for each in evaluation.roc}
    # With a word before it, lest a class be called like another column.
    taken = [f"as {name}" for name in evaluation.classes]
    rows: list[Row] = [
        {"true class": name, **dict(zip(taken, counts, strict=True)), "auc": curves.get(name)}
        for name, counts in zip(evaluation.classes, evaluation.confusion, strict=True)
    ]
    return rows, ("true class", *taken, "auc")


_FIGURES = ("mae", "rmse", "r2")
