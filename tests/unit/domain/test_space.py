from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerlab.domain.dataset import Task
from layerlab.domain.design import Norm, Schedule
from layerlab.domain.json_value import JsonObject, JsonValue
from layerlab.domain.presets import PRESETS, preset_space
from layerlab.domain.problem import InvalidInput
from layerlab.domain.space import DEFAULT_SPACE, Choice, FieldSpace, Layers, Range, SearchSpace
from layerlab.domain.space_document import parse_space
from tests.unit.domain.spaces import BASE, space_of, spaces


def parse(document: JsonObject) -> SearchSpace:
    return parse_space(document, BASE)


@given(spaces)
def test_a_space_survives_json(space: SearchSpace) -> None:
    document = json.loads(json.dumps(space.to_json()))

    assert parse_space(document, preset_space("thorough", 10**6)) == space


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("rows", [100, 5_000, 100_000, 10**6])
def test_a_preset_survives_json(preset: str, rows: int) -> None:
    space = preset_space(preset, rows)

    assert parse_space(space.to_json(), BASE) == space


def test_what_is_left_out_comes_from_the_base() -> None:
    space = parse({"activation": "tanh"})

    assert space.fields["activation"] == FieldSpace(Choice(("tanh",)))
    assert space.fields["hidden"] == BASE.fields["hidden"]


def test_a_choice_given_twice_counts_once() -> None:
    assert parse({"hidden": [[8], [8], [16]]}).fields["hidden"].domain == Choice(((8,), (16,)))
    assert parse({"dropout": [0, 0.0]}).fields["dropout"].domain == Choice((0.0,))


def test_layers_have_a_width_each() -> None:
    space = parse({"hidden": {"layers": {"low": 0, "high": 2}, "width": [8, 16, 8]}})

    assert space.fields["hidden"].domain == Layers(0, 2, (8, 16))


@pytest.mark.parametrize(
    ("document", "field", "said"),
    [
        ({"colour": ["red"]}, "colour", "not a field"),
        ({"activation": []}, "activation", "no choices"),
        ({"activation": ["swish"]}, "activation", "must be one of"),
        ({"activation": {"low": 1, "high": 2}}, "activation", "not a range"),
        ({"hidden": [64, 64]}, "hidden", "list of lists"),
        ({"hidden": [[0]]}, "hidden", "1 to 4096"),
        ({"hidden": [[True]]}, "hidden", "whole numbers"),
        ({"hidden": [[8] * 17]}, "hidden", "more than 16"),
        ({"hidden": {"layers": {"low": 1}, "width": [8]}}, "hidden", "`low` and `high`"),
        ({"hidden": {"layers": {"low": 2, "high": 1}, "width": [8]}}, "hidden", "above its high"),
        ({"hidden": {"layers": {"low": 0.0, "high": 1}, "width": [8]}}, "hidden", "not 0.0"),
        ({"hidden": {"layers": {"low": 1, "high": 17}, "width": [8]}}, "hidden", "not 17"),
        ({"hidden": {"layers": {"low": 1, "high": 2}, "width": []}}, "hidden", "`width`"),
        ({"hidden": {"layers": {"low": 1, "high": 2}, "width": [0]}}, "hidden", "1 to 4096"),
        ({"hidden": {"low": 1, "high": 2}}, "hidden", "layers"),
        ({"learning_rate": -1}, "learning_rate", "above 0"),
        ({"learning_rate": 10**400}, "learning_rate", "finite"),
        ({"learning_rate": math.nan}, "learning_rate", "finite"),
        ({"learning_rate": True}, "learning_rate", "finite"),
        ({"learning_rate": {"low": 0.1}}, "learning_rate", "`low` and `high`"),
        ({"learning_rate": {"low": 0.1, "high": 0.01}}, "learning_rate", "above its high"),
        ({"learning_rate": {"low": 0.1, "high": 1, "step": 2}}, "learning_rate", "'step'"),
        ({"learning_rate": {"low": 0.1, "high": 1, "points": 0}}, "learning_rate", "`points`"),
        ({"learning_rate": {"low": 0.1, "high": 1, "log": 1}}, "learning_rate", "`log`"),
        ({"weight_decay": {"low": 0, "high": 1, "log": True}}, "weight_decay", "logarithmic"),
        ({"dropout": {"low": 0, "high": 1}}, "dropout", "below 1"),
        ({"batch_size": {"low": 16, "high": 64.5}}, "batch_size", "whole number"),
        ({"batch_size": list(range(1, 1002))}, "batch_size", "more than 1000"),
        ({"residual": ["yes"]}, "residual", "true or false"),
        ({"momentum": 1}, "momentum", "below 1"),
        ({"momentum": {"low": 0, "high": 1}}, "momentum", "below 1"),
        ({"schedule": ["step"]}, "schedule", "must be one of"),
        ({"schedule": {"low": 0, "high": 1}}, "schedule", "not a range"),
        ({"warmup_epochs": [-1]}, "warmup_epochs", "0 to 10000"),
        ({"class_weight": ["equal"]}, "class_weight", "must be one of"),
        ({"momentum": {"choices": [0.5], "when": {"schedule": "linear"}}}, "momentum", "depend"),
        (
            {"schedule": {"choices": ["linear"], "when": {"class_weight": "none"}}},
            "schedule",
            "dep",
        ),
        ({"dropout": {"choices": [0.1], "when": {"batch_size": 1}}}, "dropout", "can't depend"),
        ({"activation": {"choices": ["relu"], "when": {"norm": "none"}}}, "activation", "depend"),
        ({"dropout": {"choices": [0.1], "when": {"norm": "best"}}}, "dropout", "must be one of"),
        ({"dropout": {"choices": [0.1], "when": {"norm": []}}}, "dropout", "without a value"),
        ({"dropout": {"choices": [0.1], "when": {"n_layers": False}}}, "dropout", "whole"),
        ({"dropout": {"choices": [0.1], "when": []}}, "dropout", "an object"),
    ],
)
def test_a_space_that_makes_no_sense_is_refused_by_the_name_of_its_field(
    document: dict[str, JsonValue], field: str, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        parse(document)

    assert refused.value.code == "invalid_space"
    assert refused.value.field == f"space.{field}"


def test_a_condition_looks_at_what_was_chosen_before() -> None:
    space = parse({"dropout": {"choices": [0.5], "when": {"n_layers": [2, 3], "norm": "none"}}})
    dropout = space.fields["dropout"]

    assert dropout.applies({"n_layers": 2, "norm": Norm.NONE})
    assert not dropout.applies({"n_layers": 1, "norm": Norm.NONE})
    assert not dropout.applies({"n_layers": 2, "norm": Norm.BATCH})


def test_momentum_counts_only_for_the_optimizer_that_has_it() -> None:
    space = parse({"optimizer": ["adam", "sgd"], "momentum": [0.0, 0.5, 0.9]})
    single = parse({"optimizer": ["adam", "sgd"]})

    assert single.grid_size() % 2 == 0
    assert space.grid_size() == single.grid_size() // 2 * (1 + 3)
    elsewhere = parse({"momentum": {"choices": [0.5], "when": {"norm": "none"}}})
    assert elsewhere.fields["momentum"].when.keys() == {"optimizer", "norm"}


def test_a_warm_up_may_depend_on_the_schedule() -> None:
    space = parse({"warmup_epochs": {"low": 1, "high": 5, "when": {"schedule": "cosine"}}})

    assert space.fields["warmup_epochs"].applies({"schedule": Schedule.COSINE})
    assert not space.fields["warmup_epochs"].applies({"schedule": Schedule.CONSTANT})


def test_class_weights_are_refused_where_there_are_no_classes() -> None:
    space = parse({"class_weight": ["none", "balanced"]})

    space.check_task(Task.CLASSIFICATION)
    parse({"class_weight": "none"}).check_task(Task.REGRESSION)
    with pytest.raises(InvalidInput) as refused:
        space.check_task(Task.REGRESSION)
    assert (refused.value.code, refused.value.field) == ("invalid_space", "space.class_weight")


def test_a_space_that_was_stored_before_there_were_some_fields_has_their_defaults() -> None:
    stored = preset_space("thorough", 344).to_json()
    for later in ("momentum", "schedule", "warmup_epochs", "class_weight"):
        del stored[later]
    space = parse_space(stored, DEFAULT_SPACE)

    assert space.fields["schedule"].domain == Choice((Schedule.CONSTANT,))
    assert space.fields["momentum"].domain == Choice((0.9,))
    assert space.fields["hidden"] == preset_space("thorough", 344).fields["hidden"]


def test_a_condition_that_does_not_hold_takes_a_field_out_of_the_count() -> None:
    fixed: dict[str, JsonValue] = {
        "hidden": [[8], [8, 8]],
        "activation": "relu",
        "norm": "none",
        "residual": False,
        "optimizer": "adam",
        "learning_rate": 0.01,
        "weight_decay": 0,
        "batch_size": 32,
    }
    free = space_of({**fixed, "dropout": [0.1, 0.2, 0.3]})
    bound = space_of({**fixed, "dropout": {"choices": [0.1, 0.2, 0.3], "when": {"n_layers": 2}}})

    assert free.grid_size() == free.size() == 6
    assert bound.grid_size() == bound.size() == 4


def test_the_size_of_a_grid_is_computed_and_not_enumerated() -> None:
    space = parse(
        {
            "hidden": {"layers": {"low": 16, "high": 16}, "width": list(range(1, 1001))},
            "learning_rate": {"low": 1e-4, "high": 1e-2, "points": 1000},
        }
    )

    assert space.grid_size() >= 1000**17


def test_a_range_of_fractions_has_no_size_but_its_grid_has() -> None:
    space = parse({"learning_rate": {"low": 1e-4, "high": 1e-2, "points": 3}})
    fixed = parse({"learning_rate": 1e-3})

    assert space.size() is None
    assert space.grid_size() == 3 * fixed.grid_size()


def test_a_range_of_one_value_is_countable() -> None:
    space = parse({"learning_rate": {"low": 1e-3, "high": 1e-3}})

    assert space.size() == space.grid_size() == parse({"learning_rate": 1e-3}).size()


def test_the_grid_of_a_logarithmic_range_is_even_in_the_logarithm() -> None:
    assert Range(1e-4, 1.0, log=True, points=5).grid() == (0.0001, 0.001, 0.01, 0.1, 1.0)
    assert Range(16, 256, log=True, integer=True).grid() == (16, 32, 64, 128, 256)
    assert Range(1, 3, integer=True, points=9).grid() == (1, 2, 3)
    assert Range(0.0, 0.5, points=1).grid() == (0.0,)


@given(
    st.floats(1e-6, 9.0),
    st.floats(0.0, 1.0),
    st.booleans(),
    st.floats(0.0, 1.0),
)
def test_a_drawn_value_is_within_its_range_and_reads_well(
    low: float, part: float, log: bool, step: float
) -> None:
    high = low + part * (10.0 - low)
    value = Range(low, high, log).at(step)

    assert low <= value <= high
    if value not in (low, high):
        resolution = max(1e-4 * value, 1e-4 * (high - low))
        exact = (
            math.exp(math.log(low) + step * (math.log(high) - math.log(low)))
            if log
            else low + step * (high - low)
        )
        assert abs(value - exact) <= 6 * resolution
        digits = repr(value).replace(".", "").split("e")[0].strip("0")
        narrowness = math.log10(high) - math.log10(high - low)
        assert len(digits) <= 5 + max(0, math.ceil(narrowness))


def test_the_ends_of_a_range_are_exact() -> None:
    range_ = Range(0.123456789, 0.987654321)

    assert (range_.at(0.0), range_.at(1.0)) == (0.123456789, 0.987654321)
