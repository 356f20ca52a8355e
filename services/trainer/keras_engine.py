"""The Keras engine: Keras 3 on torch, one lane after another, by the same rules as the fused one.

It is the plain reference that the fused engine is held against. It starts from the same weights
and visits the same batches; only dropout draws from Keras's own stream.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torch import Tensor

from layerlab.domain.dataset import Task
from layerlab.domain.design import Design, Norm, Optimizer
from layerlab.domain.study import Proposal
from services.trainer.class_weights import class_weights
from services.trainer.control import Control
from services.trainer.engine import (
    Ended,
    Floats,
    Limits,
    Matrices,
    Rows,
    Tick,
    Weights,
)
from services.trainer.initial import (
    BATCH_NORM_MOMENTUM,
    NORM_EPSILON,
    epoch_order,
    initial_weights,
)
from services.trainer.record import LaneRecord, r2_score
from services.trainer.schedules import rate_factors, steps_per_epoch
from services.trainer.tensors import tensor_of
from services.trainer.threads import forward_flops, worthwhile_threads

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


@dataclass(frozen=True, slots=True)
class KerasEngine:
    """Lanes may have any batch sizes."""

    device: torch.device
    threads: int = 1
    """At most; small products get one."""

    def train(
        self, lanes: Sequence[Proposal], matrices: Matrices, limits: Limits, control: Control
    ) -> Iterator[Tick]:
        import_keras(self.device)
        for lane in lanes:
            shape = matrices.n_inputs, matrices.n_outputs
            flops = forward_flops(lane.design, *shape)
            torch.set_num_threads(worthwhile_threads(lane.design.n_layers + 1, flops, self.threads))
            yield from _LaneTraining(self.device, lane, matrices, limits, control).run()
            if control.cancelled.is_set():
                return

    def score(self, lane: Proposal, weights: Weights, rows: Rows, task: Task) -> float:
        import_keras(self.device)
        n_outputs = len(weights["output.bias"])
        model = build_model(lane.design, rows.features.shape[1], n_outputs)
        set_weights(model, weights)
        return evaluate(model, _Table(rows, self.device), task)[1]


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


class _Table:
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


def evaluate(model: keras.Model, table: _Table, task: Task) -> tuple[float, float]:
    """(mean loss, score), in chunks."""
    rows, loss, hits = len(table.targets), 0.0, 0
    with torch.no_grad():
        for start in range(0, rows, _EVALUATION_CHUNK):
            part = slice(start, start + _EVALUATION_CHUNK)
            outputs, targets = model(table.features[part], training=False), table.targets[part]
            loss += float(data_loss(outputs, targets, task)) * len(targets)
            hits += int((outputs.argmax(1) == targets).sum())
    if task is Task.CLASSIFICATION:
        return loss / rows, hits / rows
    exact = table.targets.double()
    score = r2_score(loss, float(exact.sum()), float(exact.square().sum()), rows)
    return loss / rows, score


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


class _LaneTraining:
    def __init__(
        self,
        device: torch.device,
        lane: Proposal,
        matrices: Matrices,
        limits: Limits,
        control: Control,
    ) -> None:
        import keras

        keras.utils.set_random_seed(lane.seed % 2**32)
        self._lane, self._limits, self._control = lane, limits, control
        self._task, shape = matrices.task, (matrices.n_inputs, matrices.n_outputs)
        weights = initial_weights(lane.design, *shape, seed=lane.seed)
        self._names = list(weights)
        balance = torch.tensor(class_weights(lane.design.class_weight, matrices), device=device)
        self._stepper = KerasStepper(
            lane.design, weights, matrices.n_inputs, matrices.task, balance
        )
        self._record = LaneRecord(lane, lane.design.n_params(*shape))
        self._train, self._val = _Table(matrices.train, device), _Table(matrices.val, device)
        self._best: Weights | None = None

    def run(self) -> Iterator[Tick]:
        while True:
            loss, complete = self._train_epoch(self._record.epochs + 1)
            if self._control.cancelled.is_set():
                return
            tick = self._close_epoch(loss, out_of_time=not complete)
            yield tick
            if tick.ended:
                return

    def _train_epoch(self, epoch: int) -> tuple[float | None, bool]:
        """Mean training loss, None without a step; False: the time was over."""
        rows, size = len(self._train.targets), self._lane.design.batch_size
        order = torch.from_numpy(epoch_order(self._lane.seed, epoch, rows)).long()
        steps = steps_per_epoch(rows, size)
        factors = rate_factors(self._lane.design, epoch, steps, self._limits.max_epochs)
        total, seen = 0.0, 0
        for start, factor in zip(range(0, rows, size), factors, strict=True):
            self._control.beat()
            if self._control.cancelled.is_set() or self._limits.seconds_left() <= 0:
                break
            batch = order[start : start + size].to(self._train.targets.device)
            features, targets = self._train.features[batch], self._train.targets[batch]
            loss = self._stepper.step(features, targets, float(factor))
            total += loss * len(batch)
            seen += len(batch)
        return (total / seen if seen else None), seen == rows

    def _close_epoch(self, loss: float | None, out_of_time: bool) -> Tick:
        record, reports = self._record, []
        if loss is not None:
            reports.append(record.note(loss, *evaluate(self._stepper.model, self._val, self._task)))
            if record.improved:
                self._best = get_weights(self._stepper.model, self._names)
        stopped = self._lane.number in self._control.stopped()
        end = record.out_of_time() if out_of_time else record.end(self._limits, stopped)
        return Tick(tuple(reports), (Ended(end, self._best),) if end else ())
