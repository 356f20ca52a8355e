"""How lanes end: early stopping, deadlines, stops, and what is kept of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.model_selection import train_test_split

from layerlab.domain.dataset import Task
from layerlab.domain.design import ClassWeight, Norm, Optimizer, Schedule
from layerlab.domain.metric import Metric
from layerlab.domain.study import Proposal
from layerlab.domain.trial import StopReason, TrialState
from services.trainer.control import Control
from services.trainer.engine import Limits, Matrices, Rows, Tick
from services.trainer.record import LaneRecord
from tests.unit.trainer.builders import CPU, FUSED, classes, lane, train


def still(number: int) -> Proposal:
    """A lane whose rate is too low to change a float32, so that it never gets better."""
    return lane(number, hidden=(8, 8), learning_rate=1e-30, optimizer=Optimizer.SGD)


def test_a_lane_that_gets_no_better_stops_early_and_the_others_go_on() -> None:
    limits = Limits(max_epochs=40)
    outcome = train([still(1), lane(2, learning_rate=1e-3)], classes(), limits)
    stuck, moving = outcome.ended[1].end, outcome.ended[2].end
    assert stuck.stop_reason is StopReason.EARLY_STOPPING
    assert (stuck.best_epoch, stuck.epochs) == (1, 1 + limits.patience)
    assert moving.epochs > stuck.epochs


def test_a_lane_whose_score_stands_still_goes_on_while_its_loss_falls() -> None:
    limits = Limits(max_epochs=100)
    falling, rising = (LaneRecord(lane(n), 1, Metric.ACCURACY) for n in (1, 2))
    for epoch in range(1, 2 * limits.patience):
        falling.note(1.0, 1.0 / epoch, 0.5)
        rising.note(1.0, 1.0 * epoch, 0.5)
        assert falling.end(limits) is None
        assert (rising.end(limits) is None) == (epoch <= limits.patience)
    assert falling.best
    assert falling.best.epoch == 2 * limits.patience - 1


def test_an_ended_lane_is_removed_from_the_stack() -> None:
    from services.trainer.fused.stack import Stack, Tables

    lanes = [lane(i, hidden=(8 * i,), norm=norm) for i, norm in enumerate(Norm, 1)]
    stack = Stack(lanes, (6, 3), Tables.read(classes(), CPU), max_epochs=1)
    rest = stack.without({2})
    assert [each.number for each in rest.lanes] == [1, 3]
    gone = lanes[1].design.n_params(6, 3)
    assert len(rest.parameters.values) == len(stack.parameters.values) - gone
    assert rest.parameters.layout.statistics_size == 0


def test_going_on_without_a_neighbour_changes_nothing() -> None:
    """Moments, running statistics and dropout streams move along, and schedules go on."""
    survivor = lane(2, hidden=(8, 8), norm=Norm.BATCH, dropout=0.2, learning_rate=3e-3,
                    schedule=Schedule.COSINE, warmup_epochs=12.5,
                    class_weight=ClassWeight.BALANCED)  # fmt: skip
    together = train([still(1), survivor], classes(), Limits(30))
    alone = train([survivor], classes(), Limits(30))
    assert together.ended[1].end.epochs < together.ended[2].end.epochs
    for left, right in zip(together.reports[2], alone.reports[2], strict=True):
        assert left.val_loss == pytest.approx(right.val_loss, abs=1e-3)


def test_the_best_epochs_weights_are_kept() -> None:
    """A rate at which the score goes up and down."""
    matrices = classes()
    lanes = [lane(i, norm=norm, learning_rate=0.3, residual=True) for i, norm in enumerate(Norm, 1)]
    outcome = train(lanes, matrices, 12)
    for each in lanes:
        ended = outcome.ended[each.number]
        best = max(outcome.reports[each.number], key=lambda r: (r.score_val, -(r.val_loss or 0)))
        assert (ended.end.best_epoch, ended.end.score_val) == (best.epoch, best.score_val)
        assert ended.weights is not None
        score = FUSED.score(each, ended.weights, matrices.val, matrices.measure)
        assert score == pytest.approx(best.score_val, abs=1e-9)


def test_of_equal_scores_the_lower_loss_is_better() -> None:
    outcome = train([lane(1, learning_rate=1e-4)], classes(), 5)
    reports, end = outcome.reports[1], outcome.ended[1].end
    top = max(report.score_val or 0.0 for report in reports)
    losses = {report.epoch: report.val_loss for report in reports if report.score_val == top}
    assert end.best_epoch == min(losses, key=lambda epoch: losses[epoch] or 0.0)


def test_at_the_deadline_every_lane_that_has_stepped_succeeds() -> None:
    started = time.monotonic()
    limits = Limits(1_000_000, deadline=started + 0.5)
    outcome = train([lane(1), lane(2, hidden=(4, 4))], classes(2000, 100), limits)
    for number in (1, 2):
        end = outcome.ended[number].end
        assert (end.state, end.stop_reason) == (TrialState.SUCCEEDED, StopReason.TIME_BUDGET)
        assert end.score_val is not None
        assert end.epochs == len(outcome.reports[number])


def test_a_deadline_within_the_first_epoch_still_gives_a_score() -> None:
    control = Control()
    clock = iter(range(10_000))

    class Running(Limits):
        """Time for three batches."""

        def seconds_left(self) -> float:
            return 3 - next(clock)

    outcome = train([lane(1)], classes(2000, 4), Running(5, deadline=0.0), control=control)
    end = outcome.ended[1].end
    assert (end.state, end.epochs) == (TrialState.SUCCEEDED, 1)
    assert [report.epoch for report in outcome.reports[1]] == [1]


def test_without_time_for_one_step_lanes_are_cancelled() -> None:
    outcome = train([lane(1), lane(2)], classes(), Limits(5, deadline=time.monotonic() - 1))
    assert {each.end.state for each in outcome.ended.values()} == {TrialState.CANCELLED}
    assert outcome.reports == {}


def test_lanes_that_began_too_late_to_be_scored_in_time_are_cancelled() -> None:
    clock = iter([10.0, 10.0, 10.0])

    class Running(Limits):
        """Plenty of time for three batches, then none at all."""

        def seconds_left(self) -> float:
            return next(clock, -1e6)

    outcome = train([lane(1)], classes(2000, 4), Running(5, deadline=0.0))
    assert outcome.ended[1].end.state is TrialState.CANCELLED
    assert outcome.reports == {}


def test_cancelling_ends_an_evaluation_too() -> None:
    control = Control()
    seen: list[int] = []

    def cancel() -> None:
        seen.append(1)
        # 5 batches, the look that ends the epoch, then the evaluation's first chunk.
        if len(seen) == 6:
            control.cancelled.set()

    control.beat = cancel
    assert train([lane(1)], classes(75, 40), Limits(5), control=control).reports == {}
    assert len(seen) == 6


def test_a_stopped_lane_is_pruned_with_its_score_and_the_others_go_on() -> None:
    control = Control()
    control.stop([1])
    outcome = train([lane(1), lane(2)], classes(), 3, control=control)
    end = outcome.ended[1].end
    assert (end.state, end.stop_reason, end.epochs) == (TrialState.PRUNED, StopReason.RUNG, 1)
    assert end.score_val is not None
    assert outcome.ended[2].end.epochs == 3


def test_a_cancelled_cohort_ends_between_batches_without_ends() -> None:
    control = Control()
    batches = 0

    def beat() -> None:
        nonlocal batches
        batches += 1
        if batches == 3:
            control.cancelled.set()

    control.beat = beat
    outcome = train([lane(1)], classes(rows=160), 50, control=control)
    assert (batches, outcome.reports, outcome.ended) == (3, {}, {})


def test_a_stop_can_come_from_another_thread_while_training() -> None:
    control, seen = Control(), threading.Event()

    def stop_when_seen() -> None:
        seen.wait(10)
        control.stop([1])

    stopper = threading.Thread(target=stop_when_seen)
    stopper.start()
    ticks: list[Tick] = []
    for tick in FUSED.train([lane(1), lane(2)], classes(), Limits(100_000), control):
        ticks.append(tick)
        seen.set()
        if any(each.end.number == 1 for each in tick.ended):
            break
    stopper.join()
    assert ticks[-1].ended[0].end.stop_reason is StopReason.RUNG


def test_every_epoch_is_reported_once_and_in_order() -> None:
    outcome = train([lane(i, seed=i) for i in (1, 2, 3)], classes(), 25)
    for number, reports in outcome.reports.items():
        assert [each.epoch for each in reports] == list(
            range(1, outcome.ended[number].end.epochs + 1)
        )


def prepared(load: Callable[..., Any], task: Task) -> Matrices:
    x, y = load(return_X_y=True)
    stratify = y if task is Task.CLASSIFICATION else None
    x_train, x_val, y_train, y_val = train_test_split(
        x, y, test_size=0.25, random_state=1, stratify=stratify
    )
    low, high = x_train.min(0), x_train.max(0)
    x_train, x_val = ((each - low) / (high - low) for each in (x_train, x_val))
    n_outputs = len(set(y)) if task is Task.CLASSIFICATION else 1
    if task is Task.REGRESSION:
        mean, scale = y_train.mean(), y_train.std()
        y_train, y_val = (((each - mean) / scale).astype(np.float32) for each in (y_train, y_val))
    features = [each.astype(np.float32) for each in (x_train, x_val)]
    return Matrices(task, n_outputs, Rows(features[0], y_train), Rows(features[1], y_val))


@pytest.mark.parametrize(
    ("load", "task", "at_least"),
    [
        (load_iris, Task.CLASSIFICATION, 0.93),
        (load_breast_cancer, Task.CLASSIFICATION, 0.93),
        (load_diabetes, Task.REGRESSION, 0.35),
    ],
    ids=["iris", "breast_cancer", "diabetes"],
)
def test_it_really_learns(load: Callable[..., Any], task: Task, at_least: float) -> None:
    matrices = prepared(load, task)
    lanes = [
        lane(i, hidden=hidden, norm=norm, learning_rate=5e-3, batch_size=16)
        for i, (hidden, norm) in enumerate(
            [((32,), Norm.NONE), ((32, 16), Norm.BATCH), ((16, 16), Norm.LAYER)], 1
        )
    ]
    outcome = train(lanes, matrices, 30)
    scores = [outcome.ended[each.number].end.score_val or 0.0 for each in lanes]
    assert min(scores) >= at_least - 0.1, scores
    assert max(scores) >= at_least, scores
