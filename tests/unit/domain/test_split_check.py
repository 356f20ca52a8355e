"""What a split may ask of a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from layerlab.domain.dataset import Column, ColumnKind, Dataset, Task
from layerlab.domain.problem import InvalidInput
from layerlab.domain.split_check import check_split, time_kind
from layerlab.domain.splitting import SplitMethod, SplitSpec

ROWS = 200


def a_column(name: str, kind: ColumnKind, distinct: int, missing: int = 0) -> Column:
    minimum = 1.0 if kind in (ColumnKind.NUMBER, ColumnKind.DATE) else None
    return Column(name, kind, "", missing, distinct, minimum=minimum)


DATASET = Dataset(
    dataset_id="d" * 64,
    name="table",
    rows=ROWS,
    size_bytes=1,
    columns=(
        a_column("outcome", ColumnKind.CATEGORY, 2),
        a_column("age", ColumnKind.NUMBER, 60),
        a_column("patient", ColumnKind.ID, 70),
        a_column("visited", ColumnKind.DATE, 150, missing=40),
        a_column("called", ColumnKind.DATE, 100, missing=41),
        a_column("clinic", ColumnKind.CATEGORY, 5),
        a_column("country", ColumnKind.CONSTANT, 1),
        a_column("year", ColumnKind.NUMBER, 6),
    ),
    suggested_target="outcome",
    suggested_task=Task.CLASSIFICATION,
    warnings=(),
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)


def grouped(column: str, folds: int = 5) -> SplitSpec:
    return SplitSpec(SplitMethod.GROUPED, column, folds)


def timed(column: str, folds: int = 5) -> SplitSpec:
    return SplitSpec(SplitMethod.TIME, column, folds)


@pytest.mark.parametrize(
    "split",
    [
        SplitSpec(),
        grouped("patient"),
        grouped("clinic", folds=4),
        grouped("age"),
        timed("visited"),
        timed("age"),
        timed("year", folds=4),
    ],
    ids=str,
)
def test_what_gives_every_part_rows_is_accepted(split: SplitSpec) -> None:
    check_split(DATASET, split, "outcome")


@pytest.mark.parametrize(
    ("split", "code"),
    [
        (SplitSpec(column="clinic"), "split_column_unused"),
        (grouped(""), "split_column_needed"),
        (timed("nothing"), "unknown_column"),
        (grouped("outcome"), "split_column_is_target"),
        (grouped("country"), "split_column_constant"),
        (timed("called"), "split_column_missing"),
        (timed("clinic"), "split_column_not_ordered"),
        (timed("patient"), "split_column_not_ordered"),
        (grouped("clinic"), "too_few_groups"),
        (timed("year"), "too_few_times"),
    ],
)
def test_what_does_not_is_refused_and_the_column_named(split: SplitSpec, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_split(DATASET, split, "outcome")
    assert (caught.value.code, caught.value.field) == (code, "split.column")


@pytest.mark.parametrize("folds", [-1, 0, 2, 11])
def test_the_number_of_folds_has_limits(folds: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_split(DATASET, SplitSpec(folds=folds), "outcome")
    assert (caught.value.code, caught.value.field) == ("folds", "split.folds")


def test_a_fold_has_two_rows() -> None:
    small = replace(DATASET, rows=20)
    check_split(small, SplitSpec(folds=8), "outcome")
    with pytest.raises(InvalidInput) as caught:
        check_split(small, SplitSpec(folds=9), "outcome")
    assert (caught.value.code, caught.value.field) == ("too_few_rows_per_fold", "split.folds")
    check_split(small, SplitSpec(folds=9), "outcome", resampled=False)


def test_without_folds_three_groups_are_enough() -> None:
    three = replace(DATASET, columns=(*DATASET.columns, a_column("site", ColumnKind.CATEGORY, 3)))
    check_split(three, grouped("site"), "outcome", resampled=False)
    with pytest.raises(InvalidInput) as caught:
        check_split(three, grouped("site"), "outcome")
    assert caught.value.extra == {"found": 3, "needed": 6}


def test_a_group_is_no_feature() -> None:
    kinds = {column.name: ColumnKind.IGNORE for column in DATASET.columns[1:]}
    kinds["patient"] = ColumnKind.CATEGORY
    with pytest.raises(InvalidInput) as caught:
        check_split(DATASET, grouped("patient"), "outcome", kinds)
    assert caught.value.code == "no_features"
    kinds["age"] = ColumnKind.NUMBER
    check_split(DATASET, grouped("patient"), "outcome", kinds)


def test_a_users_correction_makes_a_column_of_dates() -> None:
    clinic = DATASET.column("clinic")
    assert time_kind(clinic, {}) is None
    assert time_kind(clinic, {"clinic": ColumnKind.DATE}) is ColumnKind.DATE
    assert time_kind(DATASET.column("visited"), {}) is ColumnKind.DATE
    assert time_kind(DATASET.column("age"), {"age": ColumnKind.CATEGORY}) is ColumnKind.NUMBER
