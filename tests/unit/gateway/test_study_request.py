"""From what is asked to what is recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from layerlab.domain.dataset import Column, ColumnKind, Dataset, Task
from layerlab.domain.halving import Halving
from layerlab.domain.presets import preset_space
from layerlab.domain.problem import InvalidInput
from layerlab.domain.spec import Budget, Search, StudySpec
from services.gateway.study_request import build_spec, parse_request

FLOWERS = Dataset(
    dataset_id="f" * 64,
    name="flowers.csv",
    rows=150,
    size_bytes=5000,
    columns=(
        Column("sepal.length", ColumnKind.NUMBER, "", 0, 35, 4.3, 7.9, 5.8),
        Column("height", ColumnKind.NUMBER, "", 0, 120, 1.0, 9.0, 5.0),
        Column("kind", ColumnKind.CATEGORY, "", 0, 3),
    ),
    suggested_target="kind",
    suggested_task=Task.CLASSIFICATION,
    warnings=(),
    created_at=datetime(2024, 1, 1, tzinfo=UTC),
)


def spec(**asked: Any) -> StudySpec:
    request = parse_request({"dataset_id": FLOWERS.dataset_id, "target": "kind", **asked})
    return build_spec(request, FLOWERS)


def test_nothing_asked_is_64_random_designs_of_the_balanced_preset() -> None:
    made = spec()
    assert made.budget == Budget(64, 200, None)
    assert (made.search, made.preset, made.seed) == (Search.RANDOM, "balanced", 0)
    assert made.space == preset_space("balanced", 150)
    assert made.task is Task.CLASSIFICATION


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        ({}, Budget(64, 200, None)),
        ({"max_epochs": 5}, Budget(64, 5, None)),
        ({"time_seconds": 60}, Budget(None, 200, 60)),
        ({"time_seconds": 60, "max_trials": 3}, Budget(3, 200, 60)),
        ({"max_trials": 100_000, "max_epochs": 10_000}, Budget(100_000, 10_000, None)),
    ],
)
def test_the_first_limit_that_is_given_is_the_one_that_counts(
    budget: dict[str, Any], expected: Budget
) -> None:
    assert spec(budget=budget).budget == expected


def test_null_is_the_same_as_leaving_out() -> None:
    nulls = dict.fromkeys(
        (
            "name",
            "task",
            "preset",
            "space",
            "search",
            "recipe",
            "engine",
            "seed",
            "budget",
            "halving",
        )
    )
    assert spec(**nulls) == spec()


def test_the_task_is_inferred_from_the_target_and_can_be_said() -> None:
    assert spec(target="height").task is Task.REGRESSION
    with pytest.raises(InvalidInput, match="target_not_numeric"):
        spec(task="regression")


def test_kinds_may_be_given_to_columns_whose_names_have_dots() -> None:
    made = spec(column_kinds={"sepal.length": "ignore"})
    assert made.column_kinds == {"sepal.length": ColumnKind.IGNORE}


def test_a_study_is_called_after_its_target_and_table_at_most_200_characters_long() -> None:
    assert spec().name == "kind of flowers.csv"
    request = parse_request({"dataset_id": "f", "target": "kind"})
    assert len(build_spec(request, replace(FLOWERS, name="x" * 200)).name) == 200


def test_classes_can_be_weighed_where_there_are_classes() -> None:
    space = {"class_weight": ["none", "balanced"]}
    assert spec(space=space).task is Task.CLASSIFICATION
    with pytest.raises(InvalidInput) as refused:
        spec(space=space, target="height")
    assert (refused.value.code, refused.value.field) == ("invalid_space", "space.class_weight")


def test_a_grid_is_counted_and_never_enumerated() -> None:
    wide = {"layers": {"low": 1, "high": 16}, "width": list(range(1, 1001))}
    with pytest.raises(InvalidInput) as refused:
        spec(search="grid", space={"hidden": wide})
    size = refused.value.extra["size"]
    assert isinstance(size, int)
    assert size > 10**48


def test_all_that_is_wrong_is_listed_and_the_first_is_named() -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_request({"dataset_id": "", "target": "kind", "seed": -1, "colour": "red"})
    errors = refused.value.extra["errors"]
    assert isinstance(errors, list)
    assert {each["field"] for each in errors} == {"dataset_id", "seed", "colour"}
    assert refused.value.field == "dataset_id"


LETTERS = replace(FLOWERS, rows=20_000)


def halving(dataset: Dataset = LETTERS, **asked: Any) -> Halving | None:
    request = parse_request({"dataset_id": dataset.dataset_id, "target": "kind", **asked})
    return build_spec(request, dataset).halving


def test_halving_is_automatic_unless_something_else_is_asked() -> None:
    assert halving() == halving(halving="auto") == Halving(3, 7)
    assert halving(halving="off") is None
    assert halving(halving={"factor": 4, "min_epochs": 2}) == Halving(4, 2)
    assert halving(halving={}) == Halving(3, 1)


def test_automatic_halving_is_off_where_it_is_no_use() -> None:
    assert halving(budget={"max_epochs": 8}) is None
    assert halving(search="grid", preset="quick") is None
    assert halving(engine="keras") is None
    assert halving(FLOWERS, budget={"max_epochs": 20}) is None


def test_halving_that_was_asked_for_is_done_even_where_it_is_no_use() -> None:
    rule = {"factor": 2}
    assert halving(search="grid", preset="quick", engine="keras", halving=rule) == Halving(2, 1)
    assert halving(budget={"max_epochs": 3}, halving=rule) == Halving(2, 1)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ("sometimes", "halving"),
        (3, "halving"),
        ([], "halving"),
        ({"factor": 1}, "halving.factor"),
        ({"factor": 11}, "halving.factor"),
        ({"factor": "3"}, "halving.factor"),
        ({"min_epochs": 0}, "halving.min_epochs"),
        ({"rungs": []}, "halving.rungs"),
    ],
)
def test_a_halving_that_cannot_be_is_refused_by_name(wrong: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        spec(halving=wrong)
    assert refused.value.field == field
