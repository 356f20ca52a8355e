from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from layerlab.domain.dataset import ColumnKind, Task
from layerlab.domain.problem import InvalidInput
from layerlab.domain.recipe import Recipe, RecipeName
from layerlab.domain.recipe_steps import CategoryStep, NumberStep, QuantileStep
from services.ingest.recipe import (
    CLIP,
    Categories,
    Feature,
    Floats,
    RecipeChoices,
    apply,
    apply_feature,
    apply_target,
    fit,
    fit_feature,
    fit_target,
    in_label_order,
)
from tests.unit.ingest.tables import quick

ROWS = 30
numbers = st.floats(-1e300, 1e300) | st.sampled_from([np.nan, np.inf, -np.inf])
recipes = st.builds(RecipeChoices, st.sampled_from(RecipeName), st.booleans(), st.booleans())


@st.composite
def features(draw: st.DrawFn, name: str) -> Feature:
    if draw(st.booleans()):
        kind = draw(st.sampled_from([ColumnKind.NUMBER, ColumnKind.DATE]))
        return Feature(name, kind, draw(arrays(np.float64, ROWS, elements=numbers)))
    labels = draw(st.lists(st.text(max_size=5), min_size=1, max_size=8, unique=True))
    codes = draw(arrays(np.int64, ROWS, elements=st.integers(-1, len(labels) - 1)))
    return Feature(name, ColumnKind.CATEGORY, Categories(codes, tuple(labels)))


tables = st.integers(1, 5).flatmap(
    lambda count: st.tuples(*(features(f"c{index}") for index in range(count)))
)
targets = st.builds(
    fit_target,
    st.just("t"),
    st.just(Task.REGRESSION),
    arrays(np.float64, ROWS, elements=st.floats(-1e300, 1e300)),
    st.just(()),
)


@quick
@given(choices=recipes, table=tables, target=targets)
def test_a_fitted_recipe_survives_json_and_gives_the_same_matrix(
    choices: RecipeChoices, table: tuple[Feature, ...], target: object
) -> None:
    recipe = fit(choices, table, target)  # type: ignore[arg-type]  # st.builds forgets the type.
    again = Recipe.from_json(json.loads(json.dumps(recipe.to_json(), allow_nan=False)))
    assert again == recipe
    by_name = {feature.name: feature for feature in table}
    assert np.array_equal(apply(recipe, by_name), apply(again, by_name))


@quick
@given(choices=recipes, table=tables, other=tables, target=targets)
def test_any_rows_become_finite_float32_of_the_promised_width(
    choices: RecipeChoices,
    table: tuple[Feature, ...],
    other: tuple[Feature, ...],
    target: object,
) -> None:
    recipe = fit(choices, table, target)  # type: ignore[arg-type]  # Likewise.
    # Rows that the recipe has not seen, where they are of the kind that it knows.
    by_name = {
        old.name: new if type(new.values) is type(old.values) else old
        for old, new in zip(table, [*other, *table[len(other) :]], strict=False)
    }
    matrix = apply(recipe, by_name)
    assert matrix.shape == (ROWS, recipe.n_inputs)
    assert matrix.dtype == np.float32
    assert np.isfinite(matrix).all()
    assert np.abs(matrix).max(initial=0) <= CLIP


@quick
@given(table=tables, target=targets)
def test_the_papers_recipe_puts_training_rows_into_zero_to_one(
    table: tuple[Feature, ...], target: object
) -> None:
    recipe = fit(RecipeChoices(RecipeName.PAPER), table, target)  # type: ignore[arg-type]  # Likewise.
    matrix = apply(recipe, {feature.name: feature for feature in table})
    assert matrix.min(initial=0) >= 0
    assert matrix.max(initial=0) <= 1 + 1e-6


def number(values: list[float]) -> Feature:
    return Feature("x", ColumnKind.NUMBER, np.array(values))


def scaled(name: RecipeName, train: list[float], rows: list[float]) -> list[float]:
    step = fit_feature(RecipeChoices(name), number(train))
    return [float(value) for value in apply_feature(step, number(rows))[:, 0]]


def test_the_papers_recipe_makes_missing_zero_before_it_scales() -> None:
    step = fit_feature(RecipeChoices(RecipeName.PAPER), number([2.0, np.nan, 10.0]))
    assert step == NumberStep("x", ColumnKind.NUMBER, fill=0.0, shift=0.0, scale=10.0)
    assert scaled(RecipeName.PAPER, [2.0, np.nan, 10.0], [2.0, np.nan, 5.0]) == pytest.approx(
        [0.2, 0.0, 0.5]
    )


def test_the_papers_recipe_scales_by_the_range_when_nothing_is_missing() -> None:
    assert scaled(RecipeName.PAPER, [2.0, 4.0, 10.0], [2.0, 6.0, 10.0]) == [0.0, 0.5, 1.0]


def test_the_standard_recipe_fills_the_mean_and_counts_in_deviations() -> None:
    values = scaled(RecipeName.STANDARD, [1.0, np.nan, 3.0], [1.0, np.nan, 3.0, 5.0])
    assert values == pytest.approx([-1.0, 0.0, 1.0, 3.0])


@pytest.mark.parametrize("name", RecipeName)
def test_infinities_count_as_missing(name: RecipeName) -> None:
    with_gap = fit_feature(RecipeChoices(name), number([1.0, np.nan, 3.0]))
    with_infinity = fit_feature(RecipeChoices(name), number([1.0, np.inf, 3.0]))
    assert with_gap == with_infinity
    rows = apply_feature(with_gap, number([np.nan, np.inf, -np.inf]))
    assert len(np.unique(rows)) == 1


@pytest.mark.parametrize("name", RecipeName)
@pytest.mark.parametrize("train", [[0.1] * 5, [np.nan] * 5, [1e300] * 5])
def test_a_column_that_is_constant_in_training_stays_small(
    name: RecipeName, train: list[float]
) -> None:
    assert scaled(name, train, train) == [0.0] * 5


@pytest.mark.parametrize("name", RecipeName)
def test_rows_outside_the_training_range_go_outside_and_giants_stay_finite(
    name: RecipeName,
) -> None:
    train = [float(value) for value in range(11)]
    above, giant, negative = scaled(name, train, [20.0, 1.7e308, -1.7e308])
    # Ranks end where the training rows do.
    farthest = pytest.approx(5.2, abs=0.01) if name is RecipeName.QUANTILE else CLIP
    assert 1.0 < above < 10.0
    assert giant == -negative == farthest


@pytest.mark.parametrize("train", [[-1.7e308, 1.7e308, 0.0], [5e-324, 0.0, 1e-323]])
@pytest.mark.parametrize("name", RecipeName)
def test_the_extremes_of_floats_give_finite_steps(name: RecipeName, train: list[float]) -> None:
    step = fit_feature(RecipeChoices(name), number(train))
    assert np.isfinite(apply_feature(step, number([*train, np.nan]))).all()
    if isinstance(step, QuantileStep):
        assert np.isfinite([step.fill, *step.quantiles]).all()
        return
    assert isinstance(step, NumberStep)
    assert np.isfinite([step.fill, step.shift, step.scale]).all()
    assert step.scale > 0


def categories(values: Sequence[str | None]) -> Feature:
    labels = tuple(dict.fromkeys(value for value in values if value is not None))
    codes = np.array([-1 if value is None else labels.index(value) for value in values])
    return Feature("x", ColumnKind.CATEGORY, Categories(codes, labels))


def test_categories_become_columns_in_label_order_and_the_unseen_nothing() -> None:
    step = fit_feature(RecipeChoices(RecipeName.PAPER), categories(["b", "a", None, "b"]))
    assert step == CategoryStep("x", ("a", "b"))
    rows = apply_feature(step, categories(["b", "new", None, "a"]))
    assert rows.tolist() == [[0, 1], [0, 0], [0, 0], [1, 0]]


def test_a_category_that_no_training_row_has_gets_no_column() -> None:
    whole = categories(["a", "b", "c"])
    step = fit_feature(RecipeChoices(RecipeName.PAPER), whole.at(np.array([0, 1])))
    assert step == CategoryStep("x", ("a", "b"))


def test_of_too_many_categories_the_most_frequent_are_kept() -> None:
    often = [f"often{index:03}" for index in range(255)]
    step = fit_feature(
        RecipeChoices(RecipeName.PAPER), categories([*often, "once", "also once", *often])
    )
    assert step == CategoryStep("x", tuple(often))


def grouping(name: RecipeName = RecipeName.PAPER) -> RecipeChoices:
    return RecipeChoices(name, group_rare=True)


def test_rare_categories_and_unseen_ones_share_the_last_input() -> None:
    train = categories(["b"] * 150 + ["a"] * 148 + ["rare", "rarer"] + [None])
    step = fit_feature(grouping(), train)
    assert step == CategoryStep("x", ("a", "b"), groups_rare=True)
    rows = apply_feature(step, categories(["a", "rare", "new", None, "b"]))
    assert rows.tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 1], [0, 0, 0], [0, 1, 0]]


def test_a_category_of_one_percent_is_not_rare_and_without_rare_ones_nothing_changes() -> None:
    train = categories(["a"] * 198 + ["b"] * 2)
    assert fit_feature(grouping(), train) == CategoryStep("x", ("a", "b"))


def test_where_every_category_is_rare_the_most_frequent_stays() -> None:
    train = categories([f"{index:03}" for index in range(150)] + ["007"])
    assert fit_feature(grouping(), train) == CategoryStep("x", ("007",), groups_rare=True)


def test_without_a_category_there_is_no_rare_one() -> None:
    assert fit_feature(grouping(), categories([None, None])).width == 0


@pytest.mark.parametrize("name", RecipeName)
def test_an_indicator_tells_what_is_missing_and_changes_nothing_else(name: RecipeName) -> None:
    train, rows = number([1.0, np.nan, 3.0, 9.0]), number([3.0, np.nan, np.inf, 2.0])
    plain = fit_feature(RecipeChoices(name), train)
    step = fit_feature(RecipeChoices(name, missing_indicators=True), train)
    found = apply_feature(step, rows)
    assert found[:, 0].tolist() == apply_feature(plain, rows)[:, 0].tolist()
    assert found[:, 1].tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize("train", [[1.0, 2.0], [np.nan, np.nan]])
def test_an_indicator_that_would_be_constant_in_training_is_left_out(train: list[float]) -> None:
    step = fit_feature(RecipeChoices(RecipeName.PAPER, missing_indicators=True), number(train))
    assert step.width == 1


def test_categories_have_no_indicator() -> None:
    choices = RecipeChoices(RecipeName.PAPER, missing_indicators=True)
    assert fit_feature(choices, categories(["a", None])) == CategoryStep("x", ("a",))


def test_the_quantile_recipe_fills_the_median() -> None:
    train = [1.0, 2.0, np.nan, 10.0, 50.0, 99.0]
    median, missing = scaled(RecipeName.QUANTILE, train, [10.0, np.nan])
    assert median == missing == pytest.approx(0.0, abs=1e-6)


def test_a_recipe_without_new_words_is_still_of_version_1() -> None:
    target = fit_target("t", Task.REGRESSION, np.array([1.0, 2.0]), ())
    train = [number([1.0, np.nan]), categories(["a", None])]
    old = fit(RecipeChoices(RecipeName.PAPER), train, target).to_json()
    assert old["version"] == 1
    assert old["steps"] == [
        {"column": "x", "kind": "number", "fill": 0.0, "shift": 0.0, "scale": 1.0},
        {"column": "x", "kind": "category", "categories": ["a"]},
    ]
    assert Recipe.from_json(old).to_json() == old
    for choices in (
        RecipeChoices(RecipeName.QUANTILE),
        RecipeChoices(RecipeName.PAPER, missing_indicators=True),
    ):
        assert fit(choices, train, target).to_json()["version"] == 2


@pytest.mark.parametrize("version", [0, 3, None, "1"])
def test_a_recipe_of_another_version_is_refused(version: int | str | None) -> None:
    with pytest.raises(InvalidInput):
        Recipe.from_json({"version": version, "name": "paper", "steps": [], "target": {}})


def test_labels_that_are_all_numbers_are_ordered_by_size() -> None:
    assert in_label_order(["10", "9", "-1", "2.5"]) == ["-1", "2.5", "9", "10"]
    assert in_label_order(["10", "9", "x"]) == ["10", "9", "x"]


def test_classes_are_numbered_in_label_order() -> None:
    labels = Categories(np.array([1, 0, 2]), ("10", "9", "11"))
    step = fit_target("t", Task.CLASSIFICATION, np.empty(0), labels.labels)
    numbered = apply_target(step, labels)
    assert step.classes == ("9", "10", "11")
    assert numbered.tolist() == [0, 1, 2]
    assert numbered.dtype == np.int64


def test_a_quantity_is_standardized_by_its_training_rows() -> None:
    train: Floats = np.array([10.0, 20.0, 30.0])
    step = fit_target("t", Task.REGRESSION, train, ())
    assert step.mean == 20.0
    assert step.scale == pytest.approx(np.std(train))
    values = apply_target(step, train)
    assert values.dtype == np.float32
    assert values.tolist() == pytest.approx([-1.2247449, 0.0, 1.2247449])
