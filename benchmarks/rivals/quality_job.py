"""What a rival is told that is to find a good model, and how it answers.

A JSON file {"table": PATH.npz, "n_classes": N, "space": …, "max_epochs": E, "seconds": S, "runs":
[{"name"}]} and the arrays of `QualityTable` in; lines of JSON out (benchmarks/rivals/job.py).
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.rivals.job import Run, Watch, say

Floats: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class QualityTable:
    """Rows as a practised user prepares them.

    `x_*` [rows, inputs]: missing numbers are the training rows' median, numbers are standardized,
    categories are one-hot. `raw_*` [rows, columns]: for trees, missing cells NaN, categories their
    numbers, and `is_category` says of which columns. `y_*`: class numbers, or the target
    standardized. Everything is fitted on the training rows.
    """

    x_train: Floats
    x_val: Floats
    x_test: Floats
    raw_train: Floats
    raw_val: Floats
    raw_test: Floats
    is_category: NDArray[np.bool_]
    y_train: NDArray[Any]
    y_val: NDArray[Any]
    y_test: NDArray[Any]
    n_classes: int
    """0: the target is a quantity."""

    @property
    def n_inputs(self) -> int:
        return int(self.x_train.shape[1])

    @property
    def n_outputs(self) -> int:
        return self.n_classes or 1


@dataclass(frozen=True, slots=True)
class QualityJob:
    table: QualityTable
    run: Run


def read_quality_job() -> QualityJob:
    """From the file named by the first argument."""
    document = json.loads(Path(sys.argv[1]).read_text())
    with np.load(document["table"]) as arrays:
        loaded: dict[str, Any] = {name: arrays[name] for name in arrays}
    (name,) = (each["name"] for each in document["runs"])
    run = Run(name, document["space"], [], document["max_epochs"], document["seconds"])
    return QualityJob(QualityTable(**loaded, n_classes=document["n_classes"]), run)


def score(table: QualityTable, outputs: NDArray[Any], truth: NDArray[Any]) -> float:
    """Accuracy of class scores [rows, classes], or R² of predictions [rows] or [rows, 1]."""
    if table.n_classes:
        return float(np.mean(outputs.argmax(axis=1) == truth))
    errors = truth.astype(np.float64) - outputs.reshape(-1)
    return float(1.0 - np.sum(errors**2) / np.sum((truth - truth.mean(dtype=np.float64)) ** 2))


def say_result(
    watch: Watch, score_val: float, score_test: float, trials: int, epochs: int, model: str
) -> None:
    """Of the one model that was picked; its test rows were touched by nothing else."""
    say(
        event="result",
        at=watch.seconds,
        score_val=score_val,
        score_test=score_test,
        trials=trials,
        epochs=epochs,
        model=model,
    )
