"""A design as a Keras model on torch, trained one batch at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torch import Tensor

from layerlab.domain.dataset import Task
from layerlab.domain.design import Design, Norm, Optimizer
from services.trainer.engine import Floats, Rows, Weights
from services.trainer.initial import BATCH_NORM_MOMENTUM, NORM_EPSILON
from services.trainer.scoring import Measure, Sums, target_sums
from services.trainer.tensors import tensor_of

if TYPE_CHECKING:
    import keras

_EVALUATION_CHUNK: Final = 4096

# The last part of a tensor's name, and what Keras calls it.
_ATTRIBUTES: Final = {
    "weight": "kernel",
    "bias": "bias",
    "scale": "gamma",
    "shift": "beta",
    "mean": "moving_mean",
    "variance": "moving_variance",
}


def import_keras(device: torch.device) -> None:
    """Imports Keras on torch. Only when it is asked for: it costs 4 s and 170 MB."""
    os.environ["KERAS_BACKEND"] = "torch"
    os.environ["KERAS_TORCH_DEVICE"] = device.type
    import keras

    if keras.backend.backend() != "torch":
        raise RuntimeError("Keras was imported before, with another backend than torch")


def build_model(design: Design, n_inputs: int, n_outputs: int) -> keras.Model:
    """The design as a Keras model; layers are named like the tensors."""
    import keras

    # Decoupled decay is the optimizer's business. L2(w) adds 2 w x to the gradient.
    l2 = 0.0 if design.optimizer is Optimizer.ADAMW else design.weight_decay / 2
    regularizer = keras.regularizers.L2(l2) if l2 else None
    x = inputs = keras.Input((n_inputs,))
    for index, width in enumerate(design.hidden):
        below, name = x, f"hidden_{index}"
        x = keras.layers.Dense(width, kernel_regularizer=regularizer, name=name)(x)
        if design.norm is Norm.BATCH:
            x = keras.layers.BatchNormalization(
                momentum=BATCH_NORM_MOMENTUM, epsilon=NORM_EPSILON, name=f"{name}_norm"
            )(x)
        elif design.norm is Norm.LAYER:
            x = keras.layers.LayerNormalization(epsilon=NORM_EPSILON, name=f"{name}_norm")(x)
        x = keras.layers.Activation(design.activation.value)(x)
        if design.dropout:
            x = keras.layers.Dropout(design.dropout)(x)
        if design.residual and below.shape[-1] == width:
            x = keras.layers.Add()([x, below])
    outputs = keras.layers.Dense(n_outputs, kernel_regularizer=regularizer, name="output")(x)
    return keras.Model(inputs, outputs)


def build_optimizer(design: Design, model: keras.Model) -> keras.optimizers.Optimizer:
    import keras

    rate = design.learning_rate
    if design.optimizer is Optimizer.ADAM:
        return keras.optimizers.Adam(rate)
    if design.optimizer is Optimizer.RMSPROP:
        return keras.optimizers.RMSprop(rate, rho=0.9)
    if design.optimizer is Optimizer.SGD:
        return keras.optimizers.SGD(rate, momentum=design.momentum)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=design.weight_decay)
    spared = [each for each in model.trainable_variables if each.name != "kernel"]
    optimizer.exclude_from_weight_decay(var_list=spared)
    return optimizer


def set_weights(model: keras.Model, weights: Weights) -> None:
    for name, value in weights.items():
        _variable(model, name).assign(value)


def get_weights(model: keras.Model, names: Sequence[str]) -> dict[str, Floats]:
    # Not Keras's own way, which numpy 2 warns about.
    return {name: np.array(_variable(model, name).value.detach().cpu().numpy()) for name in names}


def _variable(model: keras.Model, name: str) -> Any:
    layer, attribute = name.rsplit(".", 1)
    # torch, which Keras keeps its variables in, allows no dot in a name.
    return getattr(model.get_layer(layer.replace(".", "_")), _ATTRIBUTES[attribute])


class Table:
    def __init__(self, rows: Rows, device: torch.device) -> None:
        self.features = tensor_of(rows.features, device)
        self.targets = tensor_of(rows.targets, device)


def data_loss(
    outputs: Tensor, targets: Tensor, task: Task, class_weights: Tensor | None = None
) -> Tensor:
    """Mean cross-entropy in nats, or mean squared error.

    `class_weights` [n_outputs] weigh the rows of a batch; the mean is over their number, as with
    `class_weight` in Keras's `fit`.
    """
    if task is Task.CLASSIFICATION:
        summed = torch.nn.functional.cross_entropy(
            outputs, targets, weight=class_weights, reduction="sum"
        )
        return summed / len(targets)
    return torch.nn.functional.mse_loss(outputs[:, 0], targets)


def evaluate(model: keras.Model, table: Table, measure: Measure) -> tuple[float, float]:
    """(mean loss, score), in chunks."""
    rows, loss, hits = len(table.targets), 0.0, 0
    kept = []
    with torch.no_grad():
        for start in range(0, rows, _EVALUATION_CHUNK):
            part = slice(start, start + _EVALUATION_CHUNK)
            outputs, targets = model(table.features[part], training=False), table.targets[part]
            loss += float(data_loss(outputs, targets, measure.metric.task)) * len(targets)
            hits += int((outputs.argmax(1) == targets).sum())
            if measure.needs_outputs:
                kept.append(outputs.cpu().numpy())
    wanted = table.targets.cpu().numpy()
    if measure.needs_outputs:
        return loss / rows, measure.of_outputs(wanted, np.concatenate(kept))
    sums = Sums(rows, [loss], [hits])
    return sums.mean_losses[0], measure.of_sums(sums, target_sums(wanted))[0]


def predict(model: keras.Model, features: Tensor, beat: Callable[[], None]) -> Floats:
    """Logits or standardized values, [rows, n_outputs], in chunks."""
    parts = []
    with torch.no_grad():
        for start in range(0, len(features), _EVALUATION_CHUNK):
            beat()
            outputs = model(features[start : start + _EVALUATION_CHUNK], training=False)
            parts.append(outputs.cpu().numpy())
    return np.concatenate(parts)


class KerasStepper:
    """A model and its optimizer, one batch at a time."""

    def __init__(
        self,
        design: Design,
        weights: Weights,
        n_inputs: int,
        task: Task,
        class_weights: Tensor | None = None,
    ) -> None:
        self._task, self._class_weights = task, class_weights
        self._learning_rate = design.learning_rate
        self.model = build_model(design, n_inputs, len(weights["output.bias"]))
        set_weights(self.model, weights)
        self._optimizer = build_optimizer(design, self.model)
        self._variables = list(self.model.trainable_variables)

    def step(self, features: Tensor, targets: Tensor, rate_factor: float = 1.0) -> float:
        """Trains on the batch; its loss before the step, without the L2 term."""
        self._optimizer.learning_rate = self._learning_rate * rate_factor
        self.model.zero_grad()
        outputs = self.model(features, training=True)
        loss = data_loss(outputs, targets, self._task, self._class_weights)
        torch.autograd.backward(loss + sum(self.model.losses))
        with torch.no_grad():
            gradients = [each.value.grad for each in self._variables]
            self._optimizer.apply(gradients, self._variables)
        return float(loss.detach())


class RandomState:
    """torch's random numbers, which Keras's dropout draws from: kept while another lane trains."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self.save()

    def save(self) -> None:
        self._cpu = torch.get_rng_state()
        if self._device.type == "cuda":
            self._cuda = torch.cuda.get_rng_state(self._device)

    def restore(self) -> None:
        torch.set_rng_state(self._cpu)
        if self._device.type == "cuda":
            torch.cuda.set_rng_state(self._cuda, self._device)
