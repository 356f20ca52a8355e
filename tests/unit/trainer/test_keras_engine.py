"""The Keras engine, and its agreement with the fused one. One module, for Keras loads slowly."""

from __future__ import annotations

import time

import pytest

from layerlab.domain.design import Activation, Norm, Optimizer
from layerlab.domain.trial import FailureReason, StopReason, TrialState
from services.trainer.control import Control
from services.trainer.engine import Limits
from services.trainer.keras_engine import KerasEngine, build_model, import_keras
from tests.unit.trainer.builders import (
    CPU,
    FUSED,
    assert_same_training,
    classes,
    lane,
    quantity,
    train,
)

KERAS = KerasEngine(CPU)


@pytest.fixture(autouse=True, scope="module")
def keras() -> None:
    import_keras(CPU)


@pytest.mark.parametrize("norm", list(Norm))
@pytest.mark.parametrize("optimizer", list(Optimizer))
def test_both_engines_agree_from_the_same_weights_on_the_same_batches(
    norm: Norm, optimizer: Optimizer
) -> None:
    activations = list(Activation)
    at = list(Optimizer).index(optimizer) * len(Norm) + list(Norm).index(norm)
    lanes = [
        lane(1, hidden=(6, 12, 12), activation=activations[at % 6], norm=norm, residual=True,
             optimizer=optimizer, learning_rate=3e-3, weight_decay=0.05),
        lane(2, hidden=(10,), activation=activations[(at + 3) % 6], norm=norm,
             optimizer=optimizer, learning_rate=3e-3),
    ]  # fmt: skip
    matrices = classes() if at % 2 else quantity()
    fused, keras = train(lanes, matrices, 3, FUSED), train(lanes, matrices, 3, KERAS)
    for each in lanes:
        # Keras trains a bias before batch norm on rounding errors, which shows a little.
        assert_same_training(fused, keras, each.number, 2e-3 if norm is Norm.BATCH else 1e-4)
        ours, theirs = fused.ended[each.number], keras.ended[each.number]
        assert ours.end.best_epoch == theirs.end.best_epoch
        assert ours.end.n_params == theirs.end.n_params
        assert ours.weights is not None
        assert theirs.weights is not None
        assert {n: w.shape for n, w in ours.weights.items()} == {
            n: w.shape for n, w in theirs.weights.items()
        }


def test_either_engine_scores_what_the_other_has_trained() -> None:
    matrices = classes()
    trained = lane(1, hidden=(6, 6), norm=Norm.BATCH, residual=True, activation=Activation.SILU)
    for one, other in ((FUSED, KERAS), (KERAS, FUSED)):
        weights = train([trained], matrices, 3, one).ended[1].weights
        assert weights is not None
        scores = [e.score(trained, weights, matrices.val, matrices.task) for e in (one, other)]
        assert scores[0] == pytest.approx(scores[1], abs=1e-9)


def test_the_model_has_the_parameters_that_the_design_counts() -> None:
    for norm in Norm:
        design = lane(1, hidden=(5, 7), norm=norm).design
        model = build_model(design, 4, 3)
        count = sum(int(variable.value.numel()) for variable in model.trainable_variables)
        assert count == design.n_params(4, 3)


def test_lanes_end_by_the_same_rules() -> None:
    lanes = [
        lane(1, learning_rate=1e-30, optimizer=Optimizer.SGD),
        lane(2, learning_rate=10.0, optimizer=Optimizer.SGD, weight_decay=10.0, hidden=(8, 8)),
    ]
    outcome = train(lanes, quantity(), 12, KERAS)
    assert outcome.ended[1].end.stop_reason is StopReason.EARLY_STOPPING
    assert outcome.ended[2].end.reason is FailureReason.NAN_LOSS
    assert outcome.ended[2].weights is None


def test_lanes_that_the_time_does_not_reach_are_cancelled() -> None:
    late = Limits(5, deadline=time.monotonic() - 1)
    outcome = train([lane(1), lane(2)], classes(), late, KERAS)
    assert {each.end.state for each in outcome.ended.values()} == {TrialState.CANCELLED}


def test_dropout_trains_and_repeats_itself() -> None:
    first, second = (train([lane(1, dropout=0.5)], classes(), 2, KERAS) for _ in range(2))
    assert_same_training(first, second, 1, tolerance=1e-6)
    assert first.reports[1] != train([lane(1)], classes(), 2, KERAS).reports[1]


def test_a_cancelled_lane_is_the_last() -> None:
    control = Control()
    control.cancelled.set()
    outcome = train([lane(1), lane(2)], classes(), 3, KERAS, control)
    assert (outcome.reports, outcome.ended) == ({}, {})
