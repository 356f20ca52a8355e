"""Where every engine starts: the same weights and dropout streams from a trial's seed.

A network's tensors are named, and shaped as `x @ weight + bias` wants them:

- `hidden.I.weight` [inputs, width] and `hidden.I.bias` [width], layers counted from 0;
- with a norm, `hidden.I.norm.scale` and `hidden.I.norm.shift` [width];
- with batch norm, `hidden.I.norm.mean` and `hidden.I.norm.variance` [width], the running
  statistics that prediction uses;
- `output.weight` [last width, n_outputs] and `output.bias` [n_outputs].
"""

from __future__ import annotations

from typing import Final

import numpy as np

from layerlab.domain.design import Activation, Design, Norm
from services.trainer.engine import Floats

NORM_EPSILON: Final = 1e-5
"""Added to the variance by both norms, in both engines."""

BATCH_NORM_MOMENTUM: Final = 0.9
"""Of the running statistics. Keras's default, 0.99, needs more steps than a small table has."""

_WEIGHTS, _DROPOUT = 0, 2
_HALF_OPEN = (Activation.RELU, Activation.GELU, Activation.SILU, Activation.ELU)


def tensor_shapes(design: Design, n_inputs: int, n_outputs: int) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor of a design, in the order of the layers."""
    shapes: dict[str, tuple[int, ...]] = {}
    before = n_inputs
    for index, width in enumerate(design.hidden):
        shapes[f"hidden.{index}.weight"] = (before, width)
        shapes[f"hidden.{index}.bias"] = (width,)
        if design.norm is not Norm.NONE:
            shapes[f"hidden.{index}.norm.scale"] = (width,)
            shapes[f"hidden.{index}.norm.shift"] = (width,)
        if design.norm is Norm.BATCH:
            shapes[f"hidden.{index}.norm.mean"] = (width,)
            shapes[f"hidden.{index}.norm.variance"] = (width,)
        before = width
    return shapes | {"output.weight": (before, n_outputs), "output.bias": (n_outputs,)}


def initial_weights(design: Design, n_inputs: int, n_outputs: int, seed: int) -> dict[str, Floats]:
    """He's uniform for half-open activations, Glorot's for the others and for the output.

    Sources: He et al. 2015, eq. 10; Glorot and Bengio 2010, eq. 16.
    """
    rng = _generator(seed, _WEIGHTS)
    tensors: dict[str, Floats] = {}
    for name, shape in tensor_shapes(design, n_inputs, n_outputs).items():
        if name.endswith(".weight"):
            half_open = name != "output.weight" and design.activation in _HALF_OPEN
            bound = np.sqrt(6 / shape[0]) if half_open else np.sqrt(6 / sum(shape))
            tensors[name] = rng.uniform(-bound, bound, shape).astype(np.float32)
        else:
            one = name.endswith((".scale", ".variance"))
            tensors[name] = np.full(shape, float(one), np.float32)
    return tensors


def dropout_stream(seed: int) -> np.random.SFC64:
    """The source of dropout masks. Engines draw from it as suits them; Keras draws its own."""
    return np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(_DROPOUT,)))


def _generator(seed: int, *key: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))
