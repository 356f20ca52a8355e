"""What columns are taken for, over the whole file, and what is said about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from layerlab.domain.dataset import Column, ColumnKind, Dataset, Task
from tests.unit.ingest.tables import Table, column_text

MakeTable = Callable[[str | bytes], Table]
NUMBER, CATEGORY, DATE = ColumnKind.NUMBER, ColumnKind.CATEGORY, ColumnKind.DATE
TEXT, ID, CONSTANT = ColumnKind.TEXT, ColumnKind.ID, ColumnKind.CONSTANT

Profile = Callable[..., tuple[Column, set[str]]]


@pytest.fixture
def profile(table: MakeTable) -> Profile:
    """The profile of a column of these values, and the codes of its warnings."""

    def build(values: Iterable[object], name: str = "x") -> tuple[Column, set[str]]:
        dataset = table(column_text(name, values)).profile()
        return dataset.columns[0], {each.code for each in dataset.warnings if each.column == name}

    return build


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (NUMBER, [index / 7 for index in range(40)]),
        (NUMBER, ["+1.5", ".5", "5.", "1e3", "-2E-3"] * 8),
        (NUMBER, [0, 1] * 20),
        (NUMBER, [(index * 17) % 40 for index in range(40)]),
        (CATEGORY, ["Yes", "No"] * 20),
        (CATEGORY, ["True", "False", ""] * 20),
        (CATEGORY, [f"city {index % 12}" for index in range(40)]),
        (CATEGORY, [f"0{index % 10}10" for index in range(40)]),
        (CATEGORY, ["x", ""] * 20),
        (CATEGORY, [3, ""] * 20),
        (DATE, [f"2024-01-{index % 28 + 1:02}" for index in range(40)]),
        (DATE, [f"2024-01-{index % 28 + 1:02}T10:{index:02}:30.5Z" for index in range(40)]),
        (DATE, [f"{index % 28 + 1:02}.01.2024" for index in range(40)]),
        (DATE, [f"1/{index % 28 + 1}/2024 3:15 PM" for index in range(40)]),
        (DATE, [f"{index % 28 + 1} Mar 2024" for index in range(40)]),
        (TEXT, [f"a few words, {index} of them".replace(",", "") for index in range(40)]),
        (TEXT, [f"ticket{index * 2 // 3}" for index in range(60)]),
        (ID, [f"u-{index:x}" for index in range(40)]),
        (ID, range(1, 41)),
        (ID, range(500, 540)),
        (CONSTANT, ["same"] * 40),
        (CONSTANT, ["NA", "", "null", "?"] * 10),
    ],
)
def test_a_column_is_taken_for(
    profile: Profile, kind: ColumnKind, values: Iterable[object]
) -> None:
    column, _ = profile(values)
    assert column.kind is kind
    assert column.reason.endswith(".")


def test_one_odd_value_at_the_very_end_counts(profile: Profile) -> None:
    column, codes = profile([*([1, 2] * 5000), "three"])
    assert (column.kind, column.distinct) == (CATEGORY, 3)
    assert "mixed_types" in codes


def test_a_quantity_with_a_few_words_in_it_stays_a_quantity(profile: Profile) -> None:
    column, codes = profile([*range(0, 400, 3), "ERROR", "ERROR", 7.5])
    assert (column.kind, column.missing, column.distinct) == (NUMBER, 2, 135)
    assert (column.minimum, column.maximum) == (0.0, 399.0)
    assert "mixed_types" in codes
    assert "'ERROR'" in column.reason


def test_numbers_that_are_all_different_are_no_id(profile: Profile) -> None:
    column, codes = profile([index * 1.37 + 0.1 for index in range(40)], "id")
    assert column.kind is NUMBER
    assert codes == set()


def test_whole_numbers_named_id_are_one(profile: Profile) -> None:
    shuffled = [(index * 17) % 41 for index in range(40)]
    for name in ("id", "customer_id", "PassengerId", "Unnamed: 0", "ID"):
        assert profile(shuffled, name)[0].kind is ID
    for name in ("humid", "paid", "Idaho"):
        assert profile(shuffled, name)[0].kind is NUMBER


def test_years_that_count_up_are_no_id(profile: Profile) -> None:
    assert profile(range(1980, 2020), "year")[0].kind is NUMBER


def test_an_id_of_numbers_keeps_its_range_so_that_it_can_be_a_quantity(profile: Profile) -> None:
    column, codes = profile(range(1, 41), "id")
    assert (column.minimum, column.maximum, column.integers) == (1.0, 40.0, True)
    assert "looks_like_id" in codes


def test_every_spelling_of_nothing_is_missing(profile: Profile) -> None:
    nothing = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?", "-", " NA "]
    column, codes = profile([*nothing, *([1.5, 2.5] * 20)])
    assert (column.missing, column.distinct, column.kind) == (11, 2, NUMBER)
    assert "read_as_missing" in codes  # None, ? and - could have been meant.


def test_a_minus_beside_a_plus_is_a_class(profile: Profile) -> None:
    column, codes = profile(["+", "-"] * 20)
    assert (column.kind, column.missing, column.distinct) == (CATEGORY, 0, 2)
    assert "read_as_missing" not in codes


def test_dates_that_fit_two_ways_are_said_to(profile: Profile) -> None:
    column, codes = profile([f"0{index % 9 + 1}/02/2024" for index in range(40)])
    assert column.kind is DATE
    assert "month/day/year" in column.reason
    assert "ambiguous_dates" in codes
    later, codes = profile([f"{index % 28 + 1:02}/02/2024" for index in range(40)])
    assert "day/month/year" in later.reason
    assert "ambiguous_dates" not in codes


def test_dates_are_summed_up_in_seconds(profile: Profile) -> None:
    column, _ = profile(["1970-01-01", "1970-01-03", "1970-01-03", ""] * 10)
    assert (column.minimum, column.maximum, column.mean) == (0.0, 172800.0, 115200.0)
    assert (column.missing, column.distinct, column.integers) == (10, 2, False)


def test_dates_with_something_else_among_them_are_mixed(profile: Profile) -> None:
    column, codes = profile([*(f"2024-02-{day:02}" for day in range(1, 29)), "soon"] * 2)
    assert column.kind is not DATE
    assert "mixed_types" in codes


@pytest.mark.parametrize("spelled", ["1 {:03}", "${}", "{} %", "'0.{}'"])
def test_numbers_written_for_people_are_pointed_out(profile: Profile, spelled: str) -> None:
    values = [spelled.format(index).replace("'", "").replace("0.", "0,") for index in range(40)]
    quoted = [f'"{value}"' for value in values]
    column, codes = profile(quoted)
    assert column.kind is not NUMBER
    assert "formatted_numbers" in codes


def test_many_categories_are_pointed_out(profile: Profile) -> None:
    column, codes = profile([f"c{index % 300}" for index in range(900)])
    assert (column.kind, column.distinct) == (CATEGORY, 300)
    assert "many_categories" in codes


def test_the_most_frequent_values_come_first(profile: Profile) -> None:
    column, _ = profile(["b"] * 5 + ["a"] * 9 + ["c"] * 5)
    assert [(top.value, top.count) for top in column.top] == [("a", 9), ("b", 5), ("c", 5)]


def test_counts_are_exact_over_many_row_groups(table: MakeTable) -> None:
    rows = "".join(
        f"{index % 70_001},{index}.5,{'x' * 200}{index % 3}\n" for index in range(280_000)
    )
    few, many, text = table("few,many,text\n" + rows).profile().columns
    assert (few.distinct, many.distinct, text.distinct) == (70_001, 280_000, 3)
    assert many.mean == 140_000.0
    assert text.top[0].count == 93_334


def test_the_largest_numbers_have_a_mean(profile: Profile) -> None:
    column, _ = profile(["1.7e308", "1.6e308"] * 20)
    assert column.mean == pytest.approx(1.65e308)


def codes_of(dataset: Dataset, column: str) -> set[str]:
    return {each.code for each in dataset.warnings if each.column == column}


def test_copies_are_pointed_out(table: MakeTable) -> None:
    rows = "".join(
        f"{index % 5},{index % 5},{'abc'[index % 3]},{'xyz'[index % 3]},{index % 4}\n"
        for index in range(60)
    )
    dataset = table("a,again,species,code,other\n" + rows).profile()
    assert dataset.suggested_target == "species"
    assert "copy_of_column" in codes_of(dataset, "again")
    assert "copy_of_target" in codes_of(dataset, "code")
    assert codes_of(dataset, "other") == set()


def test_a_quantity_gives_no_other_away_because_neither_repeats(table: MakeTable) -> None:
    rows = "".join(f"{index * 37 % 60 / 8},{index * 13 % 60 / 8}\n" for index in range(60))
    dataset = table("x,y\n" + rows).profile()
    assert dataset.suggested_target == "y"
    assert codes_of(dataset, "x") == set()


def test_columns_that_only_look_alike_are_no_copies(table: MakeTable) -> None:
    rows = "".join(f"{index % 2},{index // 2 % 2},{index % 7}\n" for index in range(56))
    dataset = table("a,b,target\n" + rows).profile()
    assert dataset.columns[0].mean == dataset.columns[1].mean
    assert codes_of(dataset, "b") == set()


@pytest.mark.parametrize(
    ("header", "target", "task"),
    [
        ("id,label,x,name", "label", Task.CLASSIFICATION),
        ("id,k,x,name", "x", Task.REGRESSION),
        ("label,k,y,name", "y", Task.REGRESSION),
    ],
)
def test_the_target_is_suggested_by_name_or_place_and_never_an_id(
    table: MakeTable, header: str, target: str, task: Task
) -> None:
    rows = "".join(f"{index + 1},{'ab'[index % 2]},{index / 3},n{index}\n" for index in range(40))
    dataset = table(f"{header}\n{rows}").profile()
    assert (dataset.suggested_target, dataset.suggested_task) == (target, task)


def test_a_table_too_small_to_learn_from_is_kept_and_said_to_be(table: MakeTable) -> None:
    dataset = table("a,b\n1,x\n2,y\n3,x\n").profile()
    assert dataset.suggested_target == "b"
    assert "few_rows" in codes_of(dataset, "")
