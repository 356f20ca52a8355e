"""Splits, metrics, constraints and own designs, as they are asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from layerlab.domain.design import Design
from layerlab.domain.metric import Metric
from layerlab.domain.problem import InvalidInput
from layerlab.domain.spec import VerdictMode
from layerlab.domain.splitting import SplitMethod, SplitSpec
from services.gateway.study_request import build_spec, parse_request
from tests.unit.gateway.test_study_request import FLOWERS, spec


def test_a_study_is_measured_as_its_task_is_unless_something_fitting_is_asked() -> None:
    assert spec().metric is Metric.ACCURACY
    assert spec(target="height").metric is Metric.R2
    assert spec(metric="log_loss").metric is Metric.LOG_LOSS


def test_a_split_is_a_word_or_a_method_with_its_column_and_folds() -> None:
    assert spec().split == spec(split="stratified").split == SplitSpec()
    by_time = {"method": "time", "column": "height", "folds": 4}
    assert spec(split=by_time).split == SplitSpec(SplitMethod.TIME, "height", 4)


def test_own_designs_have_the_defaults_of_what_they_leave_out_and_count_once() -> None:
    asked = [{"hidden": [8]}, {"hidden": [8]}, {"hidden": [4, 4], "dropout": 0.5}]
    assert spec(designs=asked).designs == (Design((8,)), Design((4, 4), dropout=0.5))


def test_the_budget_grows_to_hold_the_own_designs_unless_it_is_given() -> None:
    designs = [{"hidden": [width]} for width in range(1, 81)]
    assert spec(designs=designs).budget.max_trials == 80
    with pytest.raises(InvalidInput) as refused:
        spec(designs=designs, budget={"max_trials": 79})
    assert (refused.value.code, refused.value.field) == ("too_many_designs", "designs")


@pytest.mark.parametrize(
    ("asked", "code", "field"),
    [
        ({"metric": "rmse"}, "metric_not_of_task", "metric"),
        ({"metric": "luck"}, "invalid_value", "metric"),
        ({"split": "shuffled"}, "invalid_value", "split"),
        ({"split": {"method": "grouped"}}, "split_column_needed", "split.column"),
        ({"split": {"method": "grouped", "column": "no"}}, "unknown_column", "split.column"),
        ({"split": {"folds": 2}}, "invalid_value", "split.folds"),
        ({"constraints": {"max_params": 0}}, "invalid_value", "constraints.max_params"),
        ({"constraints": {"max_params": 1}}, "constraints_too_tight", "constraints"),
        ({"designs": [{"hidden": [0]}]}, "invalid_design", "designs.0.hidden"),
        ({"designs": [{"hidden": [8]}, {"width": 8}]}, "invalid_design", "designs.1.width"),
        (
            {"designs": [{"hidden": [4096]}], "constraints": {"max_params": 5000}},
            "design_not_allowed",
            "designs.0",
        ),
        ({"verdict": "maybe"}, "invalid_value", "verdict"),
    ],
)
def test_what_cannot_be_is_refused_with_the_field_named(
    asked: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        spec(**asked)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_a_table_too_small_for_folds_has_no_verdict_unless_one_is_asked_for() -> None:
    few = replace(FLOWERS, rows=20)
    request: dict[str, Any] = {
        "dataset_id": few.dataset_id, "target": "kind", "split": {"folds": 10},
    }  # fmt: skip
    assert build_spec(parse_request(request), FLOWERS).verdict is VerdictMode.AUTO
    assert build_spec(parse_request(request), few).verdict is VerdictMode.OFF
    with pytest.raises(InvalidInput, match="too_few_rows_per_fold"):
        build_spec(parse_request({**request, "verdict": "auto"}), few)
