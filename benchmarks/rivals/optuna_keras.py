"""Optuna and Keras: `KERAS_BACKEND=torch python -m benchmarks.rivals.optuna_keras JOB.json`."""

from __future__ import annotations

from typing import Any

import keras

from benchmarks.rivals.job import Design, Table, read_job
from benchmarks.rivals.keras_network import build_model, fit_arguments
from benchmarks.rivals.optuna_study import Note, run_job


class _Notes(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types.
    def __init__(self, note: Note) -> None:
        super().__init__()
        self._note = note

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        assert logs
        self._note(epoch + 1, float(logs["val_accuracy"]))


def train(design: Design, table: Table, max_epochs: int, note: Note) -> float:
    keras.utils.clear_session()
    model = build_model(design, table, max_epochs)
    history = model.fit(**fit_arguments(design, table), epochs=max_epochs, callbacks=[_Notes(note)])
    return float(max(history.history["val_accuracy"]))


if __name__ == "__main__":
    job = read_job()
    run_job(
        job,
        lambda design, epochs, note: train(design, job.table, epochs, note),
        "keras",
        "torch",
    )
