"""The lanes that still train: their parameters, and the passes bound to them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from layerlab.domain.dataset import Task
from layerlab.domain.study import Proposal
from services.trainer.engine import Rows, Weights
from services.trainer.fused.evaluation import Scores, evaluate
from services.trainer.fused.layout import lay_out
from services.trainer.fused.optimizers import OptimizerStep
from services.trainer.fused.parameters import Parameters
from services.trainer.fused.training import TrainingPass
from services.trainer.initial import dropout_stream, epoch_order
from services.trainer.threads import forward_flops, worthwhile_threads


class Table:
    """Rows on the device."""

    def __init__(self, rows: Rows, device: torch.device) -> None:
        # Copied: the arrays may be read-only maps of files.
        self.features = torch.tensor(rows.features, device=device)
        self.targets = torch.tensor(rows.targets, device=device)

    @property
    def count(self) -> int:
        return len(self.targets)


class Stack:
    """Lanes of one batch size, in step with each other.

    `lanes` are in the layout's order; so is every list or tensor "of each lane".
    """

    def __init__(
        self,
        lanes: Sequence[Proposal],
        shape: tuple[int, int],
        task: Task,
        device: torch.device,
        older: Stack | None = None,
    ) -> None:
        """`shape` is (n_inputs, n_outputs). Lanes go on from `older`, if given."""
        self._shape, self._task, self._device = shape, task, device
        self.parameters = Parameters(lay_out(lanes, *shape), device)
        self.lanes = self.parameters.layout.lanes
        self.batch_size = lanes[0].design.batch_size
        self.steps: int = older.steps if older else 0
        self._streams: Mapping[int, np.random.SFC64] = (
            older._streams if older else {e.number: dropout_stream(e.seed) for e in lanes}
        )
        if older:
            self.parameters.take_over(older.parameters)
        self._optimizer = OptimizerStep(self.parameters)
        self._passes: dict[int, TrainingPass] = {}

    def load(self, weights: Mapping[int, Weights]) -> None:
        """Sets each lane's tensors, by its number."""
        for number, each in weights.items():
            self.parameters.load(number, each)

    def without(self, numbers: Collection[int]) -> Stack:
        """The other lanes, packed together, so that the ended ones cost no time."""
        rest = [lane for lane in self.lanes if lane.number not in numbers]
        return Stack(rest, self._shape, self._task, self._device, older=self)

    def orders(self, epoch: int, rows: int) -> Tensor:
        """The order in which each lane visits the rows, [lanes, rows]."""
        orders = np.stack([epoch_order(lane.seed, epoch, rows) for lane in self.lanes])
        return torch.from_numpy(orders).to(self._device)

    def step(self, table: Table, rows: Tensor) -> Tensor:
        """Trains each lane on its row of `rows` [lanes, batch]; mean loss of each lane."""
        losses = self._pass_of(rows.shape[1]).step(table.features, table.targets, rows)
        self.steps += 1
        self._optimizer.apply(self.steps)
        return losses

    def evaluate(self, table: Table, beat: Callable[[], None] | None = None) -> Scores:
        """On the same rows for every lane. `beat` is called between chunks."""
        return evaluate(self.parameters, table.features, table.targets, self._task, beat)

    def worthwhile_threads(self, available: int) -> int:
        layout = self.parameters.layout
        products = sum(len(level.runs) for level in layout.levels) + len(layout.output_runs)
        flops = sum(forward_flops(lane.design, *self._shape) for lane in self.lanes)
        return worthwhile_threads(products, flops, available)

    def _pass_of(self, batch: int) -> TrainingPass:
        # Two of them: the full batch's and the last one's, which may be smaller.
        if batch not in self._passes:
            streams = {i: self._streams[lane.number] for i, lane in enumerate(self.lanes)}
            self._passes[batch] = TrainingPass(self.parameters, batch, self._task, streams)
        return self._passes[batch]
