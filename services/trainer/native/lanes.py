"""One lane's memory, and its record for the kernels."""

from __future__ import annotations

import ctypes
from itertools import pairwise

import numpy as np

from layerlab.domain.dataset import Task
from layerlab.domain.study import Proposal
from services.trainer.engine import Floats, Weights
from services.trainer.initial import BATCH_NORM_MOMENTUM, NORM_EPSILON, dropout_stream
from services.trainer.native.layout import Layout, lay_out, layer_names
from services.trainer.native.library import aligned_floats, load_kernels, pointer_to
from services.trainer.native.records import (
    ACTIVATIONS,
    NORMS,
    OPTIMIZERS,
    RANDOM_WORDS,
    TASKS,
    CLane,
    CLayer,
)
from services.trainer.schedules import is_constant, rate_factors


class LaneBuffers:
    """Values, two moments and the best values so far, all laid out alike.

    `record` is as it was when the lane's stack was made: that stack has a copy in use.
    """

    def __init__(self, lane: Proposal, shape: tuple[int, int], task: Task, max_epochs: int) -> None:
        """`shape` is (n_inputs, n_outputs)."""
        self.lane, self.task, self._max_epochs = lane, task, max_epochs
        self._layout = lay_out(lane.design, *shape)
        self._values, self._best = (aligned_floats(self._layout.size) for _ in range(2))
        self._first, self._second = (aligned_floats(self._layout.trained) for _ in range(2))
        self._first[:] = self._second[:] = 0.0
        self._rates: Floats | None = None
        self._class_weights: Floats | None = None
        self._layers = _layers(lane, self._layout, shape)
        widths = (shape[0], *lane.design.hidden, shape[1])
        self.n_outputs = shape[1]
        self.flops = 6 * sum(a * b for a, b in pairwise(widths))
        """Of matrix products, to train on one row."""
        self.record = self._record()

    def _record(self) -> CLane:
        design = self.lane.design
        record = CLane(
            layers=self._layers,
            n_layers=len(self._layers),
            activation=ACTIVATIONS.index(design.activation),
            norm=NORMS.index(design.norm),
            residual=design.residual,
            optimizer=OPTIMIZERS.index(design.optimizer),
            task=TASKS.index(self.task),
            batch=design.batch_size,
            dropout=design.dropout,
            momentum=design.momentum,
            decay=design.weight_decay,
            statistics_momentum=BATCH_NORM_MOMENTUM,
            norm_epsilon=NORM_EPSILON,
            values=pointer_to(self._values),
            first=pointer_to(self._first),
            second=pointer_to(self._second),
            trained=self._layout.trained,
            seed=self.lane.seed,
        )
        words = dropout_stream(self.lane.seed).random_raw(RANDOM_WORDS) & 0xFFFFFFFF
        record.random[:] = words.tolist()
        return record

    @property
    def workspace_floats(self) -> int:
        return int(load_kernels().layerlab_workspace_floats(self.record))

    def load(self, weights: Weights) -> None:
        self._layout.pack(weights, self._values)

    def weigh_classes(self, weights: Floats) -> None:
        """[n_outputs]"""
        if self.task is Task.CLASSIFICATION and not (weights == 1.0).all():
            self._class_weights = weights
            self.record.class_weights = pointer_to(weights)

    def schedule(self, record: CLane, epoch: int, steps: int) -> None:
        """Sets the rates of an epoch's steps in the record that is in use."""
        design = self.lane.design
        if self._rates is not None and is_constant(design):
            return
        factors = rate_factors(design, epoch, steps, self._max_epochs)
        self._rates = np.float32(design.learning_rate) * factors
        record.rates = pointer_to(self._rates)

    def save_best(self) -> None:
        self._best[:] = self._values

    def best_weights(self) -> Weights:
        return self._layout.unpack(self._best)


def _layers(lane: Proposal, layout: Layout, shape: tuple[int, int]) -> ctypes.Array[CLayer]:
    design, slots = lane.design, layout.slots
    widths = (shape[0], *design.hidden, shape[1])
    records = (CLayer * (design.n_layers + 1))()
    names = list(layer_names(design))
    for record, name, (inputs, units) in zip(records, names, pairwise(widths), strict=True):
        record.inputs, record.units = inputs, units
        for field, tensor in (
            ("weight", "weight"),
            ("bias", "bias"),
            ("scale", "norm.scale"),
            ("shift", "norm.shift"),
            ("mean", "norm.mean"),
            ("variance", "norm.variance"),
        ):
            slot = slots.get(f"{name}.{tensor}")
            if slot:
                setattr(record, field, slot.start)
                if not tensor.endswith(("mean", "variance")):
                    record.end = max(record.end, slot.stop)
    return records
