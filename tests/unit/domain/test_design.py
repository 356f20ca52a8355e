from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given

from layerlab.domain.design import Design, Norm, trial_seed
from layerlab.domain.json_value import JsonObject
from layerlab.domain.problem import InvalidInput
from tests.unit.wire.strategies import designs


@given(designs)
def test_a_design_survives_json(design: Design) -> None:
    assert Design.from_json(design.to_json()) == design


def test_fields_that_are_left_out_have_defaults() -> None:
    assert Design.from_json({"hidden": [8, 4]}) == Design(hidden=(8, 4))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hidden", [0]),
        ("hidden", [4097]),
        ("hidden", [8] * 17),
        ("hidden", [8.0]),
        ("hidden", [True]),
        ("hidden", "8"),
        ("activation", "swish"),
        ("activation", ["relu"]),
        ("norm", None),
        ("optimizer", 1),
        ("dropout", 1.0),
        ("dropout", -0.1),
        ("dropout", math.nan),
        ("dropout", "0.1"),
        ("residual", 1),
        ("learning_rate", 0),
        ("learning_rate", math.inf),
        ("learning_rate", True),
        ("learning_rate", 10**400),
        ("weight_decay", -(10**400)),
        ("weight_decay", 11),
        ("batch_size", 0),
        ("batch_size", 65537),
        ("batch_size", 32.0),
        ("batch_size", True),
        ("momentum", 1.0),
        ("momentum", -0.1),
        ("momentum", None),
        ("schedule", "step"),
        ("schedule", 0.5),
        ("warmup_epochs", -1),
        ("warmup_epochs", math.nan),
        ("warmup_epochs", 10_001),
        ("warmup_epochs", "5"),
        ("class_weight", "equal"),
        ("class_weight", {"0": 2.0}),
        ("depth", 3),
    ],
)
def test_a_value_out_of_its_range_is_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        Design.from_json({"hidden": [8], field: value})

    assert refused.value.field == field


def test_a_design_needs_its_widths() -> None:
    with pytest.raises(InvalidInput, match="missing"):
        Design.from_json({"dropout": 0.1})


def test_parameters_are_weights_and_biases_and_two_per_normalized_unit() -> None:
    # (4 + 1)·8 + (8 + 1)·3
    assert Design(hidden=(8,)).n_params(4, 3) == 67
    assert Design(hidden=(8,), norm=Norm.BATCH).n_params(4, 3) == 67 + 16
    # Without a hidden layer: a linear model.
    assert Design(hidden=()).n_params(4, 3) == 15


@given(designs)
def test_a_trials_seed_comes_from_what_it_trains(design: Design) -> None:
    seed = trial_seed("d1", design)

    assert seed == trial_seed("d1", Design.from_json(design.to_json()))
    assert 0 <= seed < 2**53
    assert len({seed, trial_seed("d2", design), trial_seed("d1", design, repeat=1)}) == 3


def test_a_trials_seed_is_the_same_in_every_version() -> None:
    assert trial_seed("d1", Design(hidden=(8,))) == 3785678593057618


@pytest.mark.parametrize(
    "later",
    [
        {"momentum": 0.5},
        {"schedule": "cosine"},
        {"warmup_epochs": 1.0},
        {"class_weight": "balanced"},
    ],
    ids=str,
)
def test_what_later_versions_added_changes_a_seed_where_it_is_used(later: JsonObject) -> None:
    plain = Design(hidden=(8,))
    used = Design.from_json({**plain.to_json(), **later})
    assert trial_seed("d1", used) != trial_seed("d1", plain)


def test_a_design_that_was_stored_before_there_were_some_fields_is_read() -> None:
    stored = Design(hidden=(8,), dropout=0.1).to_json()
    for later in ("momentum", "schedule", "warmup_epochs", "class_weight"):
        del stored[later]
    assert Design.from_json(stored) == Design(hidden=(8,), dropout=0.1)
