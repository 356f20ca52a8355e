from __future__ import annotations

import numpy as np

from layerlab.domain.design import Activation, Design, Norm
from services.trainer.initial import (
    dropout_stream,
    initial_weights,
    tensor_shapes,
)
from services.trainer.order import epoch_order


def test_the_tensors_hold_as_many_parameters_as_the_design_counts() -> None:
    for norm in Norm:
        design = Design((5, 7, 7), norm=norm)
        shapes = tensor_shapes(design, 4, 3)
        trainable = {n: s for n, s in shapes.items() if not n.endswith((".mean", ".variance"))}
        assert sum(int(np.prod(shape)) for shape in trainable.values()) == design.n_params(4, 3)


def test_weights_are_uniform_within_the_bound_of_their_activation() -> None:
    for activation, bound in ((Activation.RELU, (6 / 50) ** 0.5), (Activation.TANH, 0.2)):
        weights = initial_weights(Design((100,), activation), 50, 100, seed=3)
        weight = weights["hidden.0.weight"]
        assert weight.dtype == np.float32
        assert bound * 0.98 < np.abs(weight).max() <= bound * 1.0001
        assert abs(weight.mean()) < bound / 30
    assert not weights["hidden.0.bias"].any()


def test_a_seed_decides_weights_batches_and_dropout_and_nothing_else_does() -> None:
    design = Design((8, 8), norm=Norm.BATCH)
    first, second = (initial_weights(design, 4, 3, seed=5) for _ in range(2))
    for name, value in first.items():
        np.testing.assert_array_equal(value, second[name])
    assert (initial_weights(design, 4, 3, 6)["output.weight"] != first["output.weight"]).any()
    np.testing.assert_array_equal(epoch_order(5, 2, 50), epoch_order(5, 2, 50))
    assert dropout_stream(5).random_raw() == dropout_stream(5).random_raw()
    assert dropout_stream(5).random_raw() != dropout_stream(6).random_raw()


def test_every_epoch_visits_every_row_once_in_an_order_of_its_own() -> None:
    orders = [epoch_order(5, epoch, 50) for epoch in (1, 2, 3)]
    for order in orders:
        assert sorted(order.tolist()) == list(range(50))
    assert len({tuple(order.tolist()) for order in orders}) == 3


def test_seeds_up_to_2_to_the_53_are_taken() -> None:
    assert initial_weights(Design(()), 2, 2, seed=2**53 - 1)["output.weight"].shape == (2, 2)
