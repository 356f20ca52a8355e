"""Conditions and words that choose trials, and tables of them."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from layerlab.domain.design import Activation, Design
from layerlab.domain.metric import Metric
from layerlab.domain.problem import InvalidInput
from layerlab.domain.spec import Engine
from layerlab.domain.study import Trial
from layerlab.domain.trial import TrialState
from services.gateway.ledger import TrialQuery, TrialSelection
from services.gateway.ledger.documents import trial_from_json, trial_to_json
from services.gateway.ledger.trial_filters import FILTERS
from services.gateway.ledger.trials import page_of_trials, sort_trials
from services.gateway.trial_table import COLUMNS, to_columns, to_csv, to_json_text


def a_trial(number: int, hidden: tuple[int, ...], activation: str, score: float | None) -> Trial:
    return Trial(
        number,
        Design(hidden, Activation(activation), learning_rate=10.0**-number),
        7,
        Engine.FUSED,
        "c",
        TrialState.FAILED if score is None else TrialState.SUCCEEDED,
        score_val=score,
        n_params=100 * number,
    )


TRIALS = [
    a_trial(1, (64,), "relu", 0.9),
    a_trial(2, (64, 32), "tanh", 0.8),
    a_trial(3, (32,), "gelu", None),
    a_trial(4, (64, 64, 64), "relu", 0.7),
]


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        (["score_val>=0.8"], [1, 2]),
        (["score_val != 0.8"], [1, 3, 4]),
        (["score_val<0.8"], [4]),
        (["activation=relu,gelu", "n_params<400"], [1, 3]),
        (["activation!=relu"], [2, 3]),
        (["n_layers>1"], [2, 4]),
        (["hidden=64-32,32"], [2, 3]),
        (["state=FAILED"], [3]),
        (["residual=false"], [1, 2, 3, 4]),
        (["learning_rate<=1e-3"], [3, 4]),
        (["number=2,4"], [2, 4]),
        ([], [1, 2, 3, 4]),
    ],
)
def test_conditions_choose_trials(where: list[str], numbers: list[int]) -> None:
    query = TrialQuery("number", where=tuple(where))

    assert [each.number for each in sort_trials(TRIALS, query, Metric.ACCURACY)] == numbers


@pytest.mark.parametrize(
    "condition",
    [
        "colour=red",
        "score_val~0.8",
        "score_val>=high",
        "score_val>nan",
        "activation<relu",
        "activation=sinus",
        "residual=maybe",
        "",
        "=3",
        "__class__=x",
    ],
)
def test_nonsense_is_refused_by_name(condition: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        sort_trials(TRIALS, TrialQuery("number", where=(condition,)), Metric.ACCURACY)

    assert (refused.value.code, refused.value.field) == ("invalid_condition", "where")


_VALUES = {"state": "FAILED", "engine": "fused", "purpose": "search", "activation": "relu"}


@pytest.mark.parametrize("name", sorted(set(FILTERS) & {*_VALUES, "seed", "hidden", "attempt"}))
def test_a_filter_and_its_opposite_part_all_trials(name: str) -> None:
    value = _VALUES.get(name, "7")
    parts = [
        sort_trials(TRIALS, TrialQuery("number", where=(f"{name}{op}{value}",)), Metric.ACCURACY)
        for op in ("=", "!=")
    ]

    assert sorted(each.number for part in parts for each in part) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("text", "numbers"), [("64 relu", [1, 4]), ("64-32", [2]), ("3", [2, 3]), ("SUCC", [1, 2, 4])]
)
def test_words_choose_trials(text: str, numbers: list[int]) -> None:
    query = TrialQuery("number", text=text)

    assert [each.number for each in sort_trials(TRIALS, query, Metric.ACCURACY)] == numbers


def test_a_page_can_begin_anywhere() -> None:
    whole = page_of_trials(TRIALS, TrialQuery(page_size=10), Metric.ACCURACY)
    part = page_of_trials(TRIALS, TrialQuery(page_size=2, skip=1), Metric.ACCURACY)

    assert part.trials == whole.trials[1:3]
    assert (part.total_size, bool(part.next_page_token)) == (4, True)
    beyond = page_of_trials(TRIALS, TrialQuery(skip=9), Metric.ACCURACY)
    assert (beyond.trials, beyond.next_page_token) == ((), "")


def test_a_token_of_other_filters_is_refused() -> None:
    token = page_of_trials(TRIALS, TrialQuery(page_size=1), Metric.ACCURACY).next_page_token

    with pytest.raises(InvalidInput, match="invalid_page_token"):
        page_of_trials(
            TRIALS, TrialQuery(page_size=1, page_token=token, where=("n_layers=1",)), Metric.R2
        )


def test_columns_hold_all_that_a_trial_says() -> None:
    document = to_columns(TrialSelection(12, tuple(TRIALS)))
    columns = document["columns"]
    assert isinstance(columns, dict)
    assert (document["seq"], document["count"], set(columns)) == (12, 4, set(COLUMNS))

    for place, trial in enumerate(TRIALS):
        row = {name: values[place] for name, values in columns.items()}
        design = {name: row.pop(name) for name in trial.design.to_json()}
        assert trial_from_json({**row, "design": design}) == trial


def test_a_csv_says_the_same_and_holds_no_formulas() -> None:
    odd = replace(TRIALS[1], detail='=HYPERLINK("x")')
    header, first = csv.reader(io.StringIO(to_csv([odd])))
    row = dict(zip(header, first, strict=True))

    assert (row["number"], row["hidden"], row["score_val"]) == ("2", "64-32", "0.8")
    assert row["detail"] == '\'=HYPERLINK("x")'
    assert json.loads(to_json_text([odd])) == [trial_to_json(odd)]
