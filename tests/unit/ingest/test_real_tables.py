"""Real tables go through whole: profile, suggestion, both recipes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from layerlab.domain.dataset import ColumnKind, Task
from layerlab.domain.recipe import RecipeName
from tests.unit.ingest.tables import Table, penguins, r_table

MakeTable = Callable[[str | bytes], Table]


def sklearn_table(name: str) -> str:
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")()
    header = ",".join([*(str(each).replace(" ", "_") for each in bunch.feature_names), "target"])
    rows = np.column_stack([bunch.data, bunch.target])
    return header + "\n" + "\n".join(",".join(map(repr, row)) for row in rows.tolist()) + "\n"


def test_penguins(table: MakeTable) -> None:
    dataset = table(penguins()).profile()
    assert (dataset.rows, dataset.suggested_target) == (344, "species")
    assert dataset.suggested_task is Task.CLASSIFICATION
    assert {column.name: column.kind.value for column in dataset.columns} == {
        "species": "category",
        "island": "category",
        "bill_length_mm": "number",
        "bill_depth_mm": "number",
        "flipper_length_mm": "number",
        "body_mass_g": "number",
        "sex": "category",
        "year": "number",
    }
    assert dataset.column("sex").missing == 11
    assert dataset.warnings == ()


def test_titanic(table: MakeTable) -> None:
    dataset = table(r_table("COUNT/titanic")).profile()
    assert dataset.rows == 1316
    assert dataset.suggested_target == "survived"
    assert {column.kind for column in dataset.columns} == {ColumnKind.CATEGORY}


def test_a_table_of_votes_with_missing_values(table: MakeTable) -> None:
    dataset = table(r_table("car/Chile")).profile()
    assert dataset.suggested_target == "vote"
    vote = dataset.column("vote")
    assert (vote.distinct, vote.missing) == (4, 168)
    assert dataset.column("statusquo").kind is ColumnKind.NUMBER


def test_a_table_with_a_date_and_an_id(table: MakeTable) -> None:
    kinds = {
        column.name: column.kind for column in table(r_table("survival/pbc")).profile().columns
    }
    assert kinds["id"] is ColumnKind.ID
    assert kinds["sex"] is ColumnKind.CATEGORY
    assert kinds["age"] is ColumnKind.NUMBER


@pytest.mark.parametrize("recipe", RecipeName)
@pytest.mark.parametrize(
    ("source", "task", "classes"),
    [
        ("penguins", Task.CLASSIFICATION, 3),
        ("sklearn:breast_cancer", Task.CLASSIFICATION, 2),
        ("sklearn:digits", Task.CLASSIFICATION, 10),
        ("sklearn:diabetes", Task.REGRESSION, 0),
        ("r:COUNT/titanic", Task.CLASSIFICATION, 2),
        ("r:car/Chile", Task.CLASSIFICATION, 4),
        ("r:MASS/Cars93", Task.CLASSIFICATION, 2),
    ],
)
def test_a_real_table_is_prepared_as_suggested(
    table: MakeTable, source: str, task: Task, classes: int, recipe: RecipeName
) -> None:
    kind, _, name = source.partition(":")
    content: str | bytes = penguins()
    if kind != "penguins":
        content = sklearn_table(name) if kind == "sklearn" else r_table(name)
    upload = table(content)
    dataset = upload.profile()
    target = "Origin" if name.endswith("Cars93") else dataset.suggested_target
    prepared = upload.prepare(target, task, recipe)
    assert len(prepared.recipe.target.classes) == classes
    present = dataset.rows - dataset.column(target).missing
    assert sum(len(prepared.x(part)) for part in ("train", "validation", "test")) == present
    for part in ("train", "validation", "test"):
        assert np.isfinite(prepared.x(part)).all()
        assert np.isfinite(prepared.y(part)).all()
    if recipe is RecipeName.PAPER:
        assert prepared.x("train").min() >= 0
        assert prepared.x("train").max() <= 1
