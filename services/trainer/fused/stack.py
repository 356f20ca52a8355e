"""The lanes that still train: their parameters, and the passes bound to them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from layerlab.domain.dataset import Task
from layerlab.domain.design import ClassWeight
from layerlab.domain.study import Proposal
from services.trainer.class_weights import class_weights
from services.trainer.engine import Matrices, Rows, Weights
from services.trainer.fused.evaluation import evaluate
from services.trainer.fused.layout import lay_out
from services.trainer.fused.optimizers import OptimizerStep
from services.trainer.fused.parameters import Parameters
from services.trainer.fused.training import TrainingPass
from services.trainer.initial import dropout_stream
from services.trainer.lockstep import Scores
from services.trainer.order import epoch_order
from services.trainer.schedules import rate_factors, steps_per_epoch
from services.trainer.scoring import Measure
from services.trainer.tensors import tensor_of
from services.trainer.threads import forward_flops, worthwhile_threads


@dataclass(frozen=True, slots=True)
class Table:
    """Rows on the device: features [rows, n_inputs], targets [rows]."""

    features: Tensor
    targets: Tensor

    @property
    def count(self) -> int:
        return len(self.targets)


def read_table(rows: Rows, device: torch.device) -> Table:
    return Table(tensor_of(rows.features, device), tensor_of(rows.targets, device))


@dataclass(frozen=True, slots=True)
class Tables:
    """What a stack trains on, and what it is evaluated on.

    `class_weights`: those that there are, each [n_outputs].
    """

    task: Task
    measure: Measure
    train: Table
    val: Table
    class_weights: Mapping[ClassWeight, Tensor]

    @classmethod
    def read(cls, matrices: Matrices, device: torch.device) -> Tables:
        weights = {e: torch.tensor(class_weights(e, matrices), device=device) for e in ClassWeight}
        train, val = (read_table(rows, device) for rows in (matrices.train, matrices.val))
        return cls(matrices.task, matrices.measure, train, val, weights)


class Stack:
    """Lanes of one batch size, in step with each other.

    `lanes` are in the layout's order; so is every list or tensor "of each lane".
    """

    def __init__(
        self,
        lanes: Sequence[Proposal],
        shape: tuple[int, int],
        tables: Tables,
        max_epochs: int,
        threads: int = 1,
        older: Stack | None = None,
    ) -> None:
        """`shape` is (n_inputs, n_outputs); the learning rates' schedules last `max_epochs`.
        Lanes go on from `older`, if given."""
        self._shape, self._tables, self._threads = shape, tables, threads
        self._max_epochs = max_epochs
        self._device = tables.train.features.device
        self.parameters = Parameters(lay_out(lanes, *shape), self._device)
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
        self._sums, self._seen = torch.zeros(len(lanes), device=self._device), 0

    def load(self, weights: Mapping[int, Weights]) -> None:
        """Sets each lane's tensors, by its number."""
        for number, each in weights.items():
            self.parameters.load(number, each)

    def without(self, numbers: Collection[int]) -> Stack:
        """The other lanes, packed together, so that the ended ones cost no time."""
        rest = [lane for lane in self.lanes if lane.number not in numbers]
        return Stack(rest, self._shape, self._tables, self._max_epochs, self._threads, older=self)

    def train_epoch(self, epoch: int) -> Iterator[int]:
        """Trains each lane on a batch of its own at a time; yields the rows seen so far."""
        torch.set_num_threads(self._worthwhile_threads())
        self._sums.zero_()
        self._seen = 0
        orders, rates = self._orders(epoch), self._rates(epoch)
        for step, start in enumerate(range(0, self._tables.train.count, self.batch_size)):
            batch = orders[:, start : start + self.batch_size]
            self._sums += self._step(batch, rates[step]) * batch.shape[1]
            self._seen += batch.shape[1]
            yield self._seen

    def losses(self) -> list[float]:
        """Mean training loss of each lane over the rows seen in this epoch."""
        losses: list[float] = (self._sums / self._seen).tolist()
        return losses

    def evaluate(self, beat: Callable[[], None] | None = None) -> Scores:
        """On the validation rows. `beat` is called between chunks."""
        val, measure = self._tables.val, self._tables.measure
        return evaluate(self.parameters, val.features, val.targets, measure, beat)

    def save_best(self, number: int) -> None:
        self.parameters.save_best(number)

    def best_of(self, number: int) -> Weights:
        return self.parameters.best_of(number)

    def _orders(self, epoch: int) -> Tensor:
        """The order in which each lane visits the rows, [lanes, rows]."""
        rows = self._tables.train.count
        orders = np.stack([epoch_order(lane.seed, epoch, rows) for lane in self.lanes])
        return torch.from_numpy(orders).to(self._device)

    def _rates(self, epoch: int) -> Tensor:
        """The learning rate of each step of an epoch and each lane, [steps, lanes]."""
        steps = steps_per_epoch(self._tables.train.count, self.batch_size)
        factors = [rate_factors(e.design, epoch, steps, self._max_epochs) for e in self.lanes]
        base = np.array([each.design.learning_rate for each in self.lanes])
        rates = (np.stack(factors, axis=1) * base).astype(np.float32)
        return torch.from_numpy(rates).to(self._device)

    def _step(self, rows: Tensor, rates: Tensor) -> Tensor:
        """Trains each lane on its row of `rows` [lanes, batch], by its rate of `rates` [lanes];
        mean loss of each lane."""
        train = self._tables.train
        losses = self._pass_of(rows.shape[1]).step(train.features, train.targets, rows)
        self.steps += 1
        self._optimizer.apply(self.steps, rates)
        return losses

    def _worthwhile_threads(self) -> int:
        layout = self.parameters.layout
        products = sum(len(level.runs) for level in layout.levels) + len(layout.output_runs)
        flops = sum(forward_flops(lane.design, *self._shape) for lane in self.lanes)
        return worthwhile_threads(products, flops, self._threads)

    def _pass_of(self, batch: int) -> TrainingPass:
        # Two of them: the full batch's and the last one's, which may be smaller.
        if batch not in self._passes:
            streams = {i: self._streams[lane.number] for i, lane in enumerate(self.lanes)}
            task, weights = self._tables.task, self._class_weights()
            self._passes[batch] = TrainingPass(self.parameters, batch, task, streams, weights)
        return self._passes[batch]

    def _class_weights(self) -> Tensor | None:
        """Of each lane, [lanes, n_outputs]; None if all are 1."""
        choices = [lane.design.class_weight for lane in self.lanes]
        if set(choices) == {ClassWeight.NONE}:
            return None
        return torch.stack([self._tables.class_weights[each] for each in choices])
