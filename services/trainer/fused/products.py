"""The linear layers of a level as products of whole runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from services.trainer.fused.layout import Run


@dataclass(frozen=True, slots=True)
class Product:
    """out = left @ right, bound to its buffers: repeating it costs about a microsecond."""

    multiply: Callable[..., Tensor]
    left: Tensor
    right: Tensor
    out: Tensor

    def run(self) -> None:
        self.multiply(self.left, self.right, out=self.out)


def product(left: Tensor, right: Tensor, out: Tensor) -> Product:
    """Of stacks [count, …, …]; a stack of one goes without, which is faster."""
    if len(out) == 1:
        return Product(torch.mm, left[0], right[0], out[0])
    return Product(torch.bmm, left, right, out)


def run_products(products: Iterable[Product]) -> None:
    for each in products:
        each.multiply(each.left, each.right, out=each.out)


@dataclass(frozen=True, slots=True)
class Linear:
    """A run's stacks: weights [count, n_out, n_in], input and output [count, units, batch]."""

    weights: Tensor
    weight_gradients: Tensor
    inputs: Tensor
    outputs: Tensor

    def forward(self) -> Product:
        return product(self.weights, self.inputs, self.outputs)

    def weight_backward(self) -> Product:
        """`outputs` holds their gradient by then."""
        return product(self.outputs, self.inputs.transpose(1, 2), self.weight_gradients)

    def input_backward(self, input_gradients: Tensor) -> Product:
        return product(self.weights.transpose(1, 2), self.outputs, input_gradients)


def weights_of(run: Run, flat: Tensor) -> Tensor:
    size = run.count * run.n_out * run.n_in
    return flat[run.weight_start : run.weight_start + size].view(run.count, run.n_out, run.n_in)


def inputs_of(run: Run, rows: Tensor) -> Tensor:
    """The run's input rows of a level [rows, batch] as a stack."""
    stop = run.in_start + run.count * run.n_in
    return rows[run.in_start : stop].view(run.count, run.n_in, -1)


def outputs_of(run: Run, rows: Tensor) -> Tensor:
    stop = run.out_start + run.count * run.n_out
    return rows[run.out_start : stop].view(run.count, run.n_out, -1)
