from __future__ import annotations

import pytest

from layerlab.domain.constraints import Constraints
from layerlab.domain.json_value import JsonObject
from layerlab.domain.presets import preset_space
from layerlab.domain.problem import InvalidInput
from layerlab.domain.space_check import allowed_share, check_conditions, check_constraints
from layerlab.domain.space_document import parse_space
from layerlab.domain.table_shape import TableShape

BASE = preset_space("thorough", 344)
TABLE = TableShape(220, 55, 6, 3)


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"dropout": {"choices": [0.1], "when": {"n_layers": [9]}}}, "dropout"),
        (
            {"norm": "batch", "dropout": {"low": 0, "high": 0.5, "when": {"norm": "layer"}}},
            "dropout",
        ),
        (
            {
                "hidden": [[8], [8, 8]],
                "residual": {"choices": [True], "when": {"n_layers": 3}},
            },
            "residual",
        ),
        ({"recipe": {"choices": ["paper"], "when": {"norm": "none"}}, "norm": "batch"}, "recipe"),
        # Each of the two can hold, and never both.
        (
            {
                "norm": {"choices": ["batch"], "when": {"activation": "relu"}},
                "dropout": {"choices": [0.1], "when": {"norm": "batch", "activation": "tanh"}},
            },
            "dropout",
        ),
    ],
)
def test_a_field_that_never_applies_is_refused_by_its_name(
    document: JsonObject, field: str
) -> None:
    with pytest.raises(InvalidInput, match="never applies") as refused:
        check_conditions(parse_space(document, BASE), document)
    assert refused.value.field == f"space.{field}"


@pytest.mark.parametrize(
    "document",
    [
        {"dropout": {"choices": [0.1], "when": {"n_layers": [2, 9]}}},
        {"recipe": {"choices": ["standard", "quantile"], "when": {"n_layers": [1]}}},
        # Where it is not `batch`, it is the default.
        {
            "norm": {"choices": ["batch"], "when": {"activation": "relu"}},
            "dropout": {"choices": [0.1], "when": {"norm": "none"}},
        },
        # What the preset says of momentum no longer applies; nobody asked for it.
        {"optimizer": "adam"},
    ],
)
def test_a_condition_that_can_hold_is_accepted(document: JsonObject) -> None:
    check_conditions(parse_space(document, BASE), document)


def test_the_allowed_share_falls_as_the_constraints_tighten() -> None:
    shares = [
        allowed_share(BASE, Constraints(max_params=limit), TABLE, 30)
        for limit in (None, 100_000, 30_000, 10_000, 100)
    ]
    assert shares[0] == 1.0
    assert shares == sorted(shares, reverse=True)
    assert len(set(shares)) == 5
    assert shares[1] == allowed_share(BASE, Constraints(max_params=100_000), TABLE, 30)


def test_constraints_that_allow_hardly_anything_are_refused() -> None:
    check_constraints(BASE, Constraints(max_params=10_000), TABLE, 30)

    for tight in (Constraints(max_params=20), Constraints(max_trial_seconds=1e-6)):
        with pytest.raises(InvalidInput) as refused:
            check_constraints(BASE, tight, TABLE, 30)
        assert refused.value.field == "constraints"


def test_constraints_on_time_count_all_epochs() -> None:
    limit = Constraints(max_trial_seconds=0.05)

    assert allowed_share(BASE, limit, TABLE, 10) > allowed_share(BASE, limit, TABLE, 1_000)
