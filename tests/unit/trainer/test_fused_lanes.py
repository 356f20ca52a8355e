"""A lane's training is its own, whoever it trains beside."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerlab.domain.design import Activation, Norm, Optimizer
from layerlab.domain.study import Proposal
from layerlab.domain.trial import FailureReason, TrialState
from services.trainer.engine import Matrices
from tests.unit.trainer.builders import (
    assert_same_training,
    classes,
    cohorts,
    lane,
    quantity,
    train,
)

CLASSES, QUANTITY = classes(), quantity()


@settings(max_examples=40, deadline=None)
@given(cohort=cohorts(), data=st.data(), matrices=st.sampled_from([CLASSES, QUANTITY]))
def test_a_lane_trained_in_a_cohort_equals_the_lane_trained_alone(
    cohort: list[Proposal], data: st.DataObject, matrices: Matrices
) -> None:
    chosen = data.draw(st.sampled_from(cohort))
    together, alone = train(cohort, matrices), train([chosen], matrices)
    assert_same_training(together, alone, chosen.number, tolerance=2e-3)


@pytest.mark.parametrize("norm", list(Norm))
@pytest.mark.parametrize("optimizer", list(Optimizer))
def test_every_option_trains_alike_in_company(norm: Norm, optimizer: Optimizer) -> None:
    tried = [
        lane(i, hidden=(12, 12, 5)[: 1 + i % 3], activation=activation, norm=norm, dropout=0.2,
             residual=True, optimizer=optimizer, weight_decay=0.05, learning_rate=3e-3)
        for i, activation in enumerate(Activation, 1)
    ]  # fmt: skip
    company = [lane(10 + i, hidden=(6,) * i, residual=True) for i in range(4)]
    together = train([*tried, *company], CLASSES)
    for each in tried:
        assert_same_training(together, train([each], CLASSES), each.number, tolerance=1e-3)


def test_the_order_of_lanes_changes_nothing() -> None:
    cohort = [lane(i, hidden=(4 * i,), dropout=0.1 * (i % 2)) for i in range(1, 6)]
    forth, back = train(cohort, CLASSES), train(cohort[::-1], CLASSES)
    for each in cohort:
        assert_same_training(forth, back, each.number, tolerance=1e-5)


def test_equal_designs_with_different_seeds_train_differently() -> None:
    outcome = train([lane(1, seed=1), lane(2, seed=2)], CLASSES)
    assert outcome.reports[1][0].train_loss != outcome.reports[2][0].train_loss


def test_a_lane_whose_loss_explodes_fails_and_does_not_disturb_its_neighbours() -> None:
    calm = [
        lane(i, hidden=(8, 8), norm=norm, activation=activation, dropout=0.1)
        for i, (norm, activation) in enumerate(zip(Norm, Activation, strict=False), 1)
    ]
    wild = [
        # Equal to a calm one but for its rate, so that they share every product and option.
        lane(10 + i, hidden=(8, 8), norm=each.design.norm, activation=each.design.activation,
             optimizer=Optimizer.SGD, learning_rate=10.0, weight_decay=10.0)
        for i, each in enumerate(calm)
    ]  # fmt: skip
    matrices = quantity()
    outcome = train([*calm, *wild], matrices, 8)
    failed = [outcome.ended[each.number].end for each in wild]
    assert FailureReason.NAN_LOSS in {end.reason for end in failed}
    for end in failed:
        assert (end.state is TrialState.FAILED) == (end.reason is FailureReason.NAN_LOSS)
        assert end.state is TrialState.SUCCEEDED or end.score_val is None
    alone = train(calm, matrices, 8)
    for each in calm:
        assert outcome.ended[each.number].end.state is TrialState.SUCCEEDED
        assert_same_training(outcome, alone, each.number, tolerance=1e-3)


@pytest.mark.parametrize("norm", list(Norm))
def test_a_nan_in_one_lane_stays_in_it(norm: Norm) -> None:
    """Its weights are NaN from the start, so any leak would show in the first batch."""
    from services.trainer.fused.stack import Stack, Tables
    from services.trainer.initial import initial_weights
    from tests.unit.trainer.builders import CPU

    lanes = [lane(i, hidden=(8, 8), norm=norm, residual=True, dropout=0.1) for i in (1, 2, 3)]
    stack = Stack(lanes, (6, 3), Tables.read(CLASSES, CPU), max_epochs=1)
    weights = {e.number: initial_weights(e.design, 6, 3, e.seed) for e in lanes}
    weights[2] = {name: np.full_like(value, np.nan) for name, value in weights[2].items()}
    stack.load(weights)
    for _ in stack.train_epoch(1):
        assert np.isnan(stack.losses()).tolist() == [e.number == 2 for e in stack.lanes]
    scores = stack.evaluate()
    assert np.isnan(scores.losses).tolist() == [e.number == 2 for e in stack.lanes]


@pytest.mark.parametrize("rows", [17, 33])
def test_a_last_batch_of_one_row_is_trained_without_nan(rows: int) -> None:
    lanes = [lane(i, hidden=(8,), norm=norm) for i, norm in enumerate(Norm, 1)]
    outcome = train(lanes, classes(rows=rows), 4)
    for each in outcome.ended.values():
        assert each.end.state is TrialState.SUCCEEDED


def test_a_design_without_hidden_layers_is_a_linear_model() -> None:
    outcome = train([lane(1, hidden=()), lane(2, hidden=(5,))], CLASSES)
    assert outcome.ended[1].weights is not None
    assert set(outcome.ended[1].weights) == {"output.weight", "output.bias"}
    assert_same_training(outcome, train([lane(1, hidden=())], CLASSES), 1, tolerance=1e-5)


def test_lanes_of_different_batch_sizes_train_as_they_would_alone() -> None:
    lanes = [lane(i, hidden=(4 + i,), batch_size=size) for i, size in enumerate((8, 5, 32, 5), 1)]
    lanes.append(lane(9, hidden=(8,), batch_size=8, optimizer=Optimizer.SGD, learning_rate=10.0))
    together = train(lanes, QUANTITY)
    assert together.ended.keys() == {1, 2, 3, 4, 9}
    for each in lanes[:4]:
        assert_same_training(together, train([each], QUANTITY), each.number, tolerance=1e-3)


def test_lanes_of_different_batch_sizes_stop_after_about_equally_many_rows() -> None:
    from services.trainer.fused.mixed import MixedStack
    from services.trainer.fused.stack import Stack, Tables
    from tests.unit.trainer.builders import CPU

    tables = Tables.read(CLASSES, CPU)
    stacks = [Stack([lane(n, batch_size=n)], (6, 3), tables, max_epochs=1) for n in (2, 3, 16)]
    rows = list(MixedStack(stacks).train_epoch(1))

    assert rows == sorted(rows)
    assert rows[-1] == tables.train.count
    assert all(late - soon <= 17 for soon, late in pairwise([0, *rows]))
