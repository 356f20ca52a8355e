from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from layerlab.domain.dataset import Column, ColumnKind, Dataset, Task, TopValue
from layerlab.domain.splitting import SplitMethod, SplitSpec
from layerlab.domain.table_shape import TableShape, estimate_shape


def a_column(name: str, kind: ColumnKind, distinct: int, missing: int = 0) -> Column:
    return Column(name, kind, "", missing, distinct)


DATASET = Dataset(
    dataset_id="d" * 64,
    name="table",
    rows=1_010,
    size_bytes=1,
    columns=(
        a_column("species", ColumnKind.CATEGORY, 3, missing=10),
        a_column("mass", ColumnKind.NUMBER, 500),
        a_column("found", ColumnKind.DATE, 300),
        a_column("island", ColumnKind.CATEGORY, 4),
        a_column("village", ColumnKind.CATEGORY, 900),
        a_column("remark", ColumnKind.TEXT, 800),
    ),
    suggested_target="species",
    suggested_task=Task.CLASSIFICATION,
    warnings=(),
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)


def test_a_category_has_an_input_for_each_value_up_to_the_limit() -> None:
    shape = estimate_shape(DATASET, "species", Task.CLASSIFICATION, {})

    assert shape == TableShape(640, 160, 1 + 1 + 4 + 255, 3)


def test_a_users_corrections_count() -> None:
    kinds = {"village": ColumnKind.IGNORE, "remark": ColumnKind.CATEGORY, "found": ColumnKind.ID}

    shape = estimate_shape(DATASET, "mass", Task.REGRESSION, kinds)
    assert (shape.n_inputs, shape.n_outputs) == (3 + 4 + 255, 1)


def test_the_smallest_table_has_a_row_to_train_and_one_to_validate() -> None:
    shape = estimate_shape(replace(DATASET, rows=11), "species", Task.CLASSIFICATION, {})

    assert (shape.train_rows, shape.val_rows) == (1, 1)


def test_a_group_is_no_input_and_a_time_is_one() -> None:
    for method, inputs in ((SplitMethod.GROUPED, 1 + 1 + 255), (SplitMethod.TIME, 1 + 1 + 4 + 255)):
        split = SplitSpec(method, "island")
        shape = estimate_shape(DATASET, "species", Task.CLASSIFICATION, {}, split)
        assert shape.n_inputs == inputs


def test_what_is_missing_may_have_an_input_of_its_own() -> None:
    columns = (*DATASET.columns, a_column("wing", ColumnKind.NUMBER, 90, missing=3))
    dataset = replace(DATASET, columns=columns)
    plain = estimate_shape(dataset, "species", Task.CLASSIFICATION, {})
    told = estimate_shape(dataset, "species", Task.CLASSIFICATION, {}, missing_indicators=True)
    assert told.n_inputs == plain.n_inputs + 1


def test_rare_categories_share_an_input() -> None:
    top = (TopValue("a", 500), TopValue("b", 490), TopValue("c", 9))
    village = replace(a_column("village", ColumnKind.CATEGORY, 900), top=top)
    for column, inputs in (
        (village, 2 + 1),
        (replace(village, top=top[:2]), 100 + 1),
        (replace(village, top=top[:2], distinct=2), 2),
    ):
        dataset = replace(DATASET, columns=(DATASET.columns[0], column))
        shape = estimate_shape(dataset, "species", Task.CLASSIFICATION, {}, group_rare=True)
        assert shape.n_inputs == inputs
