"""A design as a Keras model and Model.fit, as people write them; with KERAS_BACKEND=torch."""

from __future__ import annotations

from typing import Any, Final

import keras
import numpy as np

from benchmarks.rivals.job import Design, Table
from benchmarks.rivals.learning_rate import is_constant, rate_factor

LOSS: Final = "sparse_categorical_crossentropy"


def build_model(design: Design, table: Table, max_epochs: int) -> Any:
    """Compiled, with accuracy as its metric."""
    model = build_layers(design, table.n_inputs, table.n_classes, "softmax")
    optimizer = build_optimizer(design, model, len(table.y_train), max_epochs)
    model.compile(optimizer=optimizer, loss=LOSS, metrics=["accuracy"])
    return model


def build_layers(design: Design, n_inputs: int, n_outputs: int, output_activation: str) -> Any:
    """The model, not compiled."""
    decay = 0.0 if design["optimizer"] == "adamw" else design["weight_decay"] / 2
    regularizer = keras.regularizers.L2(decay) if decay else None
    x = inputs = keras.Input((n_inputs,))
    for width in design["hidden"]:
        below = x
        x = keras.layers.Dense(width, kernel_regularizer=regularizer)(x)
        if design["norm"] == "batch":
            x = keras.layers.BatchNormalization()(x)
        elif design["norm"] == "layer":
            x = keras.layers.LayerNormalization()(x)
        x = keras.layers.Activation(design["activation"])(x)
        if design["dropout"]:
            x = keras.layers.Dropout(design["dropout"])(x)
        if design["residual"] and below.shape[-1] == width:
            x = keras.layers.Add()([x, below])
    outputs = keras.layers.Dense(
        n_outputs, activation=output_activation, kernel_regularizer=regularizer
    )(x)
    return keras.Model(inputs, outputs)


def build_optimizer(design: Design, model: Any, rows: int, max_epochs: int) -> Any:
    """For `model`, of which AdamW decays the kernels alone; `rows` train."""
    optimizer = _build_optimizer(design, rows, max_epochs)
    if design["optimizer"] == "adamw":
        spared = [each for each in model.trainable_variables if each.name != "kernel"]
        optimizer.exclude_from_weight_decay(var_list=spared)
    return optimizer


def fit_arguments(design: Design, table: Table) -> dict[str, Any]:
    """Of Model.fit, beside the callbacks and the number of epochs."""
    return {
        "x": table.x_train,
        "y": table.y_train,
        "batch_size": design["batch_size"],
        "validation_data": (table.x_val, table.y_val),
        "class_weight": _class_weight(design, table),
        "verbose": 0,
    }


def _build_optimizer(design: Design, rows: int, max_epochs: int) -> Any:
    rate: Any = design["learning_rate"]
    if not is_constant(design):
        rate = _Schedule(design, -(-rows // design["batch_size"]), max_epochs)
    if design["optimizer"] == "sgd":
        return keras.optimizers.SGD(rate, momentum=design.get("momentum", 0.9))
    if design["optimizer"] == "rmsprop":
        return keras.optimizers.RMSprop(rate, rho=0.9)
    if design["optimizer"] == "adamw":
        return keras.optimizers.AdamW(rate, weight_decay=design["weight_decay"])
    return keras.optimizers.Adam(rate)


class _Schedule(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]  # Keras has no types.
    def __init__(self, design: Design, steps_per_epoch: int, max_epochs: int) -> None:
        self._design, self._steps, self._epochs = design, steps_per_epoch, max_epochs

    def __call__(self, step: Any) -> float:
        rate: float = self._design["learning_rate"]
        return rate * rate_factor(self._design, int(step), self._steps, self._epochs)

    def get_config(self) -> dict[str, Any]:
        return {
            "design": self._design,
            "steps_per_epoch": self._steps,
            "max_epochs": self._epochs,
        }


def _class_weight(design: Design, table: Table) -> dict[int, float] | None:
    if design.get("class_weight", "none") == "none":
        return None
    counts = np.bincount(table.y_train, minlength=table.n_classes)
    present = int((counts > 0).sum())
    return {
        each: float(len(table.y_train) / (present * max(count, 1)))
        for each, count in enumerate(counts)
    }
