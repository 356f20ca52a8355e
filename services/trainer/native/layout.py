"""Where a lane's tensors lie in its flat buffers, and how they get there. Numbers only.

The kernels round widths up to 16 units and keep weights in panels of 32 columns (src/product.h says
why). What is added stays 0 from the first step to the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from layerlab.domain.design import Design
from layerlab.domain.footprint import padded_units
from services.trainer.engine import Floats, Weights
from services.trainer.initial import tensor_shapes

PANEL: Final = 32


@dataclass(frozen=True, slots=True)
class Slot:
    """A tensor's place: `shape` without padding, floats `start` to `stop` with it."""

    name: str
    shape: tuple[int, ...]
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Trained tensors layer by layer, `trained` floats; then the running statistics."""

    slots: dict[str, Slot]
    trained: int
    size: int

    def pack(self, weights: Weights, into: Floats) -> None:
        """Writes the tensors to their places in `into` [size], and 0 to the padding."""
        into[:] = 0.0
        for slot in self.slots.values():
            tensor, flat = weights[slot.name], into[slot.start : slot.stop]
            if len(slot.shape) == 1:
                flat[: slot.shape[0]] = tensor
            else:
                for columns, panel in _panels(flat, slot.shape):
                    part = tensor[:, columns]
                    panel[:, : part.shape[1]] = part

    def unpack(self, flat: Floats) -> dict[str, Floats]:
        """Copies of the tensors, as initial.py shapes them."""
        weights: dict[str, Floats] = {}
        for slot in self.slots.values():
            piece = flat[slot.start : slot.stop]
            if len(slot.shape) == 1:
                weights[slot.name] = piece[: slot.shape[0]].copy()
                continue
            tensor = weights[slot.name] = np.empty(slot.shape, np.float32)
            for columns, panel in _panels(piece, slot.shape):
                tensor[:, columns] = panel[:, : tensor[:, columns].shape[1]]
        return weights


def lay_out(design: Design, n_inputs: int, n_outputs: int) -> Layout:
    shapes = tensor_shapes(design, n_inputs, n_outputs)
    statistics = [name for name in shapes if name.endswith((".mean", ".variance"))]
    slots: dict[str, Slot] = {}
    size = trained = 0
    for name in (*(each for each in shapes if each not in statistics), *statistics):
        *rows, units = shapes[name]
        stop = size + (rows[0] if rows else 1) * padded_units(units)
        slots[name] = Slot(name, shapes[name], size, stop)
        size = stop
        if name not in statistics:
            trained = size
    # The tensors in initial.py's order, for whoever writes them out.
    return Layout({name: slots[name] for name in shapes}, trained, size)


def layer_names(design: Design) -> Iterator[str]:
    """Of the hidden layers and the output, as tensors' names begin."""
    for index in range(design.n_layers):
        yield f"hidden.{index}"
    yield "output"


def _panels(flat: Floats, shape: tuple[int, ...]) -> Iterator[tuple[slice, Floats]]:
    """The columns of a matrix [rows, units] by panel, and where these lie, [rows, 16 or 32]."""
    rows, units = shape
    wide = padded_units(units)
    for first in range(0, wide, PANEL):
        width = min(PANEL, wide - first)
        start = first * rows
        yield (
            slice(first, min(first + width, units)),
            flat[start : start + rows * width].reshape(rows, width),
        )
