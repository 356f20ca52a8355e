"""Lanes that share a cohort share their matrices, or nothing is trained."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from layerlab.domain.design import Design
from layerlab.domain.matrices import MatricesHeader, matrix_spec
from layerlab.domain.metric import Metric
from layerlab.domain.problem import InvalidInput
from layerlab.domain.recipe import RecipeName
from layerlab.domain.study import Assignment, Proposal, Purpose
from services.trainer.cohorts import shared_matrices, target_scale
from tests.unit.gateway_ledger.world import a_spec

LANE = Proposal(1, Design((8,)), 5)


def of(*lanes: Proposal) -> Assignment:
    return Assignment("s", "c", Purpose.CONFIRM, 1, 15.0, a_spec(), lanes)


def test_a_cohorts_matrices_are_those_of_its_lanes() -> None:
    design = replace(LANE.design, recipe=RecipeName.QUANTILE, missing_indicators=True)
    lanes = [replace(LANE, number=n, design=design, repeat=3) for n in (1, 2)]
    found = shared_matrices(of(*lanes))
    assert found == matrix_spec(a_spec(), lanes[0])
    assert (found.recipe, found.repeat, found.missing_indicators) == (RecipeName.QUANTILE, 3, True)


@pytest.mark.parametrize(
    "other",
    [
        replace(LANE, repeat=1),
        replace(LANE, share=0.5),
        replace(LANE, design=replace(LANE.design, recipe=RecipeName.QUANTILE)),
        replace(LANE, design=replace(LANE.design, group_rare=True)),
    ],
)
def test_lanes_of_different_rows_are_never_trained_together(other: Proposal) -> None:
    with pytest.raises(InvalidInput, match="share cohort") as caught:
        shared_matrices(of(LANE, replace(other, number=2)))
    assert caught.value.code == "mixed_cohort"


def test_only_metrics_in_own_units_need_the_targets_scale() -> None:
    recipe = json.dumps({"target": {"scale": 12.5}})
    header = MatricesHeader(recipe, 6, 1, 10, 5, 5)
    scales = {metric: target_scale(header, metric) for metric in (Metric.RMSE, Metric.R2)}
    assert scales == {Metric.RMSE: 12.5, Metric.R2: 1.0}
