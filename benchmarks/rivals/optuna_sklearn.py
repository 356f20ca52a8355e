"""Optuna and scikit-learn: `python -m benchmarks.rivals.optuna_sklearn JOB.json`.

MLPClassifier knows relu, tanh and the logistic function, Adam and SGD, an L2 term and a constant
rate. A design that wants more is trained as the nearest that it knows, which is less work: without
norms, dropout, residuals, schedules and class weights, other activations as relu, AdamW and
RMSprop as Adam.
"""

from __future__ import annotations

import warnings
from typing import Any, Final

from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from benchmarks.rivals.job import Design, Table, read_job
from benchmarks.rivals.optuna_study import Note, run_job

_ACTIVATIONS: Final = {"tanh": "tanh", "sigmoid": "logistic"}


def build_classifier(design: Design, max_epochs: int) -> Any:
    return MLPClassifier(
        hidden_layer_sizes=tuple(design["hidden"]),
        activation=_ACTIVATIONS.get(design["activation"], "relu"),
        solver="sgd" if design["optimizer"] == "sgd" else "adam",
        alpha=design["weight_decay"],
        batch_size=design["batch_size"],
        learning_rate_init=design["learning_rate"],
        momentum=design.get("momentum", 0.9),
        nesterovs_momentum=False,
        max_iter=max_epochs,
        # It ends early otherwise, when the loss falls too slowly.
        n_iter_no_change=max_epochs + 1,
    )


def train(design: Design, table: Table, max_epochs: int, note: Note) -> float:
    classifier = build_classifier(design, max_epochs)
    classifier.fit(table.x_train, table.y_train)
    score = float(classifier.score(table.x_val, table.y_val))
    note(max_epochs, score)
    return score


if __name__ == "__main__":
    # It says that so few epochs are too few.
    warnings.simplefilter("ignore", ConvergenceWarning)
    job = read_job()
    run_job(
        job,
        lambda design, epochs, note: train(design, job.table, epochs, note),
        "scikit-learn",
    )
