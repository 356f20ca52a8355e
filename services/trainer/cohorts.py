"""What the lanes of a cohort share, and what of it a trainer needs to know."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from layerlab.domain.matrices import MatricesHeader, MatrixSpec, matrix_spec
from layerlab.domain.metric import Metric
from layerlab.domain.problem import InvalidInput
from layerlab.domain.spec import VerdictMode
from layerlab.domain.study import KEPT_MODELS, Assignment, Purpose

_IN_OWN_UNITS: Final = (Metric.RMSE, Metric.MAE)


def shared_matrices(assignment: Assignment) -> MatrixSpec:
    """Of all lanes.

    :raises InvalidInput: `mixed_cohort`, when they differ in that, or in their share of the rows.
    """
    first, *others = assignment.lanes
    wanted = matrix_spec(assignment.spec, first), first.share
    for lane in others:
        if (matrix_spec(assignment.spec, lane), lane.share) != wanted:
            raise InvalidInput(
                "mixed_cohort",
                f"Trials {first.number} and {lane.number} share cohort {assignment.cohort_id} and "
                "not their rows, so that one would train on the other's.",
            )
    return wanted[0]


def models_kept(assignment: Assignment) -> int:
    """Of how many of the study's best trials the weights are wanted, as far as these may be among
    them: only a trial of the search may be tested or used."""
    if assignment.purpose is not Purpose.SEARCH:
        return 0
    return KEPT_MODELS if assignment.spec.verdict is VerdictMode.AUTO else 1


def rows_key(assignment: Assignment) -> str:
    """By which a share of the rows is chosen: whoever trains on these rows trains on the same."""
    return f"{assignment.spec.dataset_id} {assignment.lanes[0].repeat}"


@dataclass(frozen=True, slots=True)
class TargetMeaning:
    """`classes` by number; or what takes a standardized target to its own units."""

    classes: tuple[str, ...]
    mean: float
    scale: float


def target_of(header: MatricesHeader) -> TargetMeaning:
    target = json.loads(header.recipe_json).get("target", {})
    return TargetMeaning(
        tuple(target.get("classes", ())),
        float(target.get("mean", 0.0)),
        float(target.get("scale", 1.0)),
    )


def target_scale(header: MatricesHeader, metric: Metric) -> float:
    """What 1 of the standardized target is in its own units; 1 where the metric has no unit."""
    if metric not in _IN_OWN_UNITS:
        return 1.0
    return target_of(header).scale
