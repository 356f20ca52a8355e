"""What a cohort costs before it is trained: memory in bytes, and floating point operations.

Pure arithmetic over designs and the table's shape. A scheduler sizes cohorts by it; a trainer
splits by it a cohort that would not fit. Tests hold the bytes to what processes were measured to
take: within 0.7 to 1.5 of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise, zip_longest
from typing import Final, TypeVar

from layerlab.domain.design import Design, Norm, Optimizer
from layerlab.domain.table_shape import TableShape

T = TypeVar("T")

LANE_WIDTH: Final = 16
"""The native kernels round each layer's units up to a cache line of float32 numbers."""

_FLOAT: Final = 4
# Values, two moments, the best so far; and once more where weights come in and go out.
_NATIVE_COPIES: Final = 5
# Rows of a batch that go through the native kernel at once; with batch norm, the whole batch.
_PART_ROWS: Final = 128
# Gradients of activations that it keeps meanwhile, each as wide as the widest layer.
_FLOWS: Final = 3
# What a level of the stack needs of a batch: before the activation, after it, and the gradient.
_BUFFERS: Final = 3
# The stack's flat tensors: values, gradients, two moments, best so far, learning rates.
_STACK_COPIES: Final = 6
# While it is built: those, and both kinds of weight decay, whether they are needed or not.
_STACK_BUILDING: Final = _STACK_COPIES + 2
# Of one level's buffer in the stack's evaluation, and the fewest rows that it takes at a time.
_EVALUATION_VALUES: Final = 1 << 19
_EVALUATION_ROWS: Final = 64
# Keras and its optimizer: variables, gradients, two moments, a step's temporaries, best so far.
_KERAS_COPIES: Final = 7
# What is done for a unit of a row, and for a parameter of a step, beside matrix products, in
# operations that take as long: activation, norm and dropout; optimizer.
_UNIT_WORK: Final = 40
_PARAMETER_WORK: Final = 40
# Starting a layer's operations, likewise: about a microsecond.
_LAYER_WORK: Final = 50_000


class Kernel(StrEnum):
    """What computes: lanes one per thread, one stack of all lanes in main memory or on a device, or
    one Keras model at a time."""

    NATIVE = "native"
    STACK = "stack"
    DEVICE_STACK = "device_stack"
    KERAS = "keras"


@dataclass(frozen=True, slots=True)
class Footprint:
    """Bytes beyond those of an idle training process, at the peak.

    `resident` must fit into memory. `mapped` are pages of the matrices' files, which count as the
    process's while memory is plenty, and which the system takes back when it isn't.
    """

    resident: int
    mapped: int = 0

    @property
    def total(self) -> int:
        return self.resident + self.mapped


def cohort_footprint(
    designs: Sequence[Design], table: TableShape, kernel: Kernel, threads: int = 1
) -> Footprint:
    """Of all lanes in one group; `threads` are those that train."""
    match kernel:
        case Kernel.NATIVE:
            return Footprint(_native_bytes(designs, table, threads), table.matrix_bytes)
        case Kernel.STACK:
            return Footprint(_stack_bytes(designs, table), table.matrix_bytes)
        case Kernel.DEVICE_STACK:
            # It has a copy of the matrices.
            return Footprint(_stack_bytes(designs, table) + table.matrix_bytes)
        case Kernel.KERAS:
            return Footprint(max(_keras_bytes(each, table) for each in designs), table.matrix_bytes)


def epoch_flops(design: Design, table: TableShape) -> int:
    """Operations of an epoch's matrix products: training on its rows, and the validation."""
    return _product_flops(_widths(design, table), table)


def padded_flops(design: Design, table: TableShape, kernel: Kernel) -> int:
    """Those that are done for it, on units that it doesn't have included."""
    if kernel is not Kernel.NATIVE:
        return epoch_flops(design, table)
    return _product_flops(_padded_widths(design, table), table)


def how_many_fit(items: Sequence[T], max_bytes: int, bytes_of: Callable[[Sequence[T]], int]) -> int:
    """Of the first ones; at least one. `bytes_of` more is never less."""
    fits, above, middle = min(1, len(items)), len(items) + 1, len(items)
    while above - fits > 1:
        if bytes_of(items[:middle]) <= max_bytes:
            fits = middle
        else:
            above = middle
        middle = (fits + above) // 2
    return fits


def epoch_work(design: Design, table: TableShape) -> float:
    """All that an epoch takes, in operations of a matrix product that take as long."""
    steps = -(-table.train_rows // design.batch_size)
    rows = table.train_rows + table.val_rows
    units = sum(design.hidden) + table.n_outputs
    parameters = design.n_params(table.n_inputs, table.n_outputs)
    return (
        epoch_flops(design, table)
        + _UNIT_WORK * rows * units
        + _PARAMETER_WORK * steps * parameters
        + _LAYER_WORK * steps * (design.n_layers + 1)
    )


def _widths(design: Design, table: TableShape) -> tuple[int, ...]:
    return (table.n_inputs, *design.hidden, table.n_outputs)


def _padded_widths(design: Design, table: TableShape) -> tuple[int, ...]:
    return (table.n_inputs, *(padded_units(each) for each in (*design.hidden, table.n_outputs)))


def padded_units(units: int) -> int:
    """As the native kernels lay a layer out."""
    return -(-units // LANE_WIDTH) * LANE_WIDTH


def _product_flops(widths: Sequence[int], table: TableShape) -> int:
    """Forward, and backward to weights and to inputs, which the first layer has no need of."""
    forward = 2 * sum(a * b for a, b in pairwise(widths))
    first = 2 * widths[0] * widths[1]
    return table.train_rows * (3 * forward - first) + table.val_rows * forward


def _native_bytes(designs: Sequence[Design], table: TableShape, threads: int) -> int:
    lanes = sum(_NATIVE_COPIES * _padded_parameters(each, table) for each in designs)
    # Any thread may train any lane.
    workspace = max(_workspace_floats(each, table) for each in designs)
    return _FLOAT * (lanes + min(threads, len(designs)) * workspace)


def _padded_parameters(design: Design, table: TableShape) -> int:
    """Biases are padded as weights are; norms have scale, shift and two statistics a unit."""
    widths = _padded_widths(design, table)
    norms = 0 if design.norm is Norm.NONE else 4 * sum(widths[1:-1])
    return sum((a + 1) * b for a, b in pairwise(widths)) + norms


def _workspace_floats(design: Design, table: TableShape) -> int:
    """Gradients, weights transposed for the way back, and a part of a batch on its way."""
    widths = _padded_widths(design, table)
    batch = min(design.batch_size, table.train_rows)
    rows = max(batch, _PART_ROWS) if design.norm is Norm.BATCH else _PART_ROWS
    transposed = max((a * b for a, b in pairwise(widths[1:])), default=0)
    buffers = 2 + (design.norm is not Norm.NONE) + (design.dropout > 0)
    buffers += design.residual or design.dropout > 0
    units = widths[0] + buffers * sum(widths[1:]) + _FLOWS * max(widths[1:])
    return _padded_parameters(design, table) + transposed + rows * units


def _stack_bytes(designs: Sequence[Design], table: TableShape) -> int:
    """At the worst moment: built, training, or packed together after a lane has ended."""
    parameters = sum(each.n_params(table.n_inputs, table.n_outputs) for each in designs)
    decays = {each.optimizer is Optimizer.ADAMW for each in designs if each.weight_decay}
    copies = _STACK_COPIES + len(decays)
    passes = _training_floats(designs, table) + _evaluation_floats(designs, table)
    # The weights of lanes that end leave as a copy.
    training = parameters * (copies + 1) + passes
    packing = parameters * (copies + _STACK_BUILDING) + passes if len(designs) > 1 else 0
    return _FLOAT * max(parameters * (_STACK_BUILDING + 2), training, packing)


def _training_floats(designs: Sequence[Design], table: TableShape) -> int:
    """Buffers of a full batch, and of the last batch of an epoch, which is another size."""

    def rows(design: Design) -> int:
        batch = min(design.batch_size, table.train_rows)
        return batch + table.train_rows % batch

    return sum(rows(each) * _row_floats(designs, each, table) for each in designs)


def _row_floats(designs: Sequence[Design], design: Design, table: TableShape) -> int:
    """Of one row of a lane's batch. A level has what any of its lanes needs."""
    hidden = sum(design.hidden)
    has_dropout = any(each.dropout for each in designs)
    has_shortcuts = any(each.residual for each in designs)
    buffers = _BUFFERS + (has_dropout or has_shortcuts) + 1.25 * has_dropout
    buffers += {Norm.NONE: 0, Norm.BATCH: 1, Norm.LAYER: 3}[design.norm]
    # Logits, their logarithms, and a temporary.
    return table.n_inputs + int(buffers * hidden) + 3 * table.n_outputs


def _evaluation_floats(designs: Sequence[Design], table: TableShape) -> int:
    levels = zip_longest(*(each.hidden for each in designs), fillvalue=0)
    widest = max([table.n_outputs * len(designs), *(sum(level) for level in levels)])
    rows = min(table.val_rows, max(_EVALUATION_ROWS, _EVALUATION_VALUES // widest))
    units = sum(sum(each.hidden) for each in designs)
    return rows * (units + 3 * table.n_outputs * len(designs))


def _keras_bytes(design: Design, table: TableShape) -> int:
    parameters = design.n_params(table.n_inputs, table.n_outputs)
    batch = max(min(design.batch_size, table.train_rows), min(4096, table.val_rows))
    # Autograd keeps a layer's input, the linear output, the norm's and the activation's.
    return _FLOAT * (
        _KERAS_COPIES * parameters
        + batch * (table.n_inputs + 5 * sum(design.hidden) + 4 * table.n_outputs)
    )
