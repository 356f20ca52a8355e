"""The native engine: a cohort's lanes, each trained by one thread at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from layerlab.domain.dataset import Task
from layerlab.domain.footprint import Kernel
from layerlab.domain.metric import default_metric
from layerlab.domain.study import Proposal
from services.trainer.control import Control
from services.trainer.engine import Beat, Floats, Limits, Matrices, Rows, Targets, Tick, Weights
from services.trainer.lockstep import Lockstep
from services.trainer.native.lanes import LaneBuffers
from services.trainer.native.stack import NativeStack, NativeTable, open_team
from services.trainer.scoring import Measure


@dataclass(frozen=True, slots=True)
class NativeEngine:
    """Lanes may have different batch sizes. What a lane becomes depends on nothing but its
    proposal, the matrices and the limits, to the last bit, on processors of one kind."""

    threads: int = 1

    @property
    def kernel(self) -> Kernel:
        return Kernel.NATIVE

    def train(
        self, lanes: Sequence[Proposal], matrices: Matrices, limits: Limits, control: Control
    ) -> Iterator[Tick]:
        stack = NativeStack.open(lanes, matrices, limits, self.threads)
        try:
            yield from Lockstep(stack, matrices, limits, control).run()
        finally:
            stack.close()

    def score(self, lane: Proposal, weights: Weights, rows: Rows, measure: Measure) -> float:
        return _trained(lane, weights, rows, measure).evaluate().scores[0]

    def predict(
        self, lane: Proposal, weights: Weights, features: Floats, task: Task, beat: Beat
    ) -> Floats:
        # The kernels count a loss, too; nobody looks at this one.
        count, classified = len(features), task is Task.CLASSIFICATION
        targets: Targets = np.zeros(count, np.int64) if classified else np.zeros(count, np.float32)
        stack = _trained(lane, weights, Rows(features, targets), Measure(default_metric(task)))
        outputs: Floats = stack.outputs(beat)[0]
        return outputs


def _trained(lane: Proposal, weights: Weights, rows: Rows, measure: Measure) -> NativeStack:
    """A stack of one lane with these weights, to be evaluated on `rows`."""
    shape, task = (rows.features.shape[1], len(weights["output.bias"])), measure.metric.task
    buffers = LaneBuffers(lane, shape, task, max_epochs=1)
    buffers.load(weights)
    table = NativeTable(rows, task)
    return NativeStack([buffers], table, table, open_team([buffers], 1), measure)
