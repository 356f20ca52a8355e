"""Lanes in training, as the kernels want them."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from layerlab.domain.dataset import Task
from layerlab.domain.study import Proposal
from services.trainer.class_weights import class_weights
from services.trainer.engine import Floats, Limits, Matrices, Rows, Targets, Weights
from services.trainer.initial import initial_weights
from services.trainer.lockstep import Scores
from services.trainer.native.lanes import LaneBuffers
from services.trainer.native.library import Team, load_kernels, pointer_to
from services.trainer.native.records import CLane, CTable
from services.trainer.schedules import steps_per_epoch
from services.trainer.scoring import Measure, Sums, lanes_at_once, target_sums

# Between two looks at the deadline and at what others want.
_SLICE_SECONDS: Final = 0.05
# A first guess of a thread's pace, rather too low.
_FLOPS_PER_SECOND: Final = 1e10
# Evaluation takes so many rows at once; a multiple of them changes no sum.
_PART_ROWS: Final = 128


@dataclass(slots=True)
class Pace:
    """Rows of one lane that the team trains, or evaluates, in a second; measured as it goes."""

    rows_per_second: float

    def rows_at_once(self, lanes: int, unit: int) -> int:
        """So many of each lane fill a slice; a multiple of `unit`."""
        return max(1, int(self.rows_per_second * _SLICE_SECONDS / lanes / unit)) * unit

    def note(self, rows: int, seconds: float) -> None:
        if seconds > 0:
            self.rows_per_second = rows / seconds


class NativeTable:
    """Rows where they are: nothing is copied."""

    def __init__(self, rows: Rows, task: Task) -> None:
        self.count = rows.count
        self._features = np.ascontiguousarray(rows.features, np.float32)
        self.targets: Targets = (
            np.ascontiguousarray(rows.targets, np.int64)
            if task is Task.CLASSIFICATION
            else np.ascontiguousarray(rows.targets, np.float32)
        )
        where = pointer_to(self.targets)
        classes, values = (where, None) if task is Task.CLASSIFICATION else (None, where)
        inputs = self._features.shape[1]
        self.target_sums = (0.0, 0.0) if task is Task.CLASSIFICATION else target_sums(self.targets)
        """Of the targets and of their squares, for R²."""
        self.record = CTable(pointer_to(self._features), classes, values, self.count, inputs)


class NativeStack:
    """A LaneStack: the lanes with most work first, so that threads end at about the same time."""

    def __init__(
        self,
        lanes: Sequence[LaneBuffers],
        train: NativeTable,
        val: NativeTable,
        team: Team,
        measure: Measure,
    ) -> None:
        self._buffers = sorted(lanes, key=lambda each: each.flops, reverse=True)
        self._by_number = {each.lane.number: each for each in self._buffers}
        self.lanes = [each.lane for each in self._buffers]
        self._records = (CLane * len(lanes))(*(each.record for each in self._buffers))
        self._train, self._val, self._team, self._measure = train, val, team, measure
        flops = sum(each.flops for each in self._buffers) / len(lanes)
        self._training = Pace(team.threads * _FLOPS_PER_SECOND / flops)
        self._evaluation = Pace(3 * self._training.rows_per_second)
        self._unit = max(each.lane.design.batch_size for each in self._buffers)

    @classmethod
    def open(
        cls, lanes: Sequence[Proposal], matrices: Matrices, limits: Limits, threads: int
    ) -> Self:
        """With the seeds' initial weights."""
        shape, task = (matrices.n_inputs, matrices.n_outputs), matrices.task
        train, val = NativeTable(matrices.train, task), NativeTable(matrices.val, task)
        weights = {
            choice: class_weights(choice, matrices)
            for choice in {lane.design.class_weight for lane in lanes}
        }
        buffers = []
        for lane in lanes:
            each = LaneBuffers(lane, shape, task, limits.max_epochs)
            each.weigh_classes(weights[lane.design.class_weight])
            each.load(initial_weights(lane.design, *shape, seed=lane.seed))
            buffers.append(each)
        return cls(buffers, train, val, open_team(buffers, threads), matrices.measure)

    def close(self) -> None:
        self._team.close()

    def train_epoch(self, epoch: int) -> Iterator[int]:
        """Trains all lanes for about a twentieth of a second at a time; yields the rows seen."""
        rows, seen = self._train.count, 0
        for record, each in zip(self._records, self._buffers, strict=True):
            each.schedule(record, epoch, steps_per_epoch(rows, each.lane.design.batch_size))
            record.position, record.loss = 0, 0.0
        kernel, table, lanes = load_kernels().layerlab_train, self._train.record, len(self.lanes)
        while seen < rows:
            started = time.perf_counter()
            until = min(rows, seen + self._training.rows_at_once(lanes, self._unit))

            def work(following: ctypes.c_int64, workspace: Floats, until: int = until) -> None:
                place = workspace.ctypes.data
                kernel(self._records, lanes, following, table, epoch, until, place)

            self._team.run(lanes, work)
            self._training.note((until - seen) * lanes, time.perf_counter() - started)
            seen = until
            yield seen

    def losses(self) -> list[float]:
        return [record.loss / record.position for record in self._records]

    def evaluate(self, beat: Callable[[], None] | None = None) -> Scores:
        rows = self._val.count
        if self._measure.needs_outputs:
            scores = list(self._scores_of_outputs(beat))
            return Scores([each.loss / rows for each in self._records], scores)
        self._evaluate(self._records, beat)
        records = self._records
        sums = Sums(rows, [each.loss for each in records], [each.hits for each in records])
        return Scores(sums.mean_losses, self._measure.of_sums(sums, self._val.target_sums))

    def _scores_of_outputs(self, beat: Callable[[], None] | None) -> Iterator[float]:
        """Some lanes at a time, so that their outputs take little memory."""
        rows, units = self._val.count, self._buffers[0].n_outputs
        at_once = lanes_at_once(rows, units, len(self.lanes), self._team.threads)
        outputs = np.empty((at_once, rows, units), np.float32)
        for first in range(0, len(self.lanes), at_once):
            count = min(at_once, len(self.lanes) - first)
            records = (CLane * count).from_buffer(self._records, first * ctypes.sizeof(CLane))
            self._fill(outputs, records, beat)
            for each in outputs[:count]:
                if beat:
                    beat()
                yield self._measure.of_outputs(self._val.targets, each)

    def outputs(self, beat: Callable[[], None] | None = None) -> Floats:
        """Of the lanes on the validation rows: logits or standardized values,
        [lanes, rows, n_outputs]."""
        shape = len(self.lanes), self._val.count, self._buffers[0].n_outputs
        outputs = np.empty(shape, np.float32)
        self._fill(outputs, self._records, beat)
        return outputs

    def _fill(
        self, outputs: Floats, records: ctypes.Array[CLane], beat: Callable[[], None] | None
    ) -> None:
        """`outputs` may have room for more lanes than there are `records`."""
        for record, place in zip(records, outputs, strict=False):
            record.outputs = pointer_to(place)
        try:
            self._evaluate(records, beat)
        finally:
            for record in records:
                record.outputs = None

    def _evaluate(self, records: ctypes.Array[CLane], beat: Callable[[], None] | None) -> None:
        kernel, table, lanes = load_kernels().layerlab_evaluate, self._val.record, len(records)
        for record in records:
            record.loss, record.hits = 0.0, 0
        done = 0
        while done < self._val.count:
            if beat:
                beat()
            started, first = time.perf_counter(), done
            done = min(self._val.count, done + self._evaluation.rows_at_once(lanes, _PART_ROWS))

            def work(
                following: ctypes.c_int64, workspace: Floats, first: int = first, done: int = done
            ) -> None:
                place = workspace.ctypes.data
                kernel(records, lanes, following, table, first, done, place)

            self._team.run(lanes, work)
            self._evaluation.note((done - first) * lanes, time.perf_counter() - started)

    def save_best(self, number: int) -> None:
        self._by_number[number].save_best()

    def best_of(self, number: int) -> Weights:
        return self._by_number[number].best_weights()

    def without(self, numbers: Collection[int]) -> Self:
        rest = []
        for record, each in zip(self._records, self._buffers, strict=True):
            if each.lane.number not in numbers:
                each.record = record
                rest.append(each)
        smaller = type(self)(rest, self._train, self._val, self._team, self._measure)
        smaller._training, smaller._evaluation = self._training, self._evaluation
        return smaller


def open_team(lanes: Sequence[LaneBuffers], threads: int) -> Team:
    """With workspaces that any of the lanes fits in."""
    threads = min(threads, len(lanes))
    return Team(threads, max(each.workspace_floats for each in lanes))
