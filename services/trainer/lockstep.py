"""Epochs of lanes that train in step: reports, early stopping, rungs, the deadline.

Engines differ in how they compute; when a lane ends, and with what, is decided here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, Self

from layerlab.domain.study import EpochReport, Proposal, TrialEnd
from layerlab.domain.trial import TrialState
from services.trainer.control import Control
from services.trainer.engine import Ended, Limits, Matrices, Tick, Weights
from services.trainer.record import LaneRecord
from services.trainer.rungs import ends_at_rung

# How far past the deadline the last evaluation may reach.
_LATE_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Scores:
    """Of each lane, in the order of `LaneStack.lanes`: mean loss, and the metric's value."""

    losses: list[float]
    scores: list[float]


class LaneStack(Protocol):
    """Lanes in training, with their parameters and the rows that they train on."""

    @property
    def lanes(self) -> Sequence[Proposal]:
        """In an order of its own; so is every list "of each lane"."""

    def train_epoch(self, epoch: int) -> Iterator[int]:
        """Trains a slice of the epoch (from 1) at a time; yields the rows seen so far, of each
        lane. Whoever stops asking for more has stopped all lanes after equally many rows."""

    def losses(self) -> list[float]:
        """Mean training loss of each lane over the rows seen in this epoch."""

    def evaluate(self, beat: Callable[[], None]) -> Scores:
        """On the validation rows. `beat` is called now and then, and may raise."""

    def save_best(self, number: int) -> None:
        """Keeps a copy of this lane's tensors as they are."""

    def best_of(self, number: int) -> Weights:
        """The copy kept last."""

    def without(self, numbers: Collection[int]) -> Self:
        """The other lanes, packed together, so that the ended ones cost no time."""


class _Cancelled(Exception):
    """Nobody wants the result any more."""


class Lockstep:
    """Trains a stack until each of its lanes has ended, as `Engine` promises."""

    def __init__(
        self, stack: LaneStack, matrices: Matrices, limits: Limits, control: Control
    ) -> None:
        shape = matrices.n_inputs, matrices.n_outputs
        metric = matrices.measure.metric
        self._records = {
            each.number: LaneRecord(each, each.design.n_params(*shape), metric)
            for each in stack.lanes
        }
        self._train_rows, self._val_rows = matrices.train.count, matrices.val.count
        self._stack: LaneStack | None = stack
        self._limits, self._control = limits, control
        self._evaluation_seconds = 0.0
        self._epoch_began = 0.0
        # Of the lanes, those that can be evaluated before it is long after the deadline.
        self._part_in_time = 1.0

    def run(self) -> Iterator[Tick]:
        epoch = 0
        while self._stack:
            epoch += 1
            seen = self._train_epoch(self._stack, epoch)
            if self._control.cancelled.is_set():
                return
            losses = self._stack.losses() if seen else None
            try:
                tick = self._close_epoch(self._stack, epoch, losses, seen < self._train_rows)
            except _Cancelled:
                return
            yield tick

    def _train_epoch(self, stack: LaneStack, epoch: int) -> int:
        """How many rows each lane has seen; fewer than there are when the time was over."""
        seen, first, started = 0, 0, 0.0
        self._epoch_began = time.monotonic()
        slices = stack.train_epoch(epoch)
        while not self._must_stop(started, first, seen):
            done = next(slices, None)
            if done is None:
                break
            seen = done
            if not first:
                first, started = seen, time.monotonic()
        return seen

    def _must_stop(self, started: float, first: int, seen: int) -> bool:
        """`started`: when the epoch's `first` rows had been trained."""
        self._control.beat()
        if self._control.cancelled.is_set():
            return True
        if seen == self._train_rows:
            return False
        expected = self._evaluation_seconds
        if not expected and seen > first:
            # Not measured yet. Evaluating a row costs about a third of training on it; the first
            # slice, which is slower than the others, is no measure.
            expected = (time.monotonic() - started) / (seen - first) * self._val_rows / 3
        left = self._limits.seconds_left()
        # But better than none, when there will be no other.
        likely = expected or self._likely_seconds(seen)
        self._part_in_time = min(1.0, max(0.0, left + _LATE_SECONDS) / max(likely, 1e-9))
        return left <= expected

    def _likely_seconds(self, seen: int) -> float:
        return (time.monotonic() - self._epoch_began) / max(seen, 1) * self._val_rows / 3

    def _watch(self) -> None:
        self._control.beat()
        if self._control.cancelled.is_set():
            raise _Cancelled

    def _close_epoch(
        self, stack: LaneStack, epoch: int, losses: list[float] | None, out_of_time: bool
    ) -> Tick:
        reports: list[EpochReport] = []
        if losses is not None:
            by_number = {e.number: loss for e, loss in zip(stack.lanes, losses, strict=True)}
            scored = self._in_time(stack, by_number) if out_of_time else stack
            reports = self._evaluate(scored, by_number) if scored else []
        ended = self._ended(stack, epoch, out_of_time)
        self._drop(stack, ended)
        return Tick(tuple(reports), ended)

    def _evaluate(self, stack: LaneStack, train_losses: Mapping[int, float]) -> list[EpochReport]:
        started, reports = time.monotonic(), []
        scores = stack.evaluate(self._watch)
        self._evaluation_seconds = time.monotonic() - started
        for lane, loss, score in zip(stack.lanes, scores.losses, scores.scores, strict=True):
            record = self._records[lane.number]
            reports.append(record.note(train_losses[lane.number], loss, score))
            if record.improved:
                stack.save_best(lane.number)
        return reports

    def _in_time(self, stack: LaneStack, train_losses: Mapping[int, float]) -> LaneStack | None:
        """The lanes that can still be evaluated: those that have learned most."""
        count = int(len(stack.lanes) * self._part_in_time)
        ranked = sorted(train_losses, key=lambda number: _finite_first(train_losses[number]))
        left_out = ranked[count:]
        if not count:
            return None
        return stack.without(left_out) if left_out else stack

    def _ended(self, stack: LaneStack, epoch: int, out_of_time: bool) -> tuple[Ended, ...]:
        ends = [
            Ended(end, stack.best_of(end.number) if end.state is TrialState.SUCCEEDED else None)
            for end in self._ends(stack, epoch, out_of_time)
        ]
        return tuple(ends)

    def _ends(self, stack: LaneStack, epoch: int, out_of_time: bool) -> list[TrialEnd]:
        records = [self._records[lane.number] for lane in stack.lanes]
        if out_of_time:
            return [record.out_of_time() for record in records]
        stopped, ends, running = self._control.stopped(), [], []
        for record in records:
            end = record.end(self._limits, record.lane.number in stopped)
            if end:
                ends.append(end)
            else:
                running.append(record)
        return ends + ends_at_rung(self._limits.rungs, epoch, running)

    def _drop(self, stack: LaneStack, ended: Sequence[Ended]) -> None:
        numbers = {each.end.number for each in ended}
        if len(numbers) == len(stack.lanes):
            self._stack = None
        elif numbers:
            self._stack = stack.without(numbers)


def _finite_first(loss: float) -> float:
    return loss if math.isfinite(loss) else math.inf
