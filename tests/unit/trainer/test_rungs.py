"""Halving: which lanes a rung drops, and that their time is really saved."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerlab.domain.design import Norm, Optimizer
from layerlab.domain.halving import Rung
from layerlab.domain.metric import Metric
from layerlab.domain.study import Proposal, TrialEnd
from layerlab.domain.trial import FailureReason, StopReason, TrialState
from services.trainer.control import Control
from services.trainer.engine import Limits, Matrices, Weights
from services.trainer.fused.stack import Stack, Tables
from services.trainer.initial import initial_weights
from services.trainer.lockstep import LaneStack, Lockstep, Scores
from services.trainer.record import LaneRecord
from services.trainer.rungs import ends_at_rung
from tests.unit.trainer.builders import CPU, Outcome, classes, cohorts, lane, quantity, train

RUNGS = (Rung(1, 5), Rung(3, 3), Rung(6, 2))


def ends(outcome: Outcome) -> dict[int, TrialEnd]:
    return {number: each.end for number, each in outcome.ended.items()}


def rates(*values: float) -> list[Proposal]:
    return [lane(i, learning_rate=value) for i, value in enumerate(values, 1)]


MIXED = rates(1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2)


# Few different values, so that there are ties of every kind.
_levels = st.sampled_from([0.0, 0.25, 0.5, 1.0])
_epochs = st.lists(st.tuples(_levels, _levels), min_size=1, max_size=4)


@settings(max_examples=200, deadline=None)
@given(
    curves=st.lists(st.tuples(_epochs, st.integers(1, 3)), min_size=1, max_size=9),
    keep=st.integers(1, 9),
)
def test_at_a_rung_the_lanes_with_the_best_epochs_go_on(
    curves: list[tuple[list[tuple[float, float]], int]], keep: int
) -> None:
    running = []
    for number, (epochs, n_params) in enumerate(curves, 1):
        record = LaneRecord(lane(number), n_params, Metric.ACCURACY)
        for loss, score in epochs:
            record.note(0.5, loss, score)
        running.append(record)
    dropped = {end.number: end for end in ends_at_rung([Rung(9, keep)], 9, running)}
    assert len(dropped) == max(0, len(running) - keep)
    kept = [each for each in running if each.lane.number not in dropped]

    def place(record: LaneRecord) -> tuple[float, float, int, int]:
        epochs = curves[record.lane.number - 1][0]
        score = max(score for _, score in epochs)
        loss = min(loss for loss, each in epochs if each == score)
        return score, -loss, -record.n_params, -record.lane.number

    for record in running:
        if record.lane.number in dropped:
            assert all(place(record) < place(each) for each in kept)
            assert dropped[record.lane.number].score_val == place(record)[0]


def test_between_rungs_nobody_is_dropped() -> None:
    record = LaneRecord(lane(1), 1, Metric.ACCURACY)
    record.note(1.0, 1.0, 0.5)
    assert ends_at_rung([Rung(3, 0)], 2, [record]) == []


def test_dropped_lanes_keep_their_scores_and_say_why() -> None:
    outcome = train(MIXED, classes(), Limits(9, rungs=RUNGS))
    dropped = [end for end in ends(outcome).values() if end.state is TrialState.PRUNED]
    assert sorted(end.epochs for end in dropped) == [1, 1, 3, 3, 6]
    for end in dropped:
        reports = outcome.reports[end.number]
        assert [each.epoch for each in reports] == list(range(1, end.epochs + 1))
        assert end.stop_reason is StopReason.RUNG
        assert end.score_val == max(each.score_val or 0.0 for each in reports)
        assert f"after epoch {end.epochs}" in end.detail
    rest = [end for end in ends(outcome).values() if end.state is TrialState.SUCCEEDED]
    assert [end.stop_reason for end in rest] == [StopReason.MAX_EPOCHS] * 2
    assert all(outcome.ended[end.number].weights for end in rest)


def test_the_best_lane_always_succeeds() -> None:
    outcome = train(MIXED, classes(), Limits(9, rungs=RUNGS))
    best = max(ends(outcome).values(), key=lambda end: end.score_val or 0.0)
    assert best.state is TrialState.SUCCEEDED


@settings(max_examples=15, deadline=None)
@given(cohort=cohorts(), cuts=st.lists(st.integers(1, 6), min_size=2, max_size=2))
def test_dropping_lanes_changes_nothing_for_the_others(
    cohort: list[Proposal], cuts: list[int]
) -> None:
    rungs = tuple(Rung(epoch, keep) for epoch, keep in zip((1, 3), sorted(cuts)[::-1], strict=True))
    halved, whole = train(cohort, classes(), Limits(5, rungs=rungs)), train(cohort, classes(), 5)
    for number, reports in halved.reports.items():
        for left, right in zip(reports, whole.reports[number], strict=False):
            assert left.epoch == right.epoch
            assert left.val_loss == pytest.approx(right.val_loss, rel=2e-3, abs=2e-3)


def test_lanes_that_have_failed_take_no_place_at_a_rung() -> None:
    diverging = [
        lane(i, hidden=(8, 8), learning_rate=10.0, weight_decay=10.0, optimizer=Optimizer.SGD)
        for i in (8, 9)
    ]
    outcome = train([*MIXED[:4], *diverging], quantity(), Limits(4, rungs=(Rung(3, 4),)))
    assert {end.reason for end in ends(outcome).values()} == {None, FailureReason.NAN_LOSS}
    assert all(ends(outcome)[each.number].state is TrialState.SUCCEEDED for each in MIXED[:4])


def test_a_lane_that_stopped_early_has_succeeded_whatever_the_rungs() -> None:
    still = lane(1, hidden=(8, 8), learning_rate=1e-30, optimizer=Optimizer.SGD)
    limits = Limits(40, rungs=(Rung(20, 2),))
    outcome = train([still, *rates(1e-5, 1e-3, 3e-3, 1e-2)[1:]], classes(), limits)
    stuck = ends(outcome)[1]
    assert (stuck.state, stuck.stop_reason) == (TrialState.SUCCEEDED, StopReason.EARLY_STOPPING)
    assert stuck.epochs < 20
    states = [end.state for end in ends(outcome).values()]
    assert states.count(TrialState.PRUNED) == len(states) - 3


def test_a_second_attempt_at_what_was_left_drops_the_same_lanes() -> None:
    """The ledger gives it the lanes that had no end when the first one died."""
    limits = Limits(9, rungs=RUNGS)
    first = ends(train(MIXED, classes(), limits))
    for died_after in (1, 3, 6):
        left = [each for each in MIXED if first[each.number].epochs > died_after]
        again = ends(train(left, classes(), limits))
        for number, end in again.items():
            assert (end.state, end.epochs) == (first[number].state, first[number].epochs)
            assert end.score_val == pytest.approx(first[number].score_val, abs=0.03)


def test_at_the_deadline_what_was_not_dropped_succeeds() -> None:
    class Running(Limits):
        """Time for two epochs, and a bit."""

        def seconds_left(self) -> float:
            return 1e6 if control_beats[0] < 20 else -1.0

    control_beats = [0]

    def beat() -> None:
        control_beats[0] += 1

    control = Control(beat)
    outcome = train(MIXED, classes(), Running(50, 0.0, (Rung(1, 3),)), control=control)
    states = [end.state for end in ends(outcome).values()]
    assert states.count(TrialState.PRUNED) == 4
    late = [end for end in ends(outcome).values() if end.stop_reason is StopReason.TIME_BUDGET]
    assert [end.state for end in late] == [TrialState.SUCCEEDED] * 3


class CountingStack:
    """A real stack that writes down how many lanes each epoch was trained with."""

    def __init__(self, stack: Stack, widths: list[int]) -> None:
        self._stack, self._widths = stack, widths

    @property
    def lanes(self) -> Sequence[Proposal]:
        return self._stack.lanes

    def train_epoch(self, epoch: int) -> Iterator[int]:
        self._widths.append(len(self._stack.lanes))
        return self._stack.train_epoch(epoch)

    def losses(self) -> list[float]:
        return self._stack.losses()

    def evaluate(self, beat: Callable[[], None]) -> Scores:
        return self._stack.evaluate(beat)

    def save_best(self, number: int) -> None:
        self._stack.save_best(number)

    def best_of(self, number: int) -> Weights:
        return self._stack.best_of(number)

    def without(self, numbers: Collection[int]) -> Self:
        return type(self)(self._stack.without(numbers), self._widths)


class SlowStack(CountingStack):
    """Its evaluation takes 0.2 s a lane."""

    def evaluate(self, beat: Callable[[], None]) -> Scores:
        time.sleep(0.2 * len(self.lanes))
        return super().evaluate(beat)


def test_at_the_deadline_as_many_lanes_are_scored_as_there_is_time_for() -> None:
    beats = [0]

    def beat() -> None:
        beats[0] += 1

    class Running(Limits):
        """The time is over in the second epoch."""

        def seconds_left(self) -> float:
            return 1e6 if beats[0] < 10 else 0.0

    lanes, matrices = rates(1e-4, 1e-3, 3e-3, 1e-2), classes()
    shape = matrices.n_inputs, matrices.n_outputs
    stack = Stack(lanes, shape, Tables.read(matrices, CPU), 50)
    stack.load({e.number: initial_weights(e.design, *shape, seed=e.seed) for e in lanes})
    counted: LaneStack = SlowStack(stack, [])
    ticks = list(Lockstep(counted, matrices, Running(50, 0.0), Control(beat)).run())
    assert len(ticks[0].reports) == 4
    assert 0 < len(ticks[-1].reports) < 4
    found = {each.end.number: each.end for each in ticks[-1].ended}
    assert {end.state for end in found.values()} == {TrialState.SUCCEEDED}
    scored = {report.number for report in ticks[-1].reports}
    assert all(end.epochs == len(ticks) - (n not in scored) for n, end in found.items())


def widths_of(lanes: Sequence[Proposal], matrices: Matrices, limits: Limits) -> list[int]:
    """How many lanes were trained in each epoch."""
    shape, widths = (matrices.n_inputs, matrices.n_outputs), list[int]()
    stack = Stack(lanes, shape, Tables.read(matrices, CPU), limits.max_epochs)
    stack.load({e.number: initial_weights(e.design, *shape, seed=e.seed) for e in lanes})
    counted: LaneStack = CountingStack(stack, widths)
    list(Lockstep(counted, matrices, limits, Control()).run())
    return widths


def test_the_stack_shrinks_at_each_rung() -> None:
    assert widths_of(MIXED, classes(), Limits(9, rungs=RUNGS)) == [7, 5, 5, 3, 3, 3, 2, 2, 2]


def test_the_stack_shrinks_when_a_lane_stops_early() -> None:
    still = lane(1, hidden=(8, 8), learning_rate=1e-30, optimizer=Optimizer.SGD, norm=Norm.LAYER)
    limits = Limits(20)
    widths = widths_of([still, *rates(1e-3, 1e-3)[1:]], classes(), limits)
    assert widths[: limits.patience + 1] == [2] * (limits.patience + 1)
    assert set(widths[limits.patience + 1 :]) == {1}
