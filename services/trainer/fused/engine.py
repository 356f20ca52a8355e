"""The fused engine: epochs of a stack, early stopping and the deadline."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import torch

from layerlab.domain.dataset import Task
from layerlab.domain.study import Proposal
from services.trainer.control import Control
from services.trainer.engine import Ended, Limits, Matrices, Rows, Tick, Weights
from services.trainer.fused.stack import Stack, Table
from services.trainer.initial import initial_weights
from services.trainer.record import LaneRecord


@dataclass(frozen=True, slots=True)
class FusedEngine:
    """All lanes of a cohort in one stack. They must share a batch size."""

    device: torch.device
    threads: int = 1
    """At most; small products get one."""

    @torch.inference_mode()
    def train(
        self, lanes: Sequence[Proposal], matrices: Matrices, limits: Limits, control: Control
    ) -> Iterator[Tick]:
        """:raises ValueError: for lanes of different batch sizes."""
        yield from _Training(self, lanes, matrices, limits, control).run()

    @torch.inference_mode()
    def score(self, lane: Proposal, weights: Weights, rows: Rows, task: Task) -> float:
        n_outputs = len(weights["output.bias"])
        stack = Stack([lane], (rows.features.shape[1], n_outputs), task, self.device)
        stack.load({lane.number: weights})
        return stack.evaluate(Table(rows, self.device)).scores[0]


# How far past the deadline the last evaluation may reach.
_LATE_SECONDS: Final = 0.5


class _Cancelled(Exception):
    """Nobody wants the result any more."""


class _Training:
    def __init__(
        self,
        engine: FusedEngine,
        lanes: Sequence[Proposal],
        matrices: Matrices,
        limits: Limits,
        control: Control,
    ) -> None:
        if len({lane.design.batch_size for lane in lanes}) != 1:
            raise ValueError("the lanes of a cohort must share a batch size")
        self._limits, self._control, self._threads = limits, control, engine.threads
        device = engine.device
        shape = matrices.n_inputs, matrices.n_outputs
        self._records = {e.number: LaneRecord(e, e.design.n_params(*shape)) for e in lanes}
        self._train = Table(matrices.train, device)
        self._val = Table(matrices.val, device)
        self._stack: Stack | None = Stack(lanes, shape, matrices.task, device)
        self._stack.load({e.number: initial_weights(e.design, *shape, seed=e.seed) for e in lanes})
        self._evaluation_seconds = 0.0
        self._is_too_late = False

    def run(self) -> Iterator[Tick]:
        epoch = 0
        while self._stack:
            epoch += 1
            torch.set_num_threads(self._stack.worthwhile_threads(self._threads))
            losses, complete = self._train_epoch(self._stack, epoch)
            if self._control.cancelled.is_set():
                return
            try:
                tick = self._close_epoch(self._stack, losses, out_of_time=not complete)
            except _Cancelled:
                return
            yield tick

    def _train_epoch(self, stack: Stack, epoch: int) -> tuple[list[float] | None, bool]:
        """Mean training loss of each lane, None without a step; False: the time was over."""
        rows = self._train.count
        sums = torch.zeros(len(stack.lanes), device=self._train.features.device)
        seen, first, started = 0, 0, 0.0
        orders = None
        for start in range(0, rows, stack.batch_size):
            if self._must_stop(started, first, seen):
                break
            if orders is None:
                orders = stack.orders(epoch, rows)
            batch = orders[:, start : start + stack.batch_size]
            sums += stack.step(self._train, batch) * batch.shape[1]
            seen += batch.shape[1]
            if not first:
                first, started = seen, time.monotonic()
        return ((sums / seen).tolist() if seen else None), seen == rows

    def _must_stop(self, started: float, first: int, seen: int) -> bool:
        """`started`: when the epoch's `first` rows had been trained."""
        self._control.beat()
        if self._control.cancelled.is_set():
            return True
        expected = self._evaluation_seconds
        if not expected and seen > first:
            # Not measured yet. Evaluating a row costs about a third of training on it; the first
            # batch, which is slower than the others, is no measure.
            expected = (time.monotonic() - started) / (seen - first) * self._val.count / 3
        left = self._limits.seconds_left()
        # Then an evaluation would end long after the deadline.
        self._is_too_late = expected > left + _LATE_SECONDS
        return left <= expected

    def _watch(self) -> None:
        self._control.beat()
        if self._control.cancelled.is_set():
            raise _Cancelled

    def _close_epoch(self, stack: Stack, losses: list[float] | None, out_of_time: bool) -> Tick:
        reports = []
        if losses is not None and not (out_of_time and self._is_too_late):
            started = time.monotonic()
            scores = stack.evaluate(self._val, self._watch)
            self._evaluation_seconds = time.monotonic() - started
            for lane, *values in zip(
                stack.lanes, losses, scores.losses, scores.scores, strict=True
            ):
                record = self._records[lane.number]
                reports.append(record.note(*values))
                if record.improved:
                    stack.parameters.save_best(lane.number)
        ended = self._ends(stack, out_of_time)
        self._drop(stack, ended)
        return Tick(tuple(reports), ended)

    def _ends(self, stack: Stack, out_of_time: bool) -> tuple[Ended, ...]:
        stopped, ended = self._control.stopped(), []
        for lane in stack.lanes:
            record = self._records[lane.number]
            late = record.out_of_time() if out_of_time else None
            end = late or record.end(self._limits, lane.number in stopped)
            if end:
                scored = end.score_val is not None
                weights = stack.parameters.best_of(lane.number) if scored else None
                ended.append(Ended(end, weights))
        return tuple(ended)

    def _drop(self, stack: Stack, ended: Sequence[Ended]) -> None:
        numbers = {each.end.number for each in ended}
        if len(numbers) == len(stack.lanes):
            self._stack = None
        elif numbers:
            self._stack = stack.without(numbers)
