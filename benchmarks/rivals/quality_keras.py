"""Keras models for the search of a good one, and the best of them so far."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from benchmarks.rivals.job import Design, Watch
from benchmarks.rivals.keras_network import build_layers, build_optimizer
from benchmarks.rivals.quality_job import QualityTable, say_result, score

SCORE = "val_score"
"""Of a fit's logs: accuracy or R² on the validation rows."""


def build_quality_model(design: Design, table: QualityTable, max_epochs: int) -> Any:
    """Compiled; its metric `score` is accuracy or R²."""
    if table.n_classes:
        activation, loss = "softmax", "sparse_categorical_crossentropy"
        metric: Any = keras.metrics.SparseCategoricalAccuracy(name="score")
    else:
        activation, loss = "linear", "mean_squared_error"
        metric = keras.metrics.R2Score(name="score")
    model = build_layers(design, table.n_inputs, table.n_outputs, activation)
    optimizer = build_optimizer(design, model, len(table.y_train), max_epochs)
    model.compile(optimizer=optimizer, loss=loss, metrics=[metric])
    return model


def fit(model: Any, design: Design, table: QualityTable, **arguments: Any) -> Any:
    """`Model.fit` with validation data; `arguments` are epochs, callbacks, …"""
    y_train, y_val = (
        y if table.n_classes else y.reshape(-1, 1) for y in (table.y_train, table.y_val)
    )
    return model.fit(
        table.x_train,
        y_train,
        batch_size=design["batch_size"],
        validation_data=(table.x_val, y_val),
        verbose=0,
        **arguments,
    )


class Keeper:
    """The weights of the best epoch of all trials, by the validation rows; counts the epochs."""

    def __init__(self, table: QualityTable, watch: Watch, max_epochs: int) -> None:
        self.watch, self.epochs, self.trials = watch, 0, 0
        self._table, self._max_epochs = table, max_epochs
        self._best: tuple[float, Design, list[Any]] | None = None

    def note(self, design: Design, value: float, model: Any) -> None:
        self.epochs += 1
        if np.isfinite(value) and (self._best is None or value > self._best[0]):
            self._best = value, design, model.get_weights()

    def finish(self) -> None:
        """Scores the test rows, once, by the model that the validation rows have picked."""
        if self._best is None:
            raise SystemExit("no epoch has ended in the time")
        value, design, weights = self._best
        keras.utils.clear_session()
        model = build_quality_model(design, self._table, self._max_epochs)
        model.set_weights(weights)
        outputs = model.predict(self._table.x_test, batch_size=4096, verbose=0)
        tested = score(self._table, outputs, self._table.y_test)
        say_result(self.watch, value, tested, self.trials, self.epochs, json.dumps(design))


class Notes(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types.
    """Tells the keeper of each epoch; calls `stop`, which raises, when the time is over."""

    def __init__(self, keeper: Keeper, design: Design, stop: Callable[[], None]) -> None:
        super().__init__()
        self._keeper, self._design, self._stop = keeper, design, stop

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self._keeper.watch.is_over:
            self._stop()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        assert logs
        if self._keeper.watch.is_over:
            self._stop()
        self._keeper.note(self._design, float(logs[SCORE]), self.model)


def warm_up(design: Design, table: QualityTable, max_epochs: int) -> None:
    """The first model of a process is slow; it is not measured."""
    fit(build_quality_model(design, table, max_epochs), design, table, epochs=1)
