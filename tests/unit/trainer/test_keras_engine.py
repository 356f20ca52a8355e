"""The Keras engine, and its agreement with the fused one. One module, for Keras loads slowly."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from layerlab.domain.design import Activation, ClassWeight, Design, Norm, Optimizer, Schedule
from layerlab.domain.halving import Rung
from layerlab.domain.trial import FailureReason, StopReason, TrialState
from services.trainer.class_weights import class_weights
from services.trainer.control import Control
from services.trainer.engine import Engine, Limits, Matrices, Rows
from services.trainer.initial import initial_weights
from services.trainer.keras_engine import KerasEngine
from services.trainer.keras_model import (
    KerasStepper,
    build_model,
    build_optimizer,
    get_weights,
    import_keras,
    set_weights,
)
from services.trainer.schedules import rate_factors
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


def lopsided() -> Matrices:
    """Three classes, of 40, 8 and 16 training rows."""
    matrices = classes(rows=150)
    features, targets = matrices.train.features, matrices.train.targets
    found = [np.flatnonzero(targets == each)[:many] for each, many in enumerate((40, 8, 16))]
    kept = np.sort(np.concatenate(found))
    return replace(matrices, train=Rows(features[kept], targets[kept]))


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


@pytest.mark.parametrize("schedule", list(Schedule))
def test_both_engines_agree_on_schedules_momentum_and_class_weights(schedule: Schedule) -> None:
    shared: dict[str, Any] = {
        "hidden": (10, 6),
        "schedule": schedule,
        "class_weight": ClassWeight.BALANCED,
    }
    lanes = [
        lane(1, optimizer=Optimizer.SGD, momentum=0.0, learning_rate=0.03, **shared),
        lane(2, optimizer=Optimizer.SGD, momentum=0.6, warmup_epochs=0.5, weight_decay=0.1,
             learning_rate=0.03, **shared),
        lane(3, optimizer=Optimizer.ADAMW, warmup_epochs=1.3, weight_decay=5.0,
             learning_rate=0.01, **shared),
        lane(4, optimizer=Optimizer.RMSPROP, warmup_epochs=9.0, **shared),
    ]  # fmt: skip
    matrices = lopsided()
    fused, keras = train(lanes, matrices, 3, FUSED), train(lanes, matrices, 3, KERAS)
    for each in lanes:
        assert_same_training(fused, keras, each.number, 1e-4)


# What a change of each option must change: tests of agreement can't see what both leave out.
@pytest.mark.parametrize("engine", [FUSED, KERAS], ids=["fused", "keras"])
@pytest.mark.parametrize(
    "option",
    [{"momentum": 0.5}, {"schedule": Schedule.LINEAR}, {"warmup_epochs": 2.0},
     {"class_weight": ClassWeight.BALANCED}],
    ids=lambda option: next(iter(option)),
)  # fmt: skip
def test_every_option_changes_the_training(engine: Engine, option: dict[str, Any]) -> None:
    plain: dict[str, Any] = {"optimizer": Optimizer.SGD, "learning_rate": 0.03}
    lanes = [lane(1, seed=1, **plain), lane(2, seed=1, **{**plain, **option})]
    outcome = train(lanes, lopsided(), 3, engine)
    without, with_it = (outcome.reports[each.number][-1].val_loss or 0.0 for each in lanes)
    assert abs(without - with_it) > 1e-3


@pytest.mark.parametrize(
    ("schedule", "build"),
    [
        (Schedule.COSINE, lambda k, rate, steps: k.CosineDecay(rate, steps)),
        (Schedule.LINEAR, lambda k, rate, steps: k.PolynomialDecay(rate, steps, 0.0, power=1.0)),
        (Schedule.EXPONENTIAL, lambda k, rate, steps: k.ExponentialDecay(rate, steps, 0.01)),
    ],
    ids=lambda value: getattr(value, "value", ""),
)
def test_schedules_are_those_of_keras(schedule: Schedule, build: Callable[..., Any]) -> None:
    import keras

    expected = build(keras.optimizers.schedules, 0.3, 7 * 5)
    design = lane(1, schedule=schedule).design
    assert_rates(expected, 0.3, design, steps=7, epochs=5)


def test_a_warm_up_before_a_cosine_is_that_of_keras() -> None:
    import keras

    expected = keras.optimizers.schedules.CosineDecay(
        0.0, decay_steps=7 * 3.5, warmup_target=0.3, warmup_steps=7 * 1.5
    )
    design = lane(1, schedule=Schedule.COSINE, warmup_epochs=1.5).design
    assert_rates(expected, 0.3, design, steps=7, epochs=5)


def assert_rates(
    expected: Callable[[int], Any], rate: float, design: Design, steps: int, epochs: int
) -> None:
    for epoch in range(1, epochs + 1):
        rates = rate * rate_factors(design, epoch, steps, epochs)
        theirs = [float(expected((epoch - 1) * steps + step)) for step in range(steps)]
        np.testing.assert_allclose(rates, theirs, rtol=1e-5, atol=1e-7)


def test_class_weights_count_as_those_of_keras_fit() -> None:
    import keras

    matrices, design = lopsided(), lane(1, hidden=(5,), optimizer=Optimizer.SGD).design
    x, y = matrices.train.features[:20], matrices.train.targets[:20]
    start = initial_weights(design, matrices.n_inputs, 3, seed=1)
    weights = class_weights(ClassWeight.BALANCED, matrices)
    ours = KerasStepper(design, start, matrices.n_inputs, matrices.task, torch.tensor(weights))
    loss = ours.step(torch.tensor(x), torch.tensor(y))

    theirs = build_model(design, matrices.n_inputs, 3)
    set_weights(theirs, start)
    crossentropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    theirs.compile(build_optimizer(design, theirs), crossentropy)
    expected = theirs.train_on_batch(x, y, class_weight=dict(enumerate(weights.tolist())))
    assert loss == pytest.approx(float(expected), abs=1e-5)
    for name, value in get_weights(theirs, list(start)).items():
        np.testing.assert_allclose(get_weights(ours.model, [name])[name], value, atol=1e-6)


def test_either_engine_scores_what_the_other_has_trained() -> None:
    matrices = classes()
    trained = lane(1, hidden=(6, 6), norm=Norm.BATCH, residual=True, activation=Activation.SILU)
    for one, other in ((FUSED, KERAS), (KERAS, FUSED)):
        weights = train([trained], matrices, 3, one).ended[1].weights
        assert weights is not None
        scores = [e.score(trained, weights, matrices.val, matrices.measure) for e in (one, other)]
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


def test_both_engines_drop_the_same_lanes_at_the_same_rungs() -> None:
    lanes = [lane(i, learning_rate=rate) for i, rate in enumerate((1e-6, 1e-2, 1e-4, 1e-3), 1)]
    limits = Limits(5, rungs=(Rung(1, 3), Rung(3, 2)))
    fused, keras = (train(lanes, classes(), limits, engine) for engine in (FUSED, KERAS))
    for each in lanes:
        ours, theirs = fused.ended[each.number].end, keras.ended[each.number].end
        assert (ours.state, ours.epochs, ours.detail) == (
            theirs.state,
            theirs.epochs,
            theirs.detail,
        )
        assert len(keras.reports[each.number]) == theirs.epochs
    states = [keras.ended[each.number].end.state for each in lanes]
    assert states.count(TrialState.PRUNED) == 2


def test_a_lane_with_dropout_is_its_own_though_others_train_between_its_rungs() -> None:
    first, second = lane(1, dropout=0.5), lane(2, dropout=0.5)
    together = train([first, second], classes(), Limits(4, rungs=(Rung(1, 2), Rung(2, 2))), KERAS)
    alone = train([second], classes(), 4, KERAS)
    assert_same_training(together, alone, 2, tolerance=1e-6)


def test_at_the_deadline_lanes_that_had_trained_to_a_rung_succeed() -> None:
    class Running(Limits):
        """Time for the first segment, and a bit."""

        def seconds_left(self) -> float:
            return 1e6 if beats[0] < 12 else -1.0

    beats = [0]

    def beat() -> None:
        beats[0] += 1

    lanes = [lane(1), lane(2)]
    limits = Running(50, 0.0, (Rung(1, 2),))
    outcome = train(lanes, classes(), limits, KERAS, Control(beat))
    for each in lanes:
        end = outcome.ended[each.number].end
        assert (end.state, end.stop_reason) == (TrialState.SUCCEEDED, StopReason.TIME_BUDGET)
