"""Epochs of lanes that train in step: reports, early stopping, rungs, the deadline.

Engines differ in how they compute; when a lane ends, and with what, is decided here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, Self

from layerlab.domain.study import Proposal, TrialEnd
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
        self._is_too_late = False

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
        # Then an evaluation would end long after the deadline.
        self._is_too_late = expected > left + _LATE_SECONDS
        return left <= expected

    def _watch(self) -> None:
        self._control.beat()
        if self._control.cancelled.is_set():
            raise _Cancelled

    def _close_epoch(
        self, stack: LaneStack, epoch: int, losses: list[float] | None, out_of_time: bool
    ) -> Tick:
        reports = []
        if losses is not None and not (out_of_time and self._is_too_late):
            started = time.monotonic()
            scores = stack.evaluate(self._watch)
            self._evaluation_seconds = time.monotonic() - started
            for lane, *values in zip(
                stack.lanes, losses, scores.losses, scores.scores, strict=True
            ):
                record = self._records[lane.number]
                reports.append(record.note(*values))
                if record.improved:
                    stack.save_best(lane.number)
        ended = self._ended(stack, epoch, out_of_time)
        self._drop(stack, ended)
        return Tick(tuple(reports), ended)

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
