"""The backward pass written by hand against torch's autograd."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_sample_weight
from torch import Tensor
from torch.nn import functional

from layerlab.domain.dataset import Task
from layerlab.domain.design import Activation, ClassWeight, Design, Norm
from layerlab.domain.study import Proposal
from services.trainer.engine import Matrices, Weights
from services.trainer.fused.stack import Stack, Tables
from services.trainer.initial import NORM_EPSILON, initial_weights
from tests.unit.trainer.builders import CPU, classes, designs, quantity

FUNCTIONS: dict[Activation, Callable[[Tensor], Tensor]] = {
    Activation.RELU: functional.relu,
    Activation.TANH: torch.tanh,
    Activation.GELU: functional.gelu,
    Activation.SILU: functional.silu,
    Activation.ELU: functional.elu,
    Activation.SIGMOID: torch.sigmoid,
}


def reference(design: Design, tensors: dict[str, Tensor], x: Tensor) -> Tensor:
    """The network as Design's docstring says it, in plain torch, without dropout."""
    for index, width in enumerate(design.hidden):
        name, below = f"hidden.{index}", x
        x = x @ tensors[f"{name}.weight"] + tensors[f"{name}.bias"]
        if design.norm is not Norm.NONE:
            dim = 0 if design.norm is Norm.BATCH else 1
            mean, variance = x.mean(dim, keepdim=True), x.var(dim, correction=0, keepdim=True)
            x = (x - mean) / torch.sqrt(variance + NORM_EPSILON)
            x = x * tensors[f"{name}.norm.scale"] + tensors[f"{name}.norm.shift"]
        x = FUNCTIONS[design.activation](x)
        if design.residual and below.shape[1] == width:
            x = x + below
    return x @ tensors["output.weight"] + tensors["output.bias"]


def expected_gradients(design: Design, weights: Weights, matrices: Matrices) -> dict[str, Tensor]:
    tensors = {
        name: torch.tensor(value, dtype=torch.float64, requires_grad=True)
        for name, value in weights.items()
    }
    x = torch.tensor(matrices.train.features, dtype=torch.float64)
    y = torch.tensor(matrices.train.targets)
    out = reference(design, tensors, x)
    if matrices.task is Task.CLASSIFICATION:
        rows = functional.cross_entropy(out, y, reduction="none")
        balanced = design.class_weight is ClassWeight.BALANCED
        classes = matrices.train.targets
        weights_of_rows = compute_sample_weight("balanced" if balanced else None, classes)
        loss = (rows * torch.tensor(weights_of_rows)).sum() / len(y)
    else:
        loss = functional.mse_loss(out[:, 0], y.double())
    torch.autograd.backward(loss)
    return {name: each.grad for name, each in tensors.items() if each.grad is not None}


@settings(max_examples=40, deadline=None)
@given(
    drawn=st.lists(designs, min_size=1, max_size=4),
    seed=st.integers(0, 1000),
    matrices=st.sampled_from([classes(rows=23), quantity(rows=23)]),
)
def test_gradients_are_those_of_autograd(
    drawn: list[Design], seed: int, matrices: Matrices
) -> None:
    shape = matrices.n_inputs, matrices.n_outputs
    lanes = [
        Proposal(i, Design.from_json({**each.to_json(), "dropout": 0.0}), seed + i)
        for i, each in enumerate(drawn)
    ]
    rng = np.random.default_rng(seed)
    weights = {}
    for each in lanes:
        start = initial_weights(each.design, *shape, seed=each.seed)
        # Zeros and ones would hide mistakes in biases and norms.
        weights[each.number] = {
            name: (value + rng.normal(0, 0.1, value.shape)).astype(np.float32)
            for name, value in start.items()
        }
    tables = Tables.read(matrices, CPU)
    stack, table = Stack(lanes, shape, tables, max_epochs=1), tables.train
    stack.load(weights)
    rows = torch.arange(table.count).expand(len(lanes), -1)
    stack._pass_of(table.count).step(table.features, table.targets, rows)
    for place, each in enumerate(stack.lanes):
        expected = expected_gradients(each.design, weights[each.number], matrices)
        for slot in stack.parameters.layout.slots:
            if slot.lane == place and slot.name in expected:
                shape_ = slot.shape[::-1] if slot.is_weight else slot.shape
                found = stack.parameters.gradients[slot.start : slot.stop].view(shape_)
                found = found.T if slot.is_weight else found
                torch.testing.assert_close(
                    found.double(), expected[slot.name], rtol=1e-3, atol=2e-5, msg=slot.name
                )
