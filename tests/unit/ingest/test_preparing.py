"""A table becomes matrices: no leak, the user's kinds, and rows that can be found again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime

import numpy as np
import pytest

from layerlab.domain.dataset import ColumnKind, Task
from layerlab.domain.matrices import MatrixSpec
from layerlab.domain.problem import InvalidInput
from layerlab.domain.recipe import RecipeName
from layerlab.domain.recipe_steps import CategoryStep, NumberStep
from layerlab.domain.splitting import SplitMethod, SplitSpec
from services.ingest import preparation, writing
from tests.unit.ingest.tables import DATASET_ID, Prepared, Table

MakeTable = Callable[[str | bytes], Table]
PARTS = ("train", "validation", "test")


def rows_of(count: int = 100) -> list[list[str]]:
    colors = ("red", "green", "blue", "")
    return [
        [
            f"{index * 7 % 23 / 4}",
            colors[index % 4],
            f"2024-03-{index % 28 + 1:02}",
            "ab"[index % 2],
        ]
        for index in range(count)
    ]


def text_of(rows: list[list[str]]) -> str:
    return "size,color,day,label\n" + "\n".join(",".join(row) for row in rows) + "\n"


def with_sites(rows: list[list[str]]) -> str:
    """13 sites, and 50 weeks, beside the columns of `text_of`."""
    lines = [
        f"{','.join(row)},site {index * 3 % 13},{index // 2}" for index, row in enumerate(rows)
    ]
    return "size,color,day,label,site,week\n" + "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    "split",
    [SplitSpec(), SplitSpec(SplitMethod.GROUPED, "site"), SplitSpec(SplitMethod.TIME, "week")],
    ids=lambda split: split.method,
)
@pytest.mark.parametrize("repeat", [0, 3])
@pytest.mark.parametrize("recipe", RecipeName)
def test_changing_every_row_that_does_not_train_changes_no_byte_that_does(
    table: MakeTable, recipe: RecipeName, repeat: int, split: SplitSpec
) -> None:
    rows = rows_of()

    def prepare() -> Prepared:
        return table(with_sites(rows)).prepare(
            "label",
            Task.CLASSIFICATION,
            recipe,
            seed=3,
            split=split,
            repeat=repeat,
            missing_indicators=True,
            group_rare=True,
        )

    before = prepare()
    train = (before.x("train").tobytes(), before.y("train").tobytes())
    for row in before.split["test"] + before.split["validation"]:
        rows[row][:3] = ["", "purple", "1950-01-01"]
    after = prepare()
    assert after.split == before.split
    assert after.recipe == before.recipe
    assert (after.x("train").tobytes(), after.y("train").tobytes()) == train


def test_changing_a_training_row_changes_the_recipe(table: MakeTable) -> None:
    rows = rows_of()
    before = table(text_of(rows)).prepare("label", Task.CLASSIFICATION)
    rows[before.split["train"][0]][0] = "-99999"
    after = table(text_of(rows)).prepare("label", Task.CLASSIFICATION)
    assert after.recipe != before.recipe


def test_a_client_can_find_every_row_again(table: MakeTable) -> None:
    rows = rows_of()
    prepared = table(text_of(rows)).prepare("label", Task.CLASSIFICATION)
    step = prepared.recipe.steps[0]
    assert isinstance(step, NumberStep)
    for part in PARTS:
        for x, y, row in zip(prepared.x(part), prepared.y(part), prepared.split[part], strict=True):
            assert x[0] == pytest.approx((float(rows[row][0]) - step.shift) / step.scale)
            assert prepared.recipe.target.classes[y] == rows[row][3]


def test_the_header_counts_what_is_there(table: MakeTable) -> None:
    prepared = table(text_of(rows_of())).prepare("label", Task.CLASSIFICATION)
    assert (prepared.header["n_inputs"], prepared.header["n_outputs"]) == (5, 2)
    assert [prepared.header[f"n_{part}"] for part in PARTS] == [64, 16, 20]
    for part in PARTS:
        assert prepared.x(part).shape == (prepared.header[f"n_{part}"], 5)
        assert prepared.x(part).dtype == np.float32
        assert prepared.y(part).dtype == np.int64


def test_the_same_spec_gives_the_same_bytes(table: MakeTable) -> None:
    upload = table(text_of(rows_of()))
    first = upload.prepare("label", Task.CLASSIFICATION, seed=5)
    bytes_before = {part: first.x(part).tobytes() for part in PARTS}
    again = upload.prepare("label", Task.CLASSIFICATION, seed=5)
    assert {part: again.x(part).tobytes() for part in PARTS} == bytes_before


@pytest.mark.parametrize("repeat", [0, 2])
def test_every_part_of_a_split_is_named_by_its_hash(table: MakeTable, repeat: int) -> None:
    upload = table(text_of(rows_of()))
    prepared = upload.prepare("label", Task.CLASSIFICATION, repeat=repeat)
    assert list(prepared.split) == list(PARTS)
    text = json.dumps(prepared.split, separators=(",", ":"))
    assert prepared.header["split_sha256"] == hashlib.sha256(text.encode()).hexdigest()


def test_folds_prepared_together_are_what_they_are_alone(table: MakeTable) -> None:
    upload = table(with_sites(rows_of()))
    for method, column in (("stratified", ""), ("grouped", "site"), ("time", "week")):
        spec = MatrixSpec(
            DATASET_ID,
            "label",
            Task.CLASSIFICATION,
            RecipeName.STANDARD,
            seed=2,
            split=SplitSpec(SplitMethod(method), column),
        )
        together = upload.prepare_repeats(spec, range(6, 11))
        contents = [each.contents() for each in together]
        assert len({fold["split.json"] for fold in contents}) == 5
        for repeat, fold in zip(range(6, 11), contents, strict=True):
            [alone] = upload.prepare_repeats(spec, [repeat])
            assert alone.contents() == fold


def test_a_repeat_has_no_test_part_but_says_which_rows_it_leaves_out(table: MakeTable) -> None:
    upload = table(text_of(rows_of()))
    own = upload.prepare("label", Task.CLASSIFICATION)
    repeated = upload.prepare("label", Task.CLASSIFICATION, repeat=4)
    assert not [name for name in repeated.contents() if name.startswith("test")]
    assert repeated.split["test"] == own.split["test"]
    assert [repeated.header[f"n_{part}"] for part in PARTS] == [64, 16, 20]


def test_what_tells_groups_apart_is_not_learnt_and_what_tells_the_time_is(
    table: MakeTable,
) -> None:
    upload = table(with_sites(rows_of()))
    grouped = SplitSpec(SplitMethod.GROUPED, "site")
    kinds = {"site": ColumnKind.CATEGORY, "week": ColumnKind.NUMBER}
    by_group = upload.prepare("label", Task.CLASSIFICATION, kinds=kinds, split=grouped)
    assert [step.column for step in by_group.recipe.steps] == ["size", "color", "day", "week"]
    timed = SplitSpec(SplitMethod.TIME, "week")
    by_time = upload.prepare("label", Task.CLASSIFICATION, kinds=kinds, split=timed)
    assert [step.column for step in by_time.recipe.steps][-1] == "week"
    assert by_time.split["test"] == list(range(80, 100))


def test_days_order_rows_however_they_are_written(table: MakeTable) -> None:
    days = [f"{index % 28 + 1:02}.{index % 12 + 1:02}.20{index % 20 + 10}" for index in range(200)]
    content = "day,a,t\n" + "".join(f"{day},{i % 7},{'xy'[i % 2]}\n" for i, day in enumerate(days))
    split = SplitSpec(SplitMethod.TIME, "day")
    prepared = table(content).prepare("t", Task.CLASSIFICATION, split=split)
    order = [
        [datetime.strptime(days[row], "%d.%m.%Y") for row in prepared.split[part]] for part in PARTS
    ]
    assert max(order[0]) < min(order[1])
    assert max(order[1]) < min(order[2])


def test_one_number_is_one_group_however_it_is_written(table: MakeTable) -> None:
    spelled = ["{}", "{}.0", "0{}"]
    content = "g,a,t\n" + "".join(
        f"{spelled[i % 3].format(i % 10 + 1)},{i % 7},{'xy'[i % 2]}\n" for i in range(100)
    )
    split = SplitSpec(SplitMethod.GROUPED, "g")
    prepared = table(content).prepare("t", Task.CLASSIFICATION, split=split)
    groups = [{row % 10 for row in prepared.split[part]} for part in PARTS]
    assert sum(map(len, groups)) == 10


def test_rows_without_a_group_are_in_no_part(table: MakeTable) -> None:
    content = "g,a,t\n" + "".join(
        f"{'' if i % 10 == 0 else i % 9},{i % 7},{'xy'[i % 2]}\n" for i in range(100)
    )
    split = SplitSpec(SplitMethod.GROUPED, "g")
    prepared = table(content).prepare("t", Task.CLASSIFICATION, split=split)
    used = [row for part in PARTS for row in prepared.split[part]]
    assert sorted(used) == [row for row in range(100) if row % 10]


def test_rows_without_a_target_are_in_no_part(table: MakeTable) -> None:
    rows = rows_of()
    for index in range(0, 100, 5):
        rows[index][3] = "NA"
    prepared = table(text_of(rows)).prepare("label", Task.CLASSIFICATION)
    used = [row for part in PARTS for row in prepared.split[part]]
    assert sorted(used) == [index for index in range(100) if index % 5]


def test_numbers_can_be_categories_and_categories_numbers(table: MakeTable) -> None:
    content = "a,b,t\n" + "".join(
        f"{index % 3},{'two' if index % 4 == 2 else index % 4},{'xy'[index % 2]}\n"
        for index in range(60)
    )
    kinds = {"a": ColumnKind.CATEGORY, "b": ColumnKind.NUMBER}
    plain = table(content).prepare("t", Task.CLASSIFICATION).recipe
    assert isinstance(plain.steps[0], NumberStep)
    assert isinstance(plain.steps[1], CategoryStep)
    corrected = table(content).prepare("t", Task.CLASSIFICATION, kinds=kinds).recipe
    assert corrected.steps[0] == CategoryStep("a", ("0", "1", "2"))
    assert corrected.steps[1] == NumberStep("b", ColumnKind.NUMBER, 0.0, 0.0, 3.0)


def test_ids_can_be_features_and_features_ignored(table: MakeTable) -> None:
    content = "id,a,t\n" + "".join(f"{i + 1},{i % 7},{'xy'[i % 2]}\n" for i in range(60))
    kinds = {"id": ColumnKind.NUMBER, "a": ColumnKind.IGNORE}
    recipe = table(content).prepare("t", Task.CLASSIFICATION, kinds=kinds).recipe
    assert [step.column for step in recipe.steps] == ["id"]


def test_text_that_the_user_calls_a_date_is_one_where_it_can(table: MakeTable) -> None:
    days = [f"2024-01-{index % 28 + 1:02}" if index % 3 else "soon" for index in range(60)]
    content = "d,t\n" + "".join(f"{day},{'xy'[i % 2]}\n" for i, day in enumerate(days))
    kinds = {"d": ColumnKind.DATE}
    prepared = table(content).prepare("t", Task.CLASSIFICATION, RecipeName.STANDARD, kinds=kinds)
    [step] = prepared.recipe.steps
    assert isinstance(step, NumberStep)
    assert 1_704_067_200 <= step.fill <= 1_706_400_000  # Seconds of January 2024.
    assert step.scale > 86_400


def test_one_number_is_one_class_however_it_is_written(table: MakeTable) -> None:
    spelled = ["1", "1.0", "2", "02"]
    content = "a,t\n" + "".join(f"{i % 7},{spelled[i % 4]}\n" for i in range(80))
    prepared = table(content).prepare("t", Task.CLASSIFICATION)
    assert prepared.recipe.target.classes == ("1", "2")
    labels = [int(float(spelled[row % 4])) - 1 for row in prepared.split["train"]]
    assert prepared.y("train").tolist() == labels


def test_ten_classes_of_numbers_are_in_order_of_size(table: MakeTable) -> None:
    content = "a,t\n" + "".join(f"{i % 7},{i % 12}\n" for i in range(240))
    classes = table(content).prepare("t", Task.CLASSIFICATION).recipe.target.classes
    assert classes == tuple(str(number) for number in range(12))


def test_a_quantity_is_standardized_and_can_be_restored(table: MakeTable) -> None:
    content = "a,t\n" + "".join(f"{i % 7},{i * i / 3}\n" for i in range(100))
    prepared = table(content).prepare("t", Task.REGRESSION)
    target = prepared.recipe.target
    for part in PARTS:
        assert prepared.y(part).dtype == np.float32
        restored = prepared.y(part) * target.scale + target.mean
        assert restored == pytest.approx(
            [row * row / 3 for row in prepared.split[part]], rel=1e-4, abs=1e-2
        )
    assert prepared.y("train").mean() == pytest.approx(0, abs=1e-6)
    assert prepared.y("train").std() == pytest.approx(1, rel=1e-5)


def test_a_class_of_one_row_keeps_its_output(table: MakeTable) -> None:
    rows = rows_of()
    rows[50][3] = "rare"
    prepared = table(text_of(rows)).prepare("label", Task.CLASSIFICATION)
    assert prepared.recipe.target.classes == ("a", "b", "rare")
    assert 50 in prepared.split["train"]


def test_more_inputs_than_the_limit_are_refused(
    table: MakeTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparation, "MAX_INPUTS", 4)
    with pytest.raises(InvalidInput) as caught:
        table(text_of(rows_of())).prepare("label", Task.CLASSIFICATION)
    assert (caught.value.code, caught.value.extra["inputs"]) == ("too_many_inputs", 5)


def test_a_wide_table_is_written_block_by_block(
    table: MakeTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "_BLOCK_VALUES", 250)
    prepared = table(text_of(rows_of())).prepare("label", Task.CLASSIFICATION)
    in_blocks = {part: prepared.x(part) for part in PARTS}
    monkeypatch.undo()
    whole = table(text_of(rows_of())).prepare("label", Task.CLASSIFICATION)
    assert all(np.array_equal(in_blocks[part], whole.x(part)) for part in PARTS)
