"""Activations on a span of rows, forward and backward, into buffers that exist already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from layerlab.domain.design import Activation

_aten = torch.ops.aten


@dataclass(frozen=True, slots=True)
class Function:
    """`forward(x, out)`; `backward(gradient, x, y, out)`, where y is what forward gave for x.

    `out` of `backward` may be x itself.
    """

    forward: Callable[[Tensor, Tensor], object]
    backward: Callable[[Tensor, Tensor, Tensor, Tensor], object]


# The same formulas as Keras's: exact gelu, elu with alpha 1.
FUNCTIONS: Final[Mapping[Activation, Function]] = {
    Activation.RELU: Function(
        lambda x, out: torch.clamp_min(x, 0.0, out=out),
        lambda g, x, y, out: _aten.threshold_backward(g, x, 0.0, grad_input=out),
    ),
    Activation.TANH: Function(
        lambda x, out: torch.tanh(x, out=out),
        lambda g, x, y, out: _aten.tanh_backward(g, y, grad_input=out),
    ),
    Activation.GELU: Function(
        lambda x, out: _aten.gelu(x, out=out),
        lambda g, x, y, out: _aten.gelu_backward(g, x, grad_input=out),
    ),
    Activation.SILU: Function(
        lambda x, out: _aten.silu(x, out=out),
        lambda g, x, y, out: _aten.silu_backward(g, x, grad_input=out),
    ),
    Activation.ELU: Function(
        lambda x, out: _aten.elu(x, out=out),
        lambda g, x, y, out: _aten.elu_backward(g, 1.0, 1.0, 1.0, False, x, grad_input=out),
    ),
    Activation.SIGMOID: Function(
        lambda x, out: torch.sigmoid(x, out=out),
        lambda g, x, y, out: _aten.sigmoid_backward(g, y, grad_input=out),
    ),
}
