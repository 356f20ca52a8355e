"""Fits preprocessing on training rows and applies it to any: arrays in, arrays out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from layerlab.domain.dataset import ColumnKind, Task
from layerlab.domain.recipe import (
    MAX_CATEGORIES,
    RARE_SHARE,
    Recipe,
    RecipeName,
    Step,
    TargetStep,
)
from layerlab.domain.recipe_steps import CategoryStep, NumberStep, QuantileStep
from services.ingest.facts import mean
from services.ingest.quantiles import MAX_QUANTILES, fit_quantiles, median, to_normal

Floats: TypeAlias = npt.NDArray[np.float64]
Matrix: TypeAlias = npt.NDArray[np.float32]
Codes: TypeAlias = npt.NDArray[np.int64]
Encoded: TypeAlias = npt.NDArray[np.float32] | npt.NDArray[np.int32]

# Scaled values are kept within this many widths (or standard deviations) of the training rows.
# A z-score among n rows is at most √n, so no training row below 10^8 rows is ever touched; a
# giant in another row stays a giant, and stays finite on its way through a network.
CLIP: Final = 1e4
# A target is what is scored, so it is only kept where its square is still a float32.
_TARGET_CLIP: Final = 1e18


@dataclass(frozen=True, slots=True)
class Categories:
    """A column of labels: row i holds labels[codes[i]], or nothing where codes[i] is -1."""

    codes: Codes
    labels: tuple[str, ...]

    def at(self, rows: npt.NDArray[np.int64] | slice) -> Categories:
        return Categories(self.codes[rows], self.labels)


@dataclass(frozen=True, slots=True)
class Feature:
    """A column to learn from: numbers (NaN where missing) of a kind, or categories."""

    name: str
    kind: ColumnKind
    values: Floats | Categories

    def at(self, rows: npt.NDArray[np.int64] | slice) -> Feature:
        values = self.values.at(rows) if isinstance(self.values, Categories) else self.values[rows]
        return Feature(self.name, self.kind, values)


@dataclass(frozen=True, slots=True)
class RecipeChoices:
    """What is chosen before anything is fitted. `quantiles`: how many to keep of a column."""

    name: RecipeName
    missing_indicators: bool = False
    group_rare: bool = False
    quantiles: int = MAX_QUANTILES


def fit_feature(choices: RecipeChoices, train: Feature) -> Step:
    """`train` holds training rows only, so that nothing else can leak into the step."""
    if isinstance(train.values, Categories):
        return _fit_categories(train.name, train.values, choices.group_rare)
    # An infinity says no more than a missing value to a network.
    present = train.values[np.isfinite(train.values)]
    step = _fit_numbers(choices, train, present)
    # Where all or nothing is missing, the indicator would be constant.
    some_missing = 0 < present.size < train.values.size
    return replace(step, indicator=True) if choices.missing_indicators and some_missing else step


def _fit_numbers(
    choices: RecipeChoices, train: Feature, present: Floats
) -> NumberStep | QuantileStep:
    if choices.name is RecipeName.PAPER:
        return _fit_min_max(train, present)
    if choices.name is RecipeName.STANDARD or not present.size:
        return _fit_z_score(train, present)
    # Of the values that are there: what is missing has no rank.
    found = fit_quantiles(present, choices.quantiles)
    return QuantileStep(train.name, train.kind, median(present), tuple(found.tolist()))


def _fit_min_max(train: Feature, present: Floats) -> NumberStep:
    """McLeod 2015: a missing value becomes 0 first, then everything is scaled to [0, 1]."""
    # So a filled 0 is a value like any other when the range is learnt.
    filled = present if present.size == _size(train) else np.append(present, 0.0)
    if not filled.size or filled.min() == filled.max():
        # A constant column carries no information; width 1 keeps it finite.
        low = float(filled[0]) if filled.size else 0.0
        return NumberStep(train.name, train.kind, fill=0.0, shift=low, scale=1.0)
    low, high = float(filled.min()), float(filled.max())
    return NumberStep(train.name, train.kind, fill=0.0, shift=low, scale=_width(low, high))


def _fit_z_score(train: Feature, present: Floats) -> NumberStep:
    """A missing value becomes the mean; mean 0 and standard deviation 1 among the present."""
    if not present.size or present.min() == present.max():
        middle = float(present[0]) if present.size else 0.0
        return NumberStep(train.name, train.kind, fill=middle, shift=middle, scale=1.0)
    middle = mean(present)
    return NumberStep(
        train.name, train.kind, fill=middle, shift=middle, scale=_deviation(present, middle)
    )


def _size(feature: Feature) -> int:
    values = feature.values
    return len(values.codes) if isinstance(values, Categories) else len(values)


def _width(low: float, high: float) -> float:
    # The distance between the largest floats is none itself.
    return min(high - low, float(np.finfo(np.float64).max))


def _deviation(present: Floats, middle: float) -> float:
    """Standard deviation of values that are not all equal; positive and finite."""
    largest = float(np.abs(present).max())
    # Squares of the largest and the smallest floats leave the range of floats.
    scaled = present / largest - middle / largest
    return float(np.sqrt(np.mean(scaled * scaled)) * largest) or 1.0


def _fit_categories(name: str, train: Categories, group_rare: bool) -> CategoryStep:
    """The categories of the training rows in label order; of too many, the most frequent."""
    counts = np.bincount(train.codes[train.codes >= 0], minlength=len(train.labels))
    seen = np.flatnonzero(counts)
    # Ties go to the first in label order, not to the first in the file.
    ranked = sorted(seen.tolist(), key=lambda code: (-counts[code], train.labels[code]))
    kept = ranked[:MAX_CATEGORIES]
    if group_rare:
        # The most frequent stays: else the column would say no more than what is missing.
        kept = kept[: max(1, int((counts[kept] >= RARE_SHARE * len(train.codes)).sum()))]
    labels = in_label_order([train.labels[code] for code in kept])
    return CategoryStep(name, tuple(labels), groups_rare=group_rare and len(kept) < len(ranked))


def in_label_order(labels: Sequence[str]) -> list[str]:
    """Numbers by size, when all of them are numbers; else by text."""
    try:
        numbers = {label: float(label) for label in labels}
    except ValueError:
        return sorted(labels)
    if any(math.isnan(number) for number in numbers.values()):
        return sorted(labels)
    return sorted(labels, key=lambda label: (numbers[label], label))


def apply_feature(step: Step, feature: Feature) -> Matrix:
    """(rows, step.width); always finite."""
    cells = encode(step, feature)
    matrix = np.empty((len(cells), step.width), dtype=np.float32)
    spread(step, cells, matrix)
    return matrix


def encode(step: Step, feature: Feature) -> Encoded:
    """One cell a row: a scaled number, or a place among the step's inputs, from 0.

    What has no input is one beyond the last place. A missing number is NaN where an indicator
    tells of it, and filled elsewhere.
    """
    if isinstance(step, CategoryStep):
        if not isinstance(feature.values, Categories):
            raise TypeError(f"{step.column} was fitted as categories")
        return _places(step, feature.values)
    if isinstance(feature.values, Categories):
        raise TypeError(f"{step.column} was fitted as numbers")
    present = np.isfinite(feature.values)
    scaled = _scale(step, np.where(present, feature.values, step.fill))
    if step.indicator:
        scaled[~present] = np.nan
    return scaled


def _places(step: CategoryStep, cells: Categories) -> npt.NDArray[np.int32]:
    position = {label: index for index, label in enumerate(step.categories)}
    # The last input is that of rare categories; without it this is one beyond the last.
    places = [position.get(label, len(step.categories)) for label in cells.labels]
    # The last entry is what the code -1 of a missing cell finds.
    return np.array([*places, step.width], dtype=np.int32)[cells.codes]


def _scale(step: NumberStep | QuantileStep, filled: Floats) -> Matrix:
    if isinstance(step, QuantileStep):
        return to_normal(filled, np.array(step.quantiles)).astype(np.float32)
    with np.errstate(over="ignore"):
        scaled = (filled - step.shift) / step.scale
    return np.clip(scaled, -CLIP, CLIP).astype(np.float32)


def spread(step: Step, cells: Encoded, out: Matrix) -> None:
    """Writes the inputs that `cells` stand for to `out`, (rows, step.width)."""
    if isinstance(step, CategoryStep):
        out[:] = 0.0
        rows = np.flatnonzero(cells < step.width)
        out[rows, cells[rows]] = 1.0
        return
    out[:, 0] = cells
    if step.indicator:
        missing = np.isnan(cells)
        out[missing, 0] = _scale(step, np.array([step.fill]))[0]
        out[:, 1] = missing


def fit_target(column: str, task: Task, train: Floats, classes: Sequence[str]) -> TargetStep:
    """The mean and deviation of a quantity's training rows, or the `classes` in label order."""
    if task is Task.CLASSIFICATION:
        return TargetStep(column, task, classes=tuple(in_label_order(classes)))
    if train.min() == train.max():
        return TargetStep(column, task, mean=float(train[0]), scale=1.0)
    middle = mean(train)
    return TargetStep(column, task, mean=middle, scale=_deviation(train, middle))


def apply_target(step: TargetStep, values: Floats | Categories) -> npt.NDArray[np.generic]:
    """int64 class numbers or float32 standardized quantities, (rows,); no row may be missing."""
    if isinstance(values, Categories):
        position = {label: index for index, label in enumerate(step.classes)}
        lookup = np.array([position[label] for label in values.labels], dtype=np.int64)
        return lookup[values.codes]
    scaled = (values - step.mean) / step.scale
    return np.clip(scaled, -_TARGET_CLIP, _TARGET_CLIP).astype(np.float32)


def fit(choices: RecipeChoices, train: Sequence[Feature], target: TargetStep) -> Recipe:
    """A recipe from the training rows of every feature."""
    steps = tuple(fit_feature(choices, feature) for feature in train)
    return Recipe(choices.name, steps, target)


def apply(recipe: Recipe, features: Mapping[str, Feature]) -> Matrix:
    """(rows, recipe.n_inputs), of features by name; columns that the recipe has no word for are
    left out."""
    blocks: Iterator[Matrix] = (apply_feature(step, features[step.column]) for step in recipe.steps)
    return np.hstack(list(blocks))
