"""What is changed about a winner."""

from __future__ import annotations

from dataclasses import replace

from layerlab.domain.constraints import Constraints
from layerlab.domain.design import DESIGN_FIELDS, MAX_LAYERS, Design, Norm
from layerlab.domain.json_value import JsonValue
from layerlab.domain.study import Study
from services.scheduler.finals.ablation import MAX_VARIANTS, variants
from tests.unit.scheduler.builders import a_spec, a_study, small_space
from tests.unit.scheduler.finals import TABLE

WINNER = Design(hidden=(32, 16), learning_rate=0.01, batch_size=32)


def study(limits: Constraints | None = None, **fields: JsonValue) -> Study:
    spec = replace(a_spec(space=small_space(**fields)), constraints=limits or Constraints())
    return replace(a_study(spec), table=TABLE)


def changed_fields(found: list[Design], winner: Design = WINNER) -> list[list[str]]:
    return [
        [name for name in DESIGN_FIELDS if getattr(each, name) != getattr(winner, name)]
        for each in found
    ]


def test_depth_and_width_are_changed_whatever_the_space_had() -> None:
    assert [each.hidden for each in variants(study(), WINNER)] == [
        (32,),
        (32, 16, 16),
        (16, 8),
        (64, 32),
    ]


def test_one_thing_is_changed_at_a_time_and_only_what_the_space_varied() -> None:
    found = variants(
        study(learning_rate={"low": 1e-4, "high": 1e-1, "log": True}, dropout=[0, 0.3]), WINNER
    )

    assert all(len(names) == 1 for names in changed_fields(found))
    assert {name for (name,) in changed_fields(found)} == {"hidden", "learning_rate", "dropout"}
    assert sorted(e.learning_rate for e in found if e.learning_rate != 0.01) == [0.00333, 0.03]


def test_there_are_no_more_than_can_be_read() -> None:
    found = variants(
        study(
            learning_rate={"low": 1e-4, "high": 1e-1, "log": True},
            dropout=[0, 0.3],
            norm=["none", "batch"],
            residual=[False, True],
            activation=["relu", "tanh", "gelu"],
            optimizer=["adam", "sgd"],
            batch_size=[16, 32, 64],
        ),
        WINNER,
    )

    assert len(found) == MAX_VARIANTS == len(set(found))
    assert WINNER not in found


def test_what_the_winner_has_is_taken_away_and_what_it_lacks_is_added() -> None:
    fields: dict[str, JsonValue] = {"norm": ["none", "batch", "layer"], "dropout": [0, 0.3]}
    plain = variants(study(None, **fields), WINNER)
    rich = variants(study(None, **fields), replace(WINNER, norm=Norm.LAYER, dropout=0.3))

    assert {each.norm for each in plain} == {Norm.NONE, Norm.BATCH}
    assert {each.norm for each in rich} == {Norm.LAYER, Norm.NONE}
    assert 0.0 in {each.dropout for each in rich}


def test_what_the_studys_constraints_forbid_is_not_trained() -> None:
    most = WINNER.n_params(TABLE.n_inputs, TABLE.n_outputs)
    found = variants(study(Constraints(max_params=most)), WINNER)

    assert [each.hidden for each in found] == [(32,), (16, 8)]


def test_a_winner_without_a_hidden_layer_is_compared_with_one_that_has_one() -> None:
    assert [each.hidden for each in variants(study(), Design(hidden=()))] == [(16,)]


def test_no_design_is_made_deeper_than_designs_can_be() -> None:
    deep = replace(WINNER, hidden=(8,) * MAX_LAYERS)

    assert max(each.n_layers for each in variants(study(), deep)) == MAX_LAYERS
