"""One training step of all lanes: forward, loss, and the backward pass written out by hand.

By hand, because autograd costs ten times more per small operation than the operation itself.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from layerlab.domain.dataset import Task
from layerlab.domain.design import Norm
from services.trainer.fused.activations import FUNCTIONS, Function
from services.trainer.fused.dropout import Dropout
from services.trainer.fused.layout import INPUT, Level, Run, Shortcut
from services.trainer.fused.losses import loss_and_gradient
from services.trainer.fused.norms import training_norms
from services.trainer.fused.parameters import Parameters
from services.trainer.fused.products import (
    Linear,
    inputs_of,
    outputs_of,
    run_products,
    weights_of,
)

Streams = Mapping[int, np.random.SFC64]
"""Dropout streams by a lane's place in the layout."""


class TrainingPass:
    """Bound to a layout's parameters and to a batch size; gradients go to the parameters."""

    def __init__(
        self,
        parameters: Parameters,
        batch: int,
        task: Task,
        streams: Streams,
        class_weights: Tensor | None = None,
    ) -> None:
        """`class_weights` [lanes, n_outputs]; None if all are 1."""
        layout = parameters.layout
        like = parameters.values
        self._task, self._layout, self._class_weights = task, layout, class_weights
        # Every lane has its own batch: its rows of the table, [lanes, batch, n_inputs].
        self._features = like.new_empty(len(layout.lanes), batch, layout.n_inputs)
        self._levels: list[_LevelPass] = []
        for level in layout.levels:
            below = self._levels[-1] if self._levels else None
            made = _LevelPass(parameters, level, batch, below, self._features, streams)
            self._levels.append(made)
        self._logits = like.new_empty(len(layout.lanes) * layout.n_outputs, batch)
        self._ones = like.new_ones(batch)
        start, rows = layout.starts[0, "output.bias"], len(self._logits)
        self._bias = parameters.values[start : start + rows, None]
        self._bias_gradient = parameters.gradients[start : start + rows]
        self._bind_output(parameters)

    def _bind_output(self, parameters: Parameters) -> None:
        linears = {
            run: _linear(run, parameters, self._values_of(run.source), self._logits)
            for run in self._layout.output_runs
        }
        self._forward = [each.forward() for each in linears.values()]
        self._backward = [each.weight_backward() for each in linears.values()]
        self._backward += [
            linear.input_backward(inputs_of(run, self._levels[run.source].gradient))
            for run, linear in linears.items()
            if run.source != INPUT
        ]

    def _values_of(self, source: int) -> Tensor:
        return self._features if source == INPUT else self._levels[source].out

    def step(self, features: Tensor, targets: Tensor, rows: Tensor) -> Tensor:
        """Sets all gradients; the mean loss of each lane, [lanes].

        `rows` [lanes, batch]: which rows of the table each lane's batch is.
        """
        flat = rows.reshape(-1)
        gathered = self._features.view(len(flat), -1)
        torch.index_select(features, 0, flat, out=gathered)
        for level in self._levels:
            level.forward()
        run_products(self._forward)
        self._logits.add_(self._bias)
        logits = self._logits.view(len(rows), self._layout.n_outputs, -1)
        wanted = targets[flat].view(rows.shape)
        losses = loss_and_gradient(self._task, logits, wanted, self._class_weights)
        torch.mv(self._logits, self._ones, out=self._bias_gradient)
        run_products(self._backward)
        for level in reversed(self._levels):
            level.backward()
        return losses


class _LevelPass:
    """One level's buffers [rows, batch] and what is done with them.

    `z` is the linear layers' output, then the norms', then, backward, the gradient of both;
    `act` the activations'; `out` what the next level reads; `gradient` that of `out`.
    """

    def __init__(
        self,
        parameters: Parameters,
        level: Level,
        batch: int,
        below: _LevelPass | None,
        features: Tensor,
        streams: Streams,
    ) -> None:
        like = parameters.values
        self._z, self._act, self.gradient = (like.new_empty(level.rows, batch) for _ in range(3))
        self._dropout = Dropout(level, batch, streams, self._z) if level.has_dropout else None
        separate = self._dropout is not None or level.shortcuts
        self.out = torch.empty_like(self._z) if separate else self._act
        self._ones = like.new_ones(batch)
        rows = slice(level.bias_start, level.bias_start + level.rows)
        self._bias, self._bias_gradient = parameters.values[rows, None], parameters.gradients[rows]
        self._norms = training_norms(parameters, level, self._z, self._act)
        # Batch norm takes a bias out again, so its gradient is 0 but for rounding, which Adam
        # would blow up to steps of full size.
        self._moot_biases = [
            slice(span.start, span.stop)
            for norm, span in level.spans(lambda design: design.norm)
            if norm is Norm.BATCH
        ]
        self._activations = self._bind_activations(level)
        self._bind_linears(parameters, level, features if below is None else below.out, below)
        self._shortcuts = [self._bind_shortcut(each, below, features) for each in level.shortcuts]

    def _bind_activations(self, level: Level) -> list[tuple[Function, slice]]:
        spans = level.spans(lambda design: design.activation)
        return [(FUNCTIONS[key], slice(span.start, span.stop)) for key, span in spans]

    def _bind_linears(
        self, parameters: Parameters, level: Level, values: Tensor, below: _LevelPass | None
    ) -> None:
        linears = [(run, _linear(run, parameters, values, self._z)) for run in level.runs]
        self._forward = [linear.forward() for _, linear in linears]
        self._backward = [linear.weight_backward() for _, linear in linears]
        if below:
            self._backward += [
                linear.input_backward(inputs_of(run, below.gradient)) for run, linear in linears
            ]

    def _bind_shortcut(
        self, shortcut: Shortcut, below: _LevelPass | None, features: Tensor
    ) -> tuple[Tensor, Tensor, Tensor | None, Tensor]:
        """Where it adds forward, what; and backward."""
        own = slice(shortcut.out_start, shortcut.out_start + shortcut.rows)
        if below is None:
            return self.out[own], features[shortcut.in_start].T, None, self.gradient[own]
        low = slice(shortcut.in_start, shortcut.in_start + shortcut.rows)
        return self.out[own], below.out[low], below.gradient[low], self.gradient[own]

    def forward(self) -> None:
        run_products(self._forward)
        self._z.add_(self._bias)
        for norm in self._norms:
            norm.forward()
        for function, rows in self._activations:
            function.forward(self._z[rows], self._act[rows])
        if self._dropout:
            self._mask = self._dropout.draw()
            torch.mul(self._act, self._mask, out=self.out)
        elif self.out is not self._act:
            self.out.copy_(self._act)
        for out, values, _, _ in self._shortcuts:
            out.add_(values)

    def backward(self) -> None:
        gradient = self.gradient
        if self._dropout:
            # `out` is free: the level above has used it.
            gradient = torch.mul(gradient, self._mask, out=self.out)
        for function, rows in self._activations:
            z = self._z[rows]
            function.backward(gradient[rows], z, self._act[rows], z)
        for norm in reversed(self._norms):
            norm.backward()
        torch.mv(self._z, self._ones, out=self._bias_gradient)
        for rows in self._moot_biases:
            self._bias_gradient[rows] = 0.0
        run_products(self._backward)
        for _, _, below, own in self._shortcuts:
            if below is not None:
                below.add_(own)


def _linear(run: Run, parameters: Parameters, values: Tensor, outputs: Tensor) -> Linear:
    if run.source == INPUT:
        inputs = values[run.in_start : run.in_start + run.count].transpose(1, 2)
    else:
        inputs = inputs_of(run, values)
    return Linear(
        weights_of(run, parameters.values),
        weights_of(run, parameters.gradients),
        inputs,
        outputs_of(run, outputs),
    )
