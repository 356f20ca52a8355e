"""Parameters of other people's Optuna studies as designs."""

from __future__ import annotations

from typing import Any

import pytest

from layerlab.client.optuna_trials import design_of, read_trials
from layerlab.domain.design import Activation, Design, Norm, Optimizer
from layerlab.domain.problem import InvalidInput


@pytest.mark.parametrize(
    ("parameters", "design"),
    [
        # Optuna's own examples.
        (
            {"n_layers": 2, "n_units_l0": 64, "n_units_l1": 32, "lr": 1e-3, "optimizer": "Adam"},
            Design((64, 32)),
        ),
        # A depth of 1 leaves over what an earlier trial had drawn for the second layer.
        ({"n_layers": 1, "n_units_l0": 64, "n_units_l1": 32}, Design((64,))),
        ({"num_layers": 3, "units": 32, "Batch-Size": 128.0}, Design((32,) * 3, batch_size=128)),
        ({"width_1": 8, "width_2": 16, "dropout": 0.1}, Design((8, 16), dropout=0.1)),
        # scikit-learn's MLPClassifier.
        (
            {"hidden_layer_sizes": "(50, 20)", "activation": "logistic", "alpha": 0.01},
            Design((50, 20), Activation.SIGMOID, weight_decay=0.01),
        ),
        ({"hidden": [8, 8], "norm": "BatchNorm"}, Design((8, 8), norm=Norm.BATCH)),
        ({"units_0": 4, "optimizer": "SGD"}, Design((4,), optimizer=Optimizer.SGD)),
        ({"n_layers": 0, "lr": 0.1}, Design((), learning_rate=0.1)),
    ],
)
def test_the_usual_names_are_read(parameters: dict[str, Any], design: Design) -> None:
    assert design_of(parameters) == (design, ())


@pytest.mark.parametrize(
    "parameters",
    [
        {"lr": 0.1},
        {"units": 8, "optimizer": "Lion"},
        {"units": "many"},
        {"units": 8, "lr": -1.0},
        {"units": 10**9},
    ],
)
def test_what_is_no_design_is_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        design_of(parameters)


def test_what_has_no_meaning_here_is_listed_and_each_design_is_there_once() -> None:
    reading = read_trials(
        [
            {"units": 8, "kernel": "rbf"},
            {"units": 16, "augment": True},
            {"units": 8, "kernel": "poly"},
            {"units": 8, "optimizer": "Lion"},
        ]
    )
    assert [each.hidden for each in reading.designs] == [(8,), (16,)]
    assert reading.unread == ("augment", "kernel")
    assert reading.refused == 1
    assert "lion" in reading.complaint
