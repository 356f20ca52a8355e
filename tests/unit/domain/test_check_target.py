from __future__ import annotations

from datetime import UTC, datetime

import pytest

from layerlab.domain.dataset import Column, ColumnKind, Dataset, Task
from layerlab.domain.problem import InvalidInput
from layerlab.domain.target import check_target

ROWS = 100


def column(
    name: str,
    kind: ColumnKind = ColumnKind.NUMBER,
    distinct: int = 50,
    missing: int = 0,
    infinite: int = 0,
    integers: bool = False,
) -> Column:
    numeric = kind in (ColumnKind.NUMBER, ColumnKind.DATE)
    return Column(
        name=name,
        kind=kind,
        reason="",
        missing=missing,
        distinct=distinct,
        minimum=0.0 if numeric else None,
        maximum=1.0 if numeric else None,
        infinite=infinite,
        integers=integers,
    )


def table(*columns: Column, rows: int = ROWS) -> Dataset:
    when = datetime(2026, 1, 2, tzinfo=UTC)
    return Dataset("d", "t.csv", rows, 1, columns, "y", Task.CLASSIFICATION, (), when)


X = column("x")
CLASSES = column("y", ColumnKind.CATEGORY, distinct=3)


def refusal(
    target: Column,
    task: Task | None = None,
    kinds: dict[str, ColumnKind] | None = None,
    rows: int = ROWS,
    features: tuple[Column, ...] = (X,),
) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        check_target(table(*features, target, rows=rows), target.name, task, kinds)
    assert refused.value.detail
    assert refused.value.hint
    return refused.value


@pytest.mark.parametrize(
    ("target", "task"),
    [
        (CLASSES, Task.CLASSIFICATION),
        (column("y", distinct=90), Task.REGRESSION),
        (column("y", distinct=3, integers=True), Task.CLASSIFICATION),
        (column("y", distinct=3), Task.REGRESSION),
        (column("y", distinct=21, integers=True), Task.REGRESSION),
        (column("y", ColumnKind.DATE, distinct=3), Task.CLASSIFICATION),
    ],
    ids=["words", "numbers", "few whole numbers", "few fractions", "counts", "few dates"],
)
def test_the_task_is_inferred_from_the_target(target: Column, task: Task) -> None:
    assert check_target(table(X, target), "y", None) is task


def test_a_user_may_say_otherwise() -> None:
    whole = column("y", distinct=3, integers=True)

    assert check_target(table(X, whole), "y", Task.REGRESSION) is Task.REGRESSION


def test_an_unknown_target_is_refused_with_the_columns_that_there_are() -> None:
    with pytest.raises(InvalidInput) as refused:
        check_target(table(X, CLASSES), "z", None)

    assert (refused.value.code, refused.value.field) == ("unknown_column", "target")
    assert "x, y" in refused.value.hint


def test_a_kind_for_an_unknown_column_is_refused() -> None:
    refused = refusal(CLASSES, kinds={"z": ColumnKind.NUMBER})

    assert (refused.code, refused.field) == ("unknown_column", "column_kinds")


def test_a_target_that_is_missing_everywhere_is_refused() -> None:
    assert refusal(column("y", distinct=0, missing=ROWS)).code == "target_missing"


def test_a_target_with_infinite_values_is_refused() -> None:
    assert refusal(column("y", infinite=2)).code == "target_infinite"


def test_a_target_with_one_value_is_refused() -> None:
    assert refusal(column("y", ColumnKind.CONSTANT, distinct=1)).code == "single_class"


@pytest.mark.parametrize(
    "target",
    [
        column("y", ColumnKind.CATEGORY, distinct=ROWS),
        column("y", ColumnKind.TEXT, distinct=ROWS - 10, missing=10),
        column("y", ColumnKind.ID, distinct=ROWS),
    ],
    ids=["names", "some missing", "an id"],
)
def test_a_target_whose_values_never_repeat_is_refused(target: Column) -> None:
    refused = refusal(target)

    assert refused.code == "target_looks_like_id"
    assert "regression" not in refused.hint


def test_a_numeric_id_is_no_quantity_unless_the_user_says_so() -> None:
    number = Column("y", ColumnKind.ID, "counts up", 0, ROWS, 1.0, 100.0, 50.0, integers=True)

    refused = refusal(number)
    assert refused.code == "target_looks_like_id"
    assert "regression" in refused.hint
    assert check_target(table(X, number), "y", Task.REGRESSION) is Task.REGRESSION
    as_number = {"y": ColumnKind.NUMBER}
    assert check_target(table(X, number), "y", None, as_number) is Task.REGRESSION


def test_too_many_classes_are_refused_with_the_limit() -> None:
    refused = refusal(column("y", ColumnKind.CATEGORY, distinct=1001), rows=10_000)

    assert refused.code == "too_many_classes"
    assert refused.extra == {"limit": 1000, "classes": 1001}


def test_words_are_no_quantity() -> None:
    assert refusal(CLASSES, Task.REGRESSION).code == "target_not_numeric"


def test_a_target_needs_something_to_be_learnt_from() -> None:
    useless = (
        column("a", ColumnKind.CONSTANT, distinct=1),
        column("b", ColumnKind.ID, distinct=ROWS),
        column("c", ColumnKind.TEXT, distinct=ROWS),
    )

    assert refusal(CLASSES, features=useless).code == "no_features"
    kinds = {"b": ColumnKind.NUMBER}
    assert check_target(table(*useless, CLASSES), "y", None, kinds) is Task.CLASSIFICATION
    assert refusal(CLASSES, kinds={"x": ColumnKind.IGNORE}).code == "no_features"


def test_too_few_rows_with_a_target_are_refused() -> None:
    assert refusal(column("y", ColumnKind.CATEGORY, 3, missing=81)).code == "too_few_rows"
    enough = column("y", ColumnKind.CATEGORY, 3, missing=80)
    assert check_target(table(X, enough), "y", None) is Task.CLASSIFICATION
