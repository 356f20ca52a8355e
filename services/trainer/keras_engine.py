"""The Keras engine: Keras 3 on torch, one lane after another, by the same rules as the fused one.

It is the plain reference that the fused engine is held against. It starts from the same weights
and visits the same batches; only dropout draws from Keras's own stream.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch

from layerlab.domain.dataset import Task
from layerlab.domain.footprint import Kernel
from layerlab.domain.study import Proposal
from services.trainer.class_weights import class_weights
from services.trainer.control import Control
from services.trainer.engine import Beat, Ended, Floats, Limits, Matrices, Rows, Tick, Weights
from services.trainer.initial import initial_weights
from services.trainer.keras_model import (
    KerasStepper,
    RandomState,
    Table,
    build_model,
    evaluate,
    get_weights,
    import_keras,
    predict,
    set_weights,
)
from services.trainer.order import epoch_order
from services.trainer.record import LaneRecord
from services.trainer.rungs import ends_at_rung
from services.trainer.schedules import rate_factors, steps_per_epoch
from services.trainer.scoring import Measure
from services.trainer.tensors import tensor_of
from services.trainer.threads import forward_flops, worthwhile_threads


@dataclass(frozen=True, slots=True)
class KerasEngine:
    """Lanes may have any batch sizes. They train one after another, from rung to rung."""

    device: torch.device
    threads: int = 1
    """At most; small products get one."""

    @property
    def kernel(self) -> Kernel:
        return Kernel.KERAS

    def train(
        self, lanes: Sequence[Proposal], matrices: Matrices, limits: Limits, control: Control
    ) -> Iterator[Tick]:
        import_keras(self.device)
        # Built one by one, each when it is its turn: a model takes its time and memory.
        running: Iterable[_LaneTraining] = (
            _LaneTraining(self.device, each, matrices, limits, control) for each in lanes
        )
        for until in (*(rung.epoch for rung in limits.rungs), limits.max_epochs):
            left: list[_LaneTraining] = []
            for training in running:
                torch.set_num_threads(self._worthwhile_threads(training.record.lane, matrices))
                yield from training.run(until)
                if control.cancelled.is_set():
                    return
                if not training.has_ended:
                    left.append(training)
            ends = ends_at_rung(limits.rungs, until, [each.record for each in left])
            if ends:
                yield Tick((), tuple(Ended(end) for end in ends))
            dropped = {end.number for end in ends}
            running = [each for each in left if each.record.lane.number not in dropped]

    def score(self, lane: Proposal, weights: Weights, rows: Rows, measure: Measure) -> float:
        import_keras(self.device)
        n_outputs = len(weights["output.bias"])
        model = build_model(lane.design, rows.features.shape[1], n_outputs)
        set_weights(model, weights)
        return evaluate(model, Table(rows, self.device), measure)[1]

    def predict(
        self, lane: Proposal, weights: Weights, features: Floats, task: Task, beat: Beat
    ) -> Floats:
        import_keras(self.device)
        model = build_model(lane.design, features.shape[1], len(weights["output.bias"]))
        set_weights(model, weights)
        return predict(model, tensor_of(features, self.device), beat)

    def _worthwhile_threads(self, lane: Proposal, matrices: Matrices) -> int:
        flops = forward_flops(lane.design, matrices.n_inputs, matrices.n_outputs)
        return worthwhile_threads(lane.design.n_layers + 1, flops, self.threads)


class _LaneTraining:
    def __init__(
        self,
        device: torch.device,
        lane: Proposal,
        matrices: Matrices,
        limits: Limits,
        control: Control,
    ) -> None:
        import keras

        keras.utils.set_random_seed(lane.seed % 2**32)
        self._random = RandomState(device)
        self._lane, self._limits, self._control = lane, limits, control
        self._measure, shape = matrices.measure, (matrices.n_inputs, matrices.n_outputs)
        weights = initial_weights(lane.design, *shape, seed=lane.seed)
        self._names = list(weights)
        balance = torch.tensor(class_weights(lane.design.class_weight, matrices), device=device)
        self._stepper = KerasStepper(
            lane.design, weights, matrices.n_inputs, matrices.task, balance
        )
        n_params = lane.design.n_params(*shape)
        self.record = LaneRecord(lane, n_params, self._measure.metric)
        self.has_ended = False
        self._train, self._val = Table(matrices.train, device), Table(matrices.val, device)
        self._best: Weights | None = None

    def run(self, until: int) -> Iterator[Tick]:
        """Trains until the lane has ended, or epoch `until` is over."""
        self._random.restore()
        while not self.has_ended and self.record.epochs < until:
            loss, complete = self._train_epoch(self.record.epochs + 1)
            if self._control.cancelled.is_set():
                return
            tick = self._close_epoch(loss, out_of_time=not complete)
            self.has_ended = bool(tick.ended)
            yield tick
        self._random.save()

    def _train_epoch(self, epoch: int) -> tuple[float | None, bool]:
        """Mean training loss, None without a step; False: the time was over."""
        rows, size = len(self._train.targets), self._lane.design.batch_size
        order = torch.from_numpy(epoch_order(self._lane.seed, epoch, rows)).long()
        steps = steps_per_epoch(rows, size)
        factors = rate_factors(self._lane.design, epoch, steps, self._limits.max_epochs)
        total, seen = 0.0, 0
        for start, factor in zip(range(0, rows, size), factors, strict=True):
            self._control.beat()
            if self._control.cancelled.is_set() or self._limits.seconds_left() <= 0:
                break
            batch = order[start : start + size].to(self._train.targets.device)
            features, targets = self._train.features[batch], self._train.targets[batch]
            loss = self._stepper.step(features, targets, float(factor))
            total += loss * len(batch)
            seen += len(batch)
        return (total / seen if seen else None), seen == rows

    def _close_epoch(self, loss: float | None, out_of_time: bool) -> Tick:
        record, reports = self.record, []
        if loss is not None:
            scores = evaluate(self._stepper.model, self._val, self._measure)
            reports.append(record.note(loss, *scores))
            if record.improved:
                self._best = get_weights(self._stepper.model, self._names)
        stopped = self._lane.number in self._control.stopped()
        end = record.out_of_time() if out_of_time else record.end(self._limits, stopped)
        return Tick(tuple(reports), (Ended(end, self._best),) if end else ())
